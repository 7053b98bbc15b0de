"""Ids that name no session: each operation of a rule is asked for one, after one that is taken."""

from ...contract.rules import Rule
from ...judging.exchange import Exchange
from ...registry import kind
from ...target.api import Api
from ...target.operations import UNSET
from .arrange import taking

ODD_IDS = (
    "..%2F..%2Fetc%2Fpasswd",
    "%00",
    "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10%00",
    "%3Cscript%3E",
    "%27%20OR%20%271%27%3D%271",
    "a" * 2000,
)


def operations(_: object, rule: Rule) -> int:
    return len(rule.operations)


@kind("unknown", "smoke", turns=2, subjects=operations)
def check_an_unknown_id(api: Api, rule: Rule) -> None:
    """A well-formed id that no session has is not found."""
    for operation in rule.operations:
        _control(api, operation)
        _asked(api, operation, api.unknown_id()).expect_status(*api.refused("unknown-session"))


@kind("malformed", turns=4, subjects=operations)
def check_a_malformed_id(api: Api, rule: Rule) -> None:
    """An id that is none is refused: a word, a number, a part of one; or what is sent to get at
    something else."""
    for operation in rule.operations:
        _control(api, operation)
        # As plain requests: what stands before the API may refuse them in its own way. Only
        # reading ones: who knows what an id that reaches a query would end.
        for id in ODD_IDS if rule.sent else ():
            path = api.contract.paths.to(api.contract.operations[operation].path, id)
            api.request("GET", path).expect_refusal()
        if rule.sent:
            continue
        for id in (api.malformed_id(), api.unknown("1234"), api.unknown(api.unknown_id()[:-1])):
            _asked(api, operation, id).expect_status(*api.refused("malformed-id"))


def _control(api: Api, operation: str) -> None:
    """What is asked for is taken of a session that there is."""
    api.trace.clear()
    reads = api.resource.role(operation) == "read"
    _asked(api, operation, api.given() if reads else taking(api, operation).id).control()


def _asked(api: Api, operation: str, id: str) -> Exchange:
    bare = api.contract.body(operation) is None
    body = UNSET if bare else api.contract.filled(operation, api.text())
    return api.send(operation, id=id, body=body)

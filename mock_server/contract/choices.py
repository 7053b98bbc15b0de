"""Which of the mock's open choices a contract leaves to it, and with what status it refuses."""

from collections.abc import Iterator, Mapping

from ..choices import CHOICES, Choices
from ..domain.resource import Resource
from .declaration import refusing
from .document import Contract
from .parts import holds
from .source import FixtureError

_REFUSALS = {
    "final_submit": "session-final",
    "malformed_id": "malformed-id",
    "invalid_status": "invalid-request",
}
_ABOUT = {
    "duplicate_open": "unique",
    "greeting": "members.agent",
    "tool_calls": "message.calls",
    "ttl_range": "timer",
    "call_result_delay": "operations.search",
}
_STATUS = {"reuse": "200", "conflict": "409"}
_WORDS = {"reuse": "reuse", 409: "conflict"}


def fitting(choices: Choices, contract: Contract) -> Choices:
    """The choices; in the place of a default what the contract has first.

    Raises FixtureError for a choice that was made and cannot be kept.
    """
    return Choices({**choices, **dict(_fitting(choices, contract))}, choices.made)


def refusal_statuses(choices: Mapping[str, str], contract: Contract) -> dict[str, int]:
    """The status of each refusal whose statuses the contract has, where a choice says no other."""
    first = {name: int(_listed(name, contract)[0]) for name in contract.resource.refusals}
    return first | {name: int(choices[key]) for key, name in _REFUSALS.items()}


def clamped(choices: Mapping[str, str], resource: Resource) -> frozenset[str]:
    """The numbers that are taken beyond their bounds, and clamped."""
    names = {"take_range": resource.list["page"]["limit"], "ttl_range": resource.timer.get("after")}
    return frozenset(name for key, name in names.items() if name and choices[key] == "clamp")


def _fitting(choices: Choices, contract: Contract) -> Iterator[tuple[str, str]]:
    for key in sorted(choices.made & _ABOUT.keys()):
        if not holds(contract.document["x-resource"], (*_ABOUT[key].split("."),)):
            wanted = f"wanted {_ABOUT[key]}, which --choice {key} is about, got none"
            raise FixtureError(contract.path, wanted, "/x-resource")
    for key, legal in _legal(contract):
        chosen = choices[key]
        if key not in choices.made and legal:
            yield key, legal[0]
        elif chosen not in legal:
            wanted = f"wanted a response {_STATUS.get(chosen, chosen)}, for --choice {key}={chosen}"
            raise FixtureError(contract.path, f"{wanted}, got none", "/paths")


def _legal(contract: Contract) -> Iterator[tuple[str, list[str]]]:
    """The values of each choice that a contract lists."""
    created = contract.statuses(contract.resource.operations["create"])
    listed = {"open_status": CHOICES["open_status"].values}
    if contract.resource.unique:
        listed["duplicate_open"] = (*(_WORDS[word] for word in contract.resource.unique["else"]),)
    for key, values in listed.items():
        yield key, [value for value in values if _STATUS.get(value, value) in created]
    for key, name in _REFUSALS.items():
        yield key, _listed(name, contract)


def _listed(refusal: str, contract: Contract) -> list[str]:
    """The statuses of a refusal that every operation lists which gives it."""
    ids = refusing(contract.resolved)[refusal]
    listed = set.intersection(*map(contract.statuses, ids))
    return [str(status) for status in contract.resource.refusals[refusal] if str(status) in listed]

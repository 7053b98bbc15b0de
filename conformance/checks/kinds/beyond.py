"""Requests just beyond what the contract lets them hold, or without what it wants of them, made of
its parameters and schemas: none may be taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ...contract.document import Contract
from ...contract.rules import Rule
from ...contract.values import beyond_values
from ...judging.equivalence import is_whole
from ...judging.exchange import Exchange, Json
from ...judging.outcomes import Violation
from ...registry import kind
from ...target.api import Api
from ...target.operations import UNSET
from .accepted import LISTED, LONGEST_IN_A_QUERY, ON_A_SESSION, Requests, in_words
from .arrange import taking

Case = tuple[str, Any]  # what is wrong in words, and the request in which it is
PAGE, SIZE = "page", "size"  # of a search
BOUNDS = ("minimum", "maximum", "maxLength")
TYPES_END = 2**31 - 1  # a bound that comes with the type is none of the contract's own


class Beyond:
    """Wrong requests of one operation."""

    def __init__(self, api: Api, operation: str) -> None:
        self.api = api
        self.requests = Requests(api, operation)
        self.role = self.requests.role
        self.id = ""

    def taken(self, cases: Iterator[Case]) -> Iterator[str]:
        """Those that are taken all the same, in words. Blocked where what is right is refused."""
        wrong = list(cases)
        control: Case = ("", self.requests.made_of({}))
        for words, made in (control, *wrong) if wrong else ():
            if self.role in ON_A_SESSION and not self.id:
                self.id = taking(self.api, self.requests.operation).id
            answer = self._answer(made)
            if not words:
                answer.control()
            elif answer.ok and not self._is_clamped(answer, made):
                yield f"{self.requests.operation} with {words}: {answer.status}"
            elif not answer.ok:
                answer.expect_refusal()
            if self.role in ("end", "act") and answer.ok:
                self.id = ""

    def beyond(self) -> Iterator[Case]:
        """Each with one member beyond what its schema allows."""
        for name, schema in self.requests.members.items():
            for value in beyond_values(self._strict(name, schema)):
                made = self.requests.made_of({name: value})
                if name == self.api.contract.resource.key:
                    made[name] = value  # alone in its session, and a longer key may fit again
                if self._breaks(made, value):
                    yield in_words({name: value}), made

    def lacking(self) -> Iterator[Case]:
        """Each without one member that must be there, and one without a body that must be."""
        whole = self.requests.made_of({})
        for name in self.requests.needed:
            yield f"no {name}", {one: value for one, value in whole.items() if one != name}
        if self.api.contract.needs_body(self.requests.operation):
            yield "no body", UNSET

    def _strict(self, name: str, schema: Json) -> Json:
        """The schema without bounds beyond which a deployment has a choice, told by rules of
        their own: it may clamp a number, or keep the whole of a key."""
        resource = self.api.contract.resource
        free: tuple[str, ...] = ()
        if name in (resource.timeout, resource.key, resource.limit, SIZE):
            free = BOUNDS
        elif name in (resource.offset, PAGE):
            ends = schema.get("maximum", TYPES_END) >= TYPES_END
            free = BOUNDS if ends else ("minimum",)
        return {word: schema[word] for word in schema if word not in free}

    def _is_clamped(self, answer: Exchange, made: Any) -> bool:
        """Whether a list begins within its bounds all the same, and says so."""
        name = self.api.contract.resource.offset
        if self.role != "list" or name not in made:
            return False
        asked, told = made[name], answer.page.get(name)
        most = self.requests.members[name].get("maximum", asked)
        return is_whole(asked) and is_whole(told) and told <= most < asked

    def _breaks(self, made: Json, value: Any) -> bool:
        """Whether the request is wrong as it is sent, and short enough to be."""
        if self.requests.body is None:
            told = isinstance(value, str | int | float)
            return told and len(str(value)) <= LONGEST_IN_A_QUERY
        return not self.api.contract.takes(self.requests.operation, made)

    def _answer(self, made: Any) -> Exchange:
        if self.requests.body is None:
            return self.api.send(self.requests.operation, query=made)
        return self.api.send(self.requests.operation, id=self.id, body=made)


def requests_beyond(contract: Contract, operation: str) -> int:
    """How many wrong requests of an operation are sent at most, and what is right."""
    return 1 + sum(len([*beyond_values(one)]) for one in contract.taken(operation).values())


def requests_lacking(contract: Contract, operation: str) -> int:
    return 2 + len((contract.body(operation) or {}).get("required", ()))


@kind("beyond", asks=requests_beyond)
def check_what_lies_beyond_a_bound_is_refused(api: Api, rule: Rule) -> None:
    tried = (Beyond(api, operation) for operation in rule.operations)
    expect_none(taken for one in tried for taken in one.taken(one.beyond()))


@kind("lacking", asks=requests_lacking)
def check_what_lacks_a_part_is_refused(api: Api, rule: Rule) -> None:
    tried = (Beyond(api, operation) for operation in rule.operations)
    expect_none(taken for one in tried for taken in one.taken(one.lacking()))


def expect_none(taken: Iterator[str]) -> None:
    if found := list(taken):
        raise Violation("a 4xx status for each of them", "; ".join(found[:LISTED]))

"""Requests just beyond what the contract lets them hold, made of its parameters and schemas: none
may be taken."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..contract.values import beyond_values
from ..judging.exchange import Exchange, Json
from ..judging.outcomes import Violation
from ..registry import rule
from ..target.api import Api
from .accepted import LONGEST_IN_A_QUERY, TOLD, Requests, told

Case = tuple[Json, Json]  # what lies beyond, and the request that holds it
COUNTS = ("page", "size")  # of a search, which may be clamped as those of a list may


class Beyond:
    """Requests of one operation, each with one member beyond what its schema allows."""

    def __init__(self, api: Api, role: str) -> None:
        self.api = api
        self.requests = Requests(api, role)
        self.role = role
        self.id = ""

    def taken(self) -> Iterator[str]:
        """Those that are taken all the same, in words. Blocked where what is right is refused."""
        cases = list(self._cases())
        control: Case = ({}, self.requests.made_of({}))
        for members, made in (control, *cases) if cases else ():
            if self.role in ("submit", "end") and not self.id:
                self.id = self.api.given()
            answer = self._answer(made)
            if not members:
                answer.control()
            elif answer.ok:
                yield f"{self.requests.operation} with {told(members)}: {answer.status}"
            else:
                answer.expect_refusal()
            if self.role == "end" and answer.ok:
                self.id = ""

    def _cases(self) -> Iterator[Case]:
        for name, schema in self.requests.members.items():
            for value in () if name in self._open else beyond_values(schema):
                made = self.requests.made_of({name: value})
                if self._breaks(made, value):
                    yield {name: value}, made

    @property
    def _open(self) -> tuple[str, ...]:
        """Members beyond whose bounds a deployment has a choice, told by rules of their own: it
        may clamp a number, or keep the whole of a key."""
        resource = self.api.contract.resource
        pages = resource.list["page"].values()
        return resource.timer["after"], resource.idempotency["member"], *pages, *COUNTS

    def _breaks(self, made: Json, value: Any) -> bool:
        """Whether the request is wrong as it is sent, and short enough to be."""
        if self.requests.body is None:
            return len(str(value)) <= LONGEST_IN_A_QUERY
        return not self.api.contract.takes(self.requests.operation, made)

    def _answer(self, made: Json) -> Exchange:
        if self.requests.body is None:
            return self.api.send(self.requests.operation, query=made)
        return self.api.send(self.requests.operation, id=self.id, body=made)


@rule("HTTP-21", sessions=20, turns=12, requests=80)
def check_what_lies_beyond_a_bound_is_refused(api: Api) -> None:
    roles = ("create", "list", "submit", "end", "search")
    taken = [one for role in roles for one in Beyond(api, role).taken()]
    if taken:
        raise Violation("a 4xx status for each of them", "; ".join(taken[:TOLD]))

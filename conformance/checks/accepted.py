"""Requests that the contract obliges a deployment to take, made of its parameters and schemas:
each is sent, and none may be refused."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..contract.values import UUID, odd_values, plain_values
from ..judging.exchange import Exchange, Json
from ..judging.outcomes import Blocked, Violation, shown
from ..registry import rule
from ..target.api import Api, Trace

LONGEST_IN_A_QUERY = 1500  # characters; RFC 9110 (4.1) has all of a URL within 8000 octets
LARGE = 8 * 1024  # bytes of a body, beyond which a deployment may answer 413
TOLD = 5  # refusals that are told one by one
UNLISTED = "x_unlisted"
EXTENSIBLE = ("openChat", "submitMessage", "endChat")  # whose unlisted members are ignored

Values = Callable[[Json, tuple[Any, ...]], Iterator[Any]]


class Requests:
    """The requests of one operation, each with what is special of it in words."""

    def __init__(self, api: Api, operation: str) -> None:
        self.api = api
        self.operation = operation
        self.body = api.contract.body(operation)
        self.members = (self.body or {}).get("properties") or api.contract.query(operation)
        self.needed = (self.body or {}).get("required", ())
        self.examples = api.contract.examples(operation)

    def plain(self) -> Iterator[tuple[str, Json]]:
        """The least that is wanted, each value of each member, and all members at once."""
        first: Json = {}
        yield "the required members alone", self._with({})
        for name, schema in self.members.items():
            for value in self._known(name) or plain_values(schema, self._examples(name)):
                first.setdefault(name, value)
                yield f"{name} {shown(value, 60)}", self._with({name: value})
        yield "every member at once", self._with(first)

    def odd(self) -> Iterator[tuple[str, Json]]:
        """Members with what is seldom tried, and one that the contract does not list."""
        longest = {} if self.body else {"longest": LONGEST_IN_A_QUERY}
        for name, schema in self.members.items():
            made_up = not self._known(name)
            for value in odd_values(schema, **longest):
                if made_up or not value:
                    yield f"{name} {_told(value)}", self._with({name: value})
        if self.operation in EXTENSIBLE:
            yield "a member that is not listed", self._with({UNLISTED: True})

    def _with(self, given: Json) -> Json:
        """A request with these members, what it must have, and what keeps it to this run."""
        base = {name: next(self._base(name)) for name in self.needed}
        if self.operation == "openChat":
            base |= {"channel": self.api.channel}
        made = {**base, **given}
        for name, value in given.items():
            if name == "channel" and value and self.operation == "openChat":
                made[name] = f"{self.api.channel}-{value}"[: max(len(value), 60)]
            if name == "external_id" and value:
                made[name] = {**value, "conformance": self.api.key()}
            if name == "idempotency_key" and value:
                key = self.api.key()
                made[name] = key + value[len(key) :] if len(value) > len(key) else key
        return made

    def _base(self, name: str) -> Iterator[Any]:
        if known := self._known(name):
            return iter(known)
        examples = (*self._examples(name), self.api.text())
        return plain_values(self.members[name], examples)

    def _known(self, name: str) -> list[Any]:
        """The values of a member that names what the deployment has, so that a made-up value may
        be refused."""
        agent = self.api.config.agent
        known: dict[str, list[Any]] = {
            "agent_id": [agent],
            "agentIds": [[agent]],
            "callIds": [[UUID]],
            "callStatuses": [["Completed"]],
            "additionalDataFilters": list(self._examples("additionalDataFilters")),
        }
        return known.get(name, [])

    def _examples(self, name: str) -> tuple[Any, ...]:
        return tuple(example[name] for example in self.examples if name in example)


def _told(value: Any) -> str:
    text = value.get("text", value) if isinstance(value, dict) else value
    if isinstance(text, str) and len(text) > 100:
        return f"of {len(text)} characters"
    return shown(value, 100)


class Subject:
    """What the requests of one operation are sent to: a session that takes turns, where it is
    one of a session."""

    def __init__(self, api: Api, operation: str) -> None:
        self.api = api
        self.operation = operation
        self.id = ""

    def send(self, members: Json) -> Exchange:
        if self.operation == "listChats":
            return self.api.list(**members)
        if self.operation in ("submitMessage", "endChat"):
            self.id = self.id or self.api.given()
        answer = self.api.send(self.operation, id=self.id, body=members)
        if self.operation == "endChat" or (answer.ok and _is_final(answer)):
            self.id = ""
        return answer


def _is_final(answer: Exchange) -> bool:
    return isinstance(answer.json, dict) and answer.json.get("is_final") is True


def expect_accepted(
    api: Api, operation: str, requests: Iterator[tuple[str, Json]], *legal: int
) -> None:
    """Every request is answered 2xx; `legal` are statuses that tell of the deployment's limits."""
    subject, refused, failed = Subject(api, operation), list[str](), ""
    trace: Trace = []
    for words, members in requests:
        api.trace = []
        answer = subject.send(members)
        if answer.ok or answer.status in legal or _is_failed_turn(answer):
            continue
        if answer.status >= 500:
            failed = failed or f"{operation} with {words} is answered {answer.status}, see HTTP-02"
            continue
        trace = trace or list(api.trace)
        refused.append(f"{words}: {answer.status}")
    if refused:
        api.trace = trace
        more = f" and {len(refused) - TOLD} more" if len(refused) > TOLD else ""
        raise Violation("a 2xx status for each of them", "; ".join(refused[:TOLD]) + more)
    if failed:
        raise Blocked(failed)


def _is_failed_turn(answer: Exchange) -> bool:
    """A turn whose agent has failed, which is no refusal."""
    return answer.operation == "submitMessage" and answer.status in (502, 503)


def plain(api: Api, operation: str) -> None:
    expect_accepted(api, operation, Requests(api, operation).plain())


def odd(api: Api, operation: str) -> None:
    expect_accepted(api, operation, Requests(api, operation).odd(), 413)


@rule("OPEN-17", sessions=20)
def check_what_an_open_may_hold_is_accepted(api: Api) -> None:
    plain(api, "openChat")


@rule("OPEN-18", sessions=30)
def check_any_text_in_an_open_is_accepted(api: Api) -> None:
    odd(api, "openChat")


@rule("LIST-27", reads=True, requests=40)
def check_what_a_list_may_be_asked_is_accepted(api: Api) -> None:
    plain(api, "listChats")


@rule("LIST-28", reads=True, requests=20)
def check_any_text_in_a_list_is_accepted(api: Api) -> None:
    odd(api, "listChats")


@rule("TURN-19", turns=20)
def check_what_a_turn_may_hold_is_accepted(api: Api) -> None:
    plain(api, "submitMessage")


@rule("TURN-20", turns=30)
def check_any_text_in_a_turn_is_accepted(api: Api) -> None:
    odd(api, "submitMessage")


@rule("END-13", sessions=8)
def check_what_an_end_may_hold_is_accepted(api: Api) -> None:
    plain(api, "endChat")


@rule("END-14", sessions=12)
def check_any_text_in_an_end_is_accepted(api: Api) -> None:
    odd(api, "endChat")


@rule("FIN-08", reads=True, requests=40)
def check_what_a_search_may_hold_is_accepted(api: Api) -> None:
    plain(api, "searchCallResults")


@rule("FIN-09", reads=True, requests=40)
def check_any_text_in_a_search_is_accepted(api: Api) -> None:
    odd(api, "searchCallResults")

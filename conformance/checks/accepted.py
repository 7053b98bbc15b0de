"""Requests that the contract obliges a deployment to take, made of its parameters and schemas:
each is sent, and none may be refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..contract.values import UUID, least, odd_values, plain_values
from ..judging.exchange import Exchange, Json
from ..judging.outcomes import Blocked, Violation, shown
from ..judging.trace import Trace
from ..registry import rule
from ..target.api import Api

LONGEST_IN_A_QUERY = 1500  # characters; RFC 9110 (4.1) has all of a URL within 8000 octets
CHARACTERS = 100  # of a value that is shown
LISTED = 5  # refusals that are told one by one
UNLISTED = "x_unlisted"
EXTENSIBLE = ("create", "submit", "end")  # operations whose unlisted members are ignored


class Requests:
    """The requests of one operation, told by its role. Each is a list of members, which are sent
    together."""

    def __init__(self, api: Api, role: str) -> None:
        self.api = api
        self.role = role
        self.operation = api.contract.resource.operations[role]
        self.body = api.contract.body(self.operation)
        self.members = (self.body or {}).get("properties") or api.contract.query(self.operation)
        self.needed = (self.body or {}).get("required", ())
        self.examples = api.contract.examples(self.operation)

    def plain(self) -> Iterator[Json]:
        """The least that is wanted, each value of each member, and all members at once."""
        first: Json = {}
        yield {}
        for name, schema in self.members.items():
            for value in self._known(name) or plain_values(schema, self._examples(name)):
                first.setdefault(name, value)
                yield {name: value}
        yield first

    def odd(self) -> Iterator[Json]:
        """Members with what is seldom tried, and one that the contract does not list: the first
        value of each member in one request, the second of each in the next, and so on."""
        longest = {} if self.body else {"longest": LONGEST_IN_A_QUERY}
        columns: dict[str, list[Any]] = {}
        for name, schema in self.members.items():
            made_up = not self._known(name)
            found = odd_values(schema, **longest)
            columns[name] = [value for value in found if made_up or not value]
        if self.role in EXTENSIBLE:
            columns[UNLISTED] = [True]
        for row in range(max(map(len, columns.values()))):
            yield {name: values[row] for name, values in columns.items() if row < len(values)}

    def made_of(self, given: Json) -> Json:
        """A request with these members, what it must have, and what keeps it to this run."""
        resource = self.api.contract.resource
        channel, endpoint = resource.unique["key"]
        base = {name: self._base(name) for name in self.needed}
        if self.role == "create":
            base |= {channel: self.api.channel}
        made = {**base, **given}
        for name, value in given.items():
            if name == channel and isinstance(value, str) and value and self.role == "create":
                made[name] = f"{self.api.channel}-{value}"[: max(len(value), 60)]
            if name == endpoint and isinstance(value, dict) and value:
                made[name] = {**value, "conformance": self.api.key()}
            if name == resource.key and isinstance(value, str) and value:
                key = self.api.key()
                made[name] = key + value[len(key) :] if len(value) > len(key) else key
        return made

    def _base(self, name: str) -> Any:
        known = (*self._known(name), *self._examples(name), self.api.text())
        return least(self.members[name], known)

    def _known(self, name: str) -> list[Any]:
        """The values of a member that names what the deployment has, so that a made-up value may
        be refused."""
        agent = self.api.config.agent
        known: dict[str, list[Any]] = {
            self.api.contract.resource.members["agent"]: [agent],
            "agentIds": [[agent]],
            "callIds": [[UUID]],
            "callStatuses": [["Completed"]],
            "additionalDataFilters": list(self._examples("additionalDataFilters")),
        }
        return known.get(name, [])

    def _examples(self, name: str) -> tuple[Any, ...]:
        return tuple(example[name] for example in self.examples if name in example)


class Trial:
    """Sends requests of one operation, to a session that takes turns where it is one of a
    session, and keeps what is refused. `legal` are statuses that tell of a deployment's limits."""

    def __init__(self, api: Api, requests: Requests, *legal: int) -> None:
        self.api = api
        self.requests = requests
        self.role = requests.role
        self.legal = legal
        self.id = ""
        self.opening: Trace = []
        self.refused: list[str] = []
        self.failed = ""
        self.trace: Trace = []  # of the first refusal

    def expect(self, together: Iterator[Json]) -> None:
        """Every request is accepted; where one is not, its members are tried one by one."""
        for members in together:
            if self._answer(members).ok:
                continue
            before = len(self.refused), self.failed
            if len(members) > 1:
                for name, value in members.items():
                    self._judge({name: value})
            if (len(self.refused), self.failed) == before:
                self._judge(members)
        if self.refused:
            self.api.trace = self.trace
            rest = len(self.refused) - LISTED
            more = f" and {rest} more" if rest > 0 else ""
            first = "; ".join(self.refused[:LISTED])
            raise Violation("a 2xx status for each of them", first + more)
        if self.failed:
            raise Blocked(self.failed)

    def _judge(self, members: Json) -> None:
        answer = self._answer(members)
        # A turn whose agent has failed is not refused.
        failed = self.role == "submit" and answer.status in (502, 503)
        if answer.ok or answer.status in self.legal or failed:
            return
        refused = f"{in_words(members)}: {answer.status}"
        if answer.status >= 500:
            self.failed = self.failed or f"{self.requests.operation} with {refused}, see HTTP-02"
            return
        self.trace = self.trace or list(self.api.trace)
        self.refused.append(refused)

    def _answer(self, members: Json) -> Exchange:
        made = self.requests.made_of(members)
        self.api.trace = list(self.opening)
        if self.role == "list":
            return self.api.send(self.requests.operation, query=made)
        if self.role in ("submit", "end") and not self.id:
            self.id = self.api.given()
            self.opening = list(self.api.trace)
        answer = self.api.send(self.requests.operation, id=self.id, body=made)
        if self.role == "end" or (answer.ok and _is_final(answer)):
            self.id, self.opening = "", []
        return answer


def _is_final(answer: Exchange) -> bool:
    return isinstance(answer.json, dict) and answer.json.get(answer.resource.mirror) is True


def in_words(members: Json) -> str:
    return " and ".join(f"{name} {_shown(value)}" for name, value in members.items()) or "no more"


def _shown(value: Any) -> str:
    text = value.get("text", value) if isinstance(value, dict) else value
    if isinstance(text, str) and len(text) > CHARACTERS:
        return f"of {len(text)} characters"
    return shown(value, CHARACTERS)


def plain(api: Api, role: str) -> None:
    requests = Requests(api, role)
    Trial(api, requests).expect(requests.plain())


def odd(api: Api, role: str) -> None:
    requests = Requests(api, role)
    Trial(api, requests, 413).expect(requests.odd())


@rule("OPEN-17", sessions=20)
def check_what_an_open_may_hold_is_accepted(api: Api) -> None:
    plain(api, "create")


@rule("OPEN-18", sessions=35)
def check_any_text_in_an_open_is_accepted(api: Api) -> None:
    odd(api, "create")


@rule("LIST-27", reads=True, requests=40)
def check_what_a_list_may_be_asked_is_accepted(api: Api) -> None:
    plain(api, "list")


@rule("LIST-28", reads=True, requests=20)
def check_any_text_in_a_list_is_accepted(api: Api) -> None:
    odd(api, "list")


@rule("TURN-19", turns=20)
def check_what_a_turn_may_hold_is_accepted(api: Api) -> None:
    plain(api, "submit")


@rule("TURN-20", turns=40)
def check_any_text_in_a_turn_is_accepted(api: Api) -> None:
    odd(api, "submit")


@rule("END-13", sessions=8)
def check_what_an_end_may_hold_is_accepted(api: Api) -> None:
    plain(api, "end")


@rule("END-14", sessions=20)
def check_any_text_in_an_end_is_accepted(api: Api) -> None:
    odd(api, "end")


@rule("FIN-08", reads=True, requests=40)
def check_what_a_search_may_hold_is_accepted(api: Api) -> None:
    plain(api, "search")


@rule("FIN-09", reads=True, requests=40)
def check_any_text_in_a_search_is_accepted(api: Api) -> None:
    odd(api, "search")

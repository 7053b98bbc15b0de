"""Requests that the contract obliges a deployment to take, made of its parameters and schemas:
each is sent, and none may be refused."""

from collections.abc import Iterator
from typing import Any

from ...contract.document import Contract
from ...contract.results import Filter
from ...contract.rules import Rule
from ...contract.values import UUID, least, odd_values, plain_values
from ...judging.exchange import Exchange, Json
from ...judging.outcomes import Violation, shown
from ...judging.trace import Trace
from ...registry import kind
from ...target.api import Api
from ...target.operations import UNSET
from .arrange import taking

LONGEST_IN_A_QUERY = 1500  # characters; RFC 9110 (4.1) has all of a URL within 8000 octets
CHARACTERS = 100  # of a value that is shown
LISTED = 5  # refusals that are told one by one
UNLISTED = "x_unlisted"
ON_A_SESSION = ("submit", "end", "act")
EXTENSIBLE = ("create", *ON_A_SESSION)  # operations whose unlisted members are ignored


class Requests:
    """The requests of one operation. Each is a list of members, which are sent together."""

    def __init__(self, api: Api, operation: str) -> None:
        self.api = api
        self.operation = operation
        self.role = api.contract.resource.role(operation)
        self.body = api.contract.body(self.operation)
        self.members = api.contract.taken(operation)
        self.needed = (self.body or {}).get("required", ())
        self.examples = api.contract.examples(self.operation)
        self.id = ""

    def session(self) -> str:
        """The session that requests go to: one that takes them, where they go to any."""
        if self.role in ON_A_SESSION and not self.id:
            self.id = taking(self.api, self.operation).id
        return self.id

    def answer(self, made: Any) -> Exchange:
        """What a request is answered with; another session takes the next one, where this may
        take none any more."""
        sent = {"query" if self.body is None and made is not UNSET else "body": made}
        answer = self.api.send(self.operation, id=self.session(), **sent)
        ends = self.role in ("end", "act") or answer.resource.final(answer.json) is True
        if answer.status >= 500 or (answer.ok and ends):
            self.id = ""
        return answer

    def plain(self) -> Iterator[Json]:
        """The least that is wanted, each value of each member, and all members at once."""
        first: Json = {}
        yield {}
        for name, schema in self.members.items():
            for value in self._known(name) or plain_values(schema, self._examples(name)):
                first.setdefault(name, value)
                yield {name: value}
        yield first

    def least(self) -> Iterator[Json]:
        """Nothing but what is wanted, and null in the place of each other member."""
        free = {name: self.members[name] for name in self.members if name not in self.needed}
        yield {}
        yield from ({name: None} for name, schema in free.items() if schema.get("nullable"))

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
        channel, endpoint = resource.channel, resource.endpoint
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
        agent, names = self.api.config.agent, self.api.resource
        if self.role != "search":
            return [agent] if name == names.agent else []
        filters = names.searched.by_parameter
        return self._known_filter(filters[name]) if name in filters else []

    def _known_filter(self, one: Filter) -> list[Any]:
        left = self.api.resource.left
        if one.how == "paths":
            return [*self._examples(one.parameter)]
        known = {left.agent: self.api.config.agent, left.identity: UUID, **left.fixed}
        value = known.get(one.member)
        return [*self.api.contract.sought(one.parameter, value).values()] if value else []

    def _examples(self, name: str) -> tuple[Any, ...]:
        return tuple(example[name] for example in self.examples if name in example)


class Trial:
    """Sends requests of one operation, to a session that takes turns where it is one of a
    session, and keeps what is refused. `legal` are statuses that tell of a deployment's limits."""

    def __init__(self, requests: Requests, *legal: int) -> None:
        self.api = requests.api
        self.requests = requests
        self.legal = legal
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
            raise self.api.blocked(self.failed, "no-failure")

    def _judge(self, members: Json) -> None:
        answer = self._answer(members)
        if answer.ok or answer.status in self.legal or answer.agent_failed:
            return
        refused = f"{in_words(members)}: {answer.status}"
        if answer.status >= 500:
            self.failed = self.failed or f"{self.requests.operation} with {refused}"
            return
        self.trace = self.trace or list(self.api.trace)
        self.refused.append(refused)

    def _answer(self, members: Json) -> Exchange:
        made, known = self.requests.made_of(members), self.requests.id
        self.api.trace = list(self.opening)
        self.requests.session()
        if self.requests.id != known:
            self.opening = list(self.api.trace)
        answer = self.requests.answer(made)
        if not self.requests.id:
            self.opening = []
        return answer


def in_words(members: Json) -> str:
    return " and ".join(f"{name} {_shown(value)}" for name, value in members.items()) or "no more"


def _shown(value: Any) -> str:
    text = value.get("text", value) if isinstance(value, dict) else value
    if isinstance(text, str) and len(text) > CHARACTERS:
        return f"of {len(text)} characters"
    return shown(value, CHARACTERS)


def plain_requests(contract: Contract, operation: str, _: Rule) -> int:
    """How many requests the values of an operation's members are tried with at most."""
    members, examples = contract.taken(operation), contract.examples(operation)
    known = {name: tuple(one[name] for one in examples if name in one) for name in members}
    return 2 + sum(1 + len([*plain_values(members[name], known[name])]) for name in members)


def odd_requests(contract: Contract, operation: str, _: Rule) -> int:
    members = contract.taken(operation)
    return (2 + len(members)) * max(
        (len([*odd_values(one)]) for one in members.values()), default=1
    )


@kind("accepted", "smoke", asks=plain_requests, first=lambda _, rule: rule.sent == "least")
def check_what_it_may_hold_is_accepted(api: Api, rule: Rule) -> None:
    """Each documented member is taken, at the edges of each bound, alone and together; or the
    least that is wanted; or no body at all, as the rule has it."""
    for operation in rule.operations:
        requests = Requests(api, operation)
        if rule.sent == "nothing":
            requests.answer(UNSET).expect_ok()
        else:
            sent = requests.least() if rule.sent == "least" else requests.plain()
            Trial(requests).expect(sent)


@kind("any-text", asks=odd_requests)
def check_any_text_is_accepted(api: Api, rule: Rule) -> None:
    """Texts and objects are taken whatever they hold."""
    for operation in rule.operations:
        requests = Requests(api, operation)
        Trial(requests, 413).expect(requests.odd())

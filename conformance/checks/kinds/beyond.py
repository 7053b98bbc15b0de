"""Requests just beyond what the contract lets them hold, or without what it wants of them, made of
its parameters and schemas: none may be taken."""

from collections.abc import Iterator, Sequence
from typing import Any

from ...contract.bounds import Bounds
from ...contract.document import Contract
from ...contract.rules import Rule
from ...contract.values import beyond_values, mistyped_values, outside_values
from ...judging.equivalence import expect_same, is_whole
from ...judging.exchange import Exchange, Json
from ...judging.outcomes import NotApplicable, Violation, expect
from ...registry import kind
from ...target.api import Api
from ...target.operations import UNSET
from .accepted import LISTED, LONGEST_IN_A_QUERY, ON_A_SESSION, Requests, in_words

Case = tuple[str, Any]  # what is wrong in words, and the request in which it is
BOUNDS = ("minimum", "maximum", "maxLength", "format")
KEYS = 3  # of refused requests that are tried with what is right
TYPES_END = 2**31 - 1  # a bound that comes with the type is none of the contract's own


class Beyond:
    """Wrong requests of one operation, in the members that are `named` alone if any are. They are
    `refused` with one of these statuses; with any 4xx where none is told."""

    def __init__(
        self, api: Api, operation: str, named: Sequence[str] = (), refused: Sequence[int] = ()
    ) -> None:
        self.api = api
        self.requests = Requests(api, operation)
        self.role = self.requests.role
        self.named, self.refused = named, refused
        members = self.requests.members
        self.members = {name: members[name] for name in named or members if name in members}

    def control(self) -> None:
        """Blocked where what is right is refused."""
        self.requests.answer(self.requests.made_of({})).control()

    def taken(self, cases: Iterator[Case]) -> Iterator[str]:
        """Those that are taken all the same, in words."""
        for words, made in cases:
            answer = self.requests.answer(made)
            if answer.ok and not self._is_clamped(answer, made):
                yield f"{self.requests.operation} with {words}: {answer.status}"
            elif not answer.ok:
                answer.expect_status(*self.refused) if self.refused else answer.expect_refusal()

    def beyond(self, *, strict: bool = True) -> Iterator[Case]:
        """Each with one member beyond what its schema allows; unless `strict`, beyond bounds too
        beyond which a deployment has a choice."""
        values = outside_values if self.named else beyond_values
        for name, schema in self.members.items():
            wrong = values(self._strict(name, schema) if strict else schema)
            for value in (*wrong, *self._unlisted(name)):
                made = self.requests.made_of({name: value})
                if name == self.api.contract.resource.key:
                    made[name] = value  # alone in its session, and a longer key may fit again
                if self._breaks(made, value):
                    yield in_words({name: value}), made

    def lacking(self) -> Iterator[Case]:
        """Each without one member that must be there, and one without a body that must be."""
        whole = self.requests.made_of({})
        for name in (name for name in self.requests.needed if name in self.members):
            yield f"no {name}", {one: value for one, value in whole.items() if one != name}
        if not self.named and self.api.contract.needs_body(self.requests.operation):
            yield "no body", UNSET

    def mistyped(self) -> Iterator[Case]:
        """Each with one member of another type; in a query all is text."""
        in_text = self.requests.body is None
        for name, schema in self.members.items():
            if "type" in schema and not (in_text and schema["type"] == "string"):
                for value in mistyped_values(schema, in_text=in_text):
                    yield in_words({name: value}), self.requests.made_of({name: value})

    def seen(self) -> Json:
        """What a refused request leaves as it is: its session, or those of the channel."""
        if self.role in ON_A_SESSION:
            return self.api.still(self.requests.session())
        if self.role != "create":
            return {}
        state = self.api.asked_for(self.api.resource.all, self.api.contract.lifecycle.initial)
        return {"sessions": len(self.api.listed(state=state))}

    def _unlisted(self, name: str) -> Iterator[str]:
        """Words for states that no list can be asked for."""
        contract, resource = self.api.contract, self.api.resource
        if self.role == "list" and name == resource.filtering[resource.status]:
            known = (*contract.lifecycle.states, resource.all)
            yield from (word for word in known if word not in contract.listed_states)

    def _strict(self, name: str, schema: Json) -> Json:
        """The schema without bounds beyond which a deployment has a choice, told by rules of
        their own: it may clamp a number, or keep the whole of a key where one says so."""
        resource = self.api.contract.resource
        free: tuple[str, ...] = ()
        if name in (resource.timeout, resource.limit, resource.searched.size):
            free = BOUNDS
        elif name == resource.key:
            told = ((one.kind, one.sent) for one in self.api.contract.judged.values())
            free = BOUNDS if ("key", "longer") in told else ()
        elif name in (resource.offset, resource.searched.number):
            ends = schema.get("maximum", TYPES_END) >= TYPES_END
            free = ("maximum",) * ends + ("minimum",) * (not self.named)
            free += ("format",) * bool(free)  # whose bounds are the type's own
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


def requests_beyond(contract: Contract, operation: str, rule: Rule) -> int:
    """How many wrong requests of an operation are sent at most, and what is right."""
    members = contract.taken(operation)
    tried = (members[name] for name in rule.members or members if name in members)
    return 1 + sum(len([*beyond_values(one)]) for one in tried)


def requests_lacking(contract: Contract, operation: str, rule: Rule) -> int:
    return 2 + len(rule.members or (contract.body(operation) or {}).get("required", ()))


def requests_mistyped(contract: Contract, operation: str, _: Rule) -> int:
    members = contract.taken(operation).values()
    return 3 + sum(len([*mistyped_values(one)]) for one in members if "type" in one)


def tried(api: Api, rule: Rule, *, strict: bool = False) -> Iterator[Beyond]:
    """Each operation of a rule, where what is right is taken. What is wrong in some members, or
    `strict`ly, is refused as invalid; anything else with whatever refuses."""
    refused = api.refused("invalid-request") if strict or rule.members else ()
    every = [Beyond(api, operation, rule.members, refused) for operation in rule.operations]
    taking = [one for one in every if one.members or not rule.members]
    if not taking:
        names = " nor ".join(rule.operations)
        raise NotApplicable(f"{names} takes no {' and no '.join(rule.members)}")
    for one in taking:
        one.control()
        yield one


@kind("beyond", asks=requests_beyond)
def check_what_lies_beyond_a_bound_is_refused(api: Api, rule: Rule) -> None:
    expect_none(taken for one in tried(api, rule) for taken in one.taken(one.beyond()))


@kind("lacking", asks=requests_lacking)
def check_what_lacks_a_part_is_refused(api: Api, rule: Rule) -> None:
    expect_none(taken for one in tried(api, rule) for taken in one.taken(one.lacking()))


@kind("mistyped", asks=requests_mistyped)
def check_what_is_of_another_type_is_refused(api: Api, rule: Rule) -> None:
    """And does nothing."""
    for one in tried(api, rule, strict=True):
        before = one.seen()
        expect_none(one.taken(one.mistyped()))
        expect_same(api.resource, before, one.seen(), "nothing to come of what is refused")


@kind("traceless", asks=lambda *asked: 6 + requests_beyond(*asked) + requests_mistyped(*asked))
def check_what_is_refused_leaves_no_trace(api: Api, rule: Rule) -> None:
    """Neither in its session, or among those of the channel, nor under its key."""
    key = api.resource.key
    for one in tried(api, rule):
        keys, before = [], one.seen()
        for _, made in (*one.lacking(), *one.mistyped(), *one.beyond(strict=False)):
            keyed = key in one.requests.members and isinstance(made, dict) and key not in made
            answer = one.requests.answer(made | {key: api.key()} if keyed else made)
            if answer.ok:  # of which other rules tell
                before = one.seen()
            elif keyed:
                keys.append(answer.sent[key])
        expect_same(api.resource, before, one.seen(), "nothing to come of what is refused")
        for known in keys[:KEYS]:
            one.requests.answer(one.requests.made_of({}) | {key: known}).expect_ok()


@kind("clamped", asks=lambda *asked: 3 + requests_beyond(*asked))
def check_what_lies_beyond_a_bound_takes_no_effect(api: Api, rule: Rule) -> None:
    """A value beyond the bound told, or beyond either, is refused, or clamped and told so."""
    for one in tried(api, rule):
        for name, schema in one.members.items():
            legal = Bounds.of(schema)
            low = (legal.least - 1, 0, -legal.least) if rule.bound != "maximum" else ()
            high = (legal.most + 1, TYPES_END) if rule.bound != "minimum" else ()
            for value in dict.fromkeys(value for value in (*low, *high) if value not in legal):
                answer = one.requests.answer(one.requests.made_of({name: value}))
                if not answer.ok:
                    answer.expect_status(*one.refused)
                    continue
                told = (answer.page if one.role == "list" else answer.session).get(name)
                wanted = f"{name} {value} refused, or clamped to {legal.least}..{legal.most}"
                expect(is_whole(told) and told in legal, wanted, told)
                if one.role == "list":
                    count = len(answer.page[api.resource.items])
                    expect(count <= legal.most, f"{legal.most} items at most", f"{count} items")


def expect_none(taken: Iterator[str]) -> None:
    if found := list(taken):
        raise Violation("a 4xx status for each of them", "; ".join(found[:LISTED]))

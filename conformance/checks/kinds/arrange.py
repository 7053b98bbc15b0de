"""Sessions in a state of the lifecycle, and the events that happen to them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...contract.document import Contract
from ...contract.lifecycle import FINISH, REPLAY, TURN, Transition
from ...contract.rules import Rule
from ...judging.exchange import Exchange, Json
from ...judging.outcomes import Blocked, NotApplicable, expect, shown
from ...target.api import Api
from ...target.operations import UNSET
from ..timeouts import Timeouts


@dataclass
class Subject:
    """A session that a rule is tried on. `keyed` is what a turn on it was sent and answered with,
    where there was one."""

    api: Api
    id: str
    keyed: tuple[str, str, Exchange] | None = None

    def meet(self, event: str, **members: Any) -> Exchange:
        """What the event is answered with."""
        if event == REPLAY:
            assert self.keyed
            key, text, _ = self.keyed
            return self.api.submit(self.id, text, key=key)
        if event == FINISH:
            return self.api.submit(self.id, self.api.config.closing_text, **members)
        contract, body = self.api.contract, UNSET
        operation = str(contract.lifecycle.causes[event])
        if contract.body(operation) is not None:
            body = contract.filled(operation, self.api.text()) | members
        return self.api.send(operation, id=self.id, body=body)

    def turn(self) -> None:
        """A turn that was taken, with a key."""
        key, text = self.api.key(), self.api.text()
        answer = self.api.submit(self.id, text, key=key)
        answer.turn  # it was taken
        self.keyed = key, text, answer

    def follow(self, row: Transition) -> None:
        """Bring about what a row of the lifecycle has."""
        answer = self.meet(row.event)
        if not answer.ok or contradiction(self.api, answer.body_object, row.to):
            why = f"{answer.name} left the session {row.state}"
            raise self.api.blocked(why, "transition", when=row.event)

    def still(self, state: str) -> Json:
        """The session as it is retrieved, in this state for certain."""
        found = self.api.still(self.id)
        if differs := contradiction(self.api, found, state):
            raise self.api.blocked(f"the session is retrieved as {differs}", "kept")
        return found


def subjects(api: Api, rule: Rule, timeouts: Timeouts | None) -> Iterator[Subject]:
    """A session in the state that the rule has given, for each way into it that can be gone.
    Blocked where there is none."""
    contract, found = api.contract, False
    if rule.given == contract.lifecycle.initial and can_be_in(contract, rule, rule.given):
        found = True
        yield _prepared(api, rule, rule.given, finishing=rule.when == FINISH)
    for way in ways(contract, rule, closing=api.has_closer):
        found = True
        api.trace.clear()  # a finding tells the story of its own session alone
        is_timed = contract.lifecycle.is_timed(way.event)
        yield _expired(api, timeouts, way) if is_timed else _led(api, rule, way)
    if not found and rule.when == REPLAY and rule.given in contract.lifecycle.turned:
        raise NotApplicable(f"no turn of old comes to a session that is {rule.given}")
    if not found:
        raise Blocked(f"no request of a client leads to the state {rule.given} as the rule has it")


def ways(contract: Contract, rule: Rule, *, closing: bool) -> Iterator[Transition]:
    """The rows into the state given, by which a session can be brought there; by the agent's
    finish too where an agent is known that does so on a `closing` text."""
    lifecycle = contract.lifecycle
    for way in lifecycle.ways(rule.given):
        if lifecycle.is_timed(way.event):
            gone = rule.by == way.event and way.state == lifecycle.initial
        else:
            gone = rule.by in ("", way.event) and (closing or way.event != FINISH)
        if gone and can_be_in(contract, rule, way.state):
            yield way


def count(contract: Contract, rule: Rule) -> int:
    """How many sessions a rule is tried on at most."""
    opened = rule.given == contract.lifecycle.initial
    return opened + len([*ways(contract, rule, closing=True)])


def can_be_in(contract: Contract, rule: Rule, state: str) -> bool:
    """Whether a session can be in a state as the rule has it: after a turn where that is what
    is repeated."""
    lifecycle = contract.lifecycle
    turned = lifecycle.row(lifecycle.initial, TURN).to
    return lifecycle.path(turned if rule.when == REPLAY else lifecycle.initial, state) is not None


def brought(api: Api, state: str, **members: Any) -> Subject:
    """A session in this state."""
    subject = Subject(api, api.given(**members))
    for row in api.contract.lifecycle.path(api.contract.lifecycle.initial, state) or ():
        subject.follow(row)
    return subject


def taking(api: Api, operation: str) -> Subject:
    """A session in the nearest state in which an operation is not refused."""
    lifecycle, found = api.contract.lifecycle, []
    for row in lifecycle.rows.values():
        if row.event == lifecycle.of(operation) and not row.refusal:
            path = lifecycle.path(lifecycle.initial, row.state)
            found += [] if path is None else [(len(path), row.state)]
    if not found:
        raise NotApplicable(f"no request of a client leads to a state that takes {operation}")
    return brought(api, min(found)[1])


def _prepared(api: Api, rule: Rule, state: str, *, finishing: bool) -> Subject:
    """A session in this state. It takes turns, as one turn has shown; one that the agent is to
    finish has had none, as who knows what it finishes on."""
    lifecycle, agent = api.contract.lifecycle, api.config.closing_agent if finishing else None
    turned = lifecycle.row(lifecycle.initial, TURN).to
    ahead = lifecycle.path(turned, state)
    if ahead is None or (finishing and rule.when != REPLAY):
        return brought(api, state, agent=agent)
    subject = Subject(api, api.given(agent=agent))
    subject.turn()
    for row in ahead:
        subject.follow(row)
    return subject


def _led(api: Api, rule: Rule, way: Transition) -> Subject:
    if rule.by == FINISH and rule.when == REPLAY:  # that very turn is repeated
        key = api.key()
        id, answer = api.given_closed(key)
        return Subject(api, id, (key, str(api.config.closing_text), answer))
    finishing = FINISH in (way.event, rule.when)
    subject = _prepared(api, rule, way.state, finishing=finishing)
    subject.follow(way)
    return subject


def _expired(api: Api, timeouts: Timeouts | None, way: Transition) -> Subject:
    assert timeouts
    timeouts.wait()
    api.trace.append(timeouts.silent)
    subject = Subject(api, timeouts.silent.id)
    found = api.get(subject.id).session
    name = api.resource.reason
    if contradiction(api, found, way.to) or (name and found[name] != way.reason):
        raise api.blocked("the session did not end by its timeout", "timer", bound="maximum")
    return subject


def contradiction(api: Api, body: Json, state: str) -> str | None:
    """The state that the body of an answer tells, where it is not this one."""
    wanted = api.contract.telling[state]
    got = {name: body[name] for name in wanted}
    return None if got == wanted else shown(got)


def expect_state(api: Api, body: Json, state: str) -> None:
    differs = contradiction(api, body, state)
    expect(differs is None, f"{shown(api.contract.telling[state])}, the state {state}", differs)

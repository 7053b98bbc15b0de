"""Sessions in a state of the lifecycle, and the events that happen to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...contract.lifecycle import FINISH, REPLAY, Lifecycle, Transition
from ...contract.rules import Rule
from ...judging.exchange import Exchange, Json, Members
from ...judging.outcomes import Blocked, expect, shown
from ...target.api import Api
from ..timeouts import Timeouts


@dataclass
class Subject:
    """A session that a rule is tried on. `keyed` is what a turn on it was sent and answered with,
    where there was one."""

    api: Api
    id: str
    keyed: tuple[str, str, Exchange] | None = None

    @property
    def lifecycle(self) -> Lifecycle:
        return self.api.contract.lifecycle

    def meet(self, event: str, **members: Any) -> Exchange:
        """What the event is answered with."""
        if event == REPLAY:
            assert self.keyed
            key, text, _ = self.keyed
            return self.api.submit(self.id, text, key=key)
        if event == FINISH:
            return self.api.submit(self.id, self.api.config.closing_text, **members)
        operation = str(self.lifecycle.causes[event])
        body = self.api.contract.filled(operation, self.api.text()) | members
        return self.api.send(operation, id=self.id, body=body)

    def turn(self) -> None:
        """A turn that was taken, with a key."""
        key, text = self.api.key(), self.api.text()
        answer = self.api.submit(self.id, text, key=key)
        answer.turn  # it was taken
        self.keyed = key, text, answer

    def still(self, state: str) -> Json:
        """The session as it is retrieved, in this state for certain."""
        found = self.api.still(self.id)
        if differs := told_otherwise(self.api, found, state):
            raise Blocked(f"the session is retrieved as {differs}, see {self.blaming('kept')}")
        return found

    def blaming(self, kind: str, event: str = "") -> str:
        """The rule that tells of an event that leads nowhere."""
        rules = self.api.contract.rules.values()
        found = (one.id for one in rules if one.kind == kind and event in ("", one.when))
        return next(found, "the lifecycle")


def subjects(api: Api, rule: Rule, timeouts: Timeouts | None) -> Iterator[Subject]:
    """A session in the state that the rule has given, for each way into it that can be gone."""
    lifecycle = api.contract.lifecycle
    if rule.given == lifecycle.initial:
        yield _opened(api, finishing=rule.when == FINISH, keyed=rule.when == REPLAY)
        return
    for way in lifecycle.ways(rule.given):
        if rule.by == way.event or (not rule.by and _open_to(api, lifecycle, way.event)):
            api.trace.clear()  # a finding tells the story of its own session alone
            if lifecycle.is_timed(way.event):
                yield _expired(api, timeouts, way)
            else:
                yield _led(api, way, rule)


def _open_to(api: Api, lifecycle: Lifecycle, event: str) -> bool:
    return not lifecycle.is_timed(event) and (event != FINISH or api.has_closer)


def _opened(api: Api, *, finishing: bool = False, keyed: bool = False) -> Subject:
    """A session that takes turns, as one turn has shown; one that the agent is to finish has
    had none, as who knows what it finishes on."""
    subject = Subject(api, api.given(agent=api.config.closing_agent if finishing else None))
    if not finishing or keyed:
        subject.turn()
    return subject


def _led(api: Api, way: Transition, rule: Rule) -> Subject:
    subject = _opened(api, finishing=way.event == FINISH, keyed=rule.when == REPLAY)
    answer = subject.meet(way.event)
    if not answer.ok or told_otherwise(api, body_of(answer), way.to):
        blamed = subject.blaming("transition", way.event)
        raise Blocked(f"{answer.name} left the session {way.state}, see {blamed}")
    return subject


def _expired(api: Api, timeouts: Timeouts | None, way: Transition) -> Subject:
    assert timeouts
    timeouts.wait()
    api.trace.append(timeouts.silent)
    subject = Subject(api, timeouts.silent.id)
    found = api.get(subject.id).session
    if (
        told_otherwise(api, found, way.to)
        or found[api.contract.resource.state["reason"]] != way.reason
    ):
        raise Blocked("the session did not end by its timeout, see TTL-01")
    return subject


def body_of(answer: Exchange) -> Json:
    """The session or the turn's result in an answer."""
    if not isinstance(answer.json, dict):
        raise Blocked(f"{answer.name} was answered {answer.status} without a JSON object")
    return Members(answer.json)


def told_otherwise(api: Api, body: Json, state: str) -> str | None:
    """The state that the body of an answer tells, where it is not this one."""
    wanted = api.contract.telling[state]
    told = {name: body[name] for name in wanted}
    return None if told == wanted else shown(told)


def expect_state(api: Api, body: Json, state: str) -> None:
    differs = told_otherwise(api, body, state)
    expect(differs is None, f"{shown(api.contract.telling[state])}, the state {state}", differs)

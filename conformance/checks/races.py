"""RACE: what requests that start together may do to one session.

A race shows itself by chance, so each check plays several rounds. Every legal order of the
requests passes: a round fails only where no order explains what was answered.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from conformance.api import Api
from conformance.exchange import Exchange
from conformance.findings import Blocked, expect, shown
from conformance.history import Event, State, event_of, said, serialisation, timeline
from conformance.likeness import difference, same_messages
from conformance.rules import rule

# A window of 5 ms, hit by requests that a barrier lets go within some milliseconds of each
# other, shows in at least every third round; 1 - (2/3)^12 is above 0.99.
ROUNDS = 12
CALLS = 6

Call = Callable[[], Exchange]


def together(api: Api, *calls: Call) -> list[Exchange]:
    """Every answer, in the order of the calls, which a barrier lets go at once."""
    api.client.pace.pay(len(calls))  # a pause of each its own would keep them apart
    barrier = threading.Barrier(len(calls))

    def released(call: Call) -> Exchange:
        barrier.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return [future.result() for future in [threads.submit(released, c) for c in calls]]


def start_of(api: Api, id: str) -> State:
    """What the model knows of an active session before the race."""
    return State(said(api.get(id).session["messages"]))


def expect_serial(api: Api, id: str, start: State, events: list[Event]) -> None:
    """Some order of the events, and then two looks at the session, are a legal story."""
    history = [*events, event_of(api.get(id)), event_of(api.get(id))]
    for event in history:
        if event.status >= 500:
            raise Blocked(f"{event.name} was answered {event.status}, see HTTP-02")
    legal = serialisation(start, history)
    expect(legal is not None, "answers that some order of the requests explains", timeline(history))


@rule("RACE-01", "races", sessions=ROUNDS, turns=ROUNDS)
def check_simultaneous_ends(api: Api) -> None:
    for _ in range(ROUNDS):
        id = api.given(turns=1)
        answers = together(api, *[partial(api.end, id, note="race")] * CALLS)
        final = api.get(id).session
        for answer in answers:
            differs = difference(final, answer.expect_ok().session)
            expect(differs is None, "one final session in every answer", f"it differs in {differs}")


@rule("RACE-02", "races", sessions=ROUNDS * CALLS)
def check_simultaneous_opens_of_one_endpoint(api: Api) -> None:
    for _ in range(ROUNDS):
        answers = together(api, *[partial(api.open, external_id=api.endpoint())] * CALLS)
        ids = {answer.id.lower() for answer in answers if answer.expect_ok(409).ok}
        expect(len(ids) == 1, "one session", f"{len(ids)} sessions: {sorted(ids)}")
        api.end(ids.pop())


@rule("RACE-03", "races", sessions=ROUNDS, turns=ROUNDS * CALLS)
def check_simultaneous_submits_with_one_key(api: Api) -> None:
    for _ in range(ROUNDS):
        id, key, text = api.given(), api.key(), api.text()
        start = start_of(api, id)
        answers = together(api, *[partial(api.submit, id, text, idempotency_key=key)] * CALLS)
        told = [answer.turn["messages"] for answer in answers if answer.expect_ok(409).ok]
        same = all(same_messages(told[0], other) for other in told)
        expect(same, "the same messages in every answer", shown(told))
        expect_serial(api, id, start, [event_of(answer, text, key) for answer in answers])


@rule("RACE-04", "races", sessions=ROUNDS, turns=ROUNDS * CALLS)
def check_turns_that_race_with_an_end(api: Api) -> None:
    for _ in range(ROUNDS):
        id, texts = api.given(turns=1), [api.text() for _ in range(CALLS - 1)]
        start = start_of(api, id)
        calls: list[Call] = [partial(api.submit, id, text) for text in texts]
        answers = together(api, *calls, partial(api.end, id))
        events = [event_of(a, text) for a, text in zip(answers, [*texts, ""], strict=True)]
        expect_serial(api, id, start, events)


@rule("RACE-05", "races", sessions=ROUNDS, turns=ROUNDS * CALLS)
def check_simultaneous_turns(api: Api) -> None:
    for _ in range(ROUNDS):
        id, texts = api.given(), [api.text() for _ in range(CALLS)]
        start = start_of(api, id)
        calls: list[Call] = [partial(api.submit, id, text) for text in texts]
        answers = together(api, *calls)
        events = [event_of(a, text) for a, text in zip(answers, texts, strict=True)]
        expect_serial(api, id, start, events)


@rule("RACE-06", "races", sessions=ROUNDS, turns=ROUNDS)
def check_an_end_that_races_with_the_agents_finish(api: Api) -> None:
    closing = str(api.config.closing_text)
    for _ in range(ROUNDS):
        id = api.given(agent_id=api.config.closing_agent)
        start = start_of(api, id)
        turn, end = together(api, partial(api.submit, id, closing), partial(api.end, id))
        again = api.end(id)
        events = [event_of(turn, closing), event_of(end), event_of(again)]
        expect_serial(api, id, start, events)

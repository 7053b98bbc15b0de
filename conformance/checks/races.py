"""RACE: what requests that start together may do to one session.

A race shows itself by chance, so each check plays several rounds. Every legal order of the
requests passes: a round fails only where no order explains what was answered.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from ..contract.lifecycle import TURN
from ..judging.equivalence import difference, same_messages
from ..judging.exchange import Exchange
from ..judging.history import Event, State, event_of, said, serialisation, timeline
from ..judging.outcomes import Blocked, expect, shown
from ..registry import rule
from ..target.api import Api
from .idempotency import remembers
from .pipeline import PAUSE, POLLS, SETTLE, Marked, expect_ending_to_leave_traces

# A window of 5 ms, hit by requests that a barrier lets go within some milliseconds of each
# other, shows in at least every third round; 1 - (2/3)^12 is above 0.99.
ROUNDS = 12
CALLS = 6
REQUESTS = ROUNDS * (CALLS + 6)
STAYING = 3  # sessions that stay active while others come and go
CHURNERS = 2

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
    return State(api.contract, said(api.get(id).session[api.resource.transcript]))


def expect_serial(api: Api, id: str, start: State, events: list[Event]) -> None:
    """Some order of the events, and then two looks at the session, are a legal trace."""
    history = [*events, event_of(api.get(id)), event_of(api.get(id))]
    for event in history:
        if event.status >= 500:
            raise Blocked(f"{event.name} was answered {event.status}, see HTTP-02")
    legal = serialisation(start, history)
    expect(legal is not None, "answers that some order of the requests explains", timeline(history))


@rule("RACE-01", "races", sessions=ROUNDS, turns=ROUNDS, requests=REQUESTS)
def check_simultaneous_ends(api: Api) -> None:
    for _ in range(ROUNDS):
        id = api.given(turns=1)
        answers = together(api, *[partial(api.end, id, note="race")] * CALLS)
        final = api.get(id).session
        overview = timeline([event_of(answer) for answer in answers])
        for answer in answers:
            if not answer.expect_ok(*api.contract.late_ends).ok:
                continue
            differs = difference(api.resource, final, answer.session)
            wanted = "one final session in every answer"
            expect(differs is None, wanted, f"it differs in {differs}; {overview}")
        accepted = sum(answer.ok for answer in answers)
        if api.contract.late_ends:
            expect(accepted == 1, "one end that is accepted", f"{accepted}; {overview}")


@rule("RACE-02", "races", sessions=ROUNDS * CALLS, requests=REQUESTS)
def check_simultaneous_opens_of_one_endpoint(api: Api) -> None:
    conflict = api.resource.conflict
    for _ in range(ROUNDS):
        answers = together(api, *[partial(api.open, endpoint=api.endpoint())] * CALLS)
        ids = {answer.id.lower() for answer in answers if answer.expect_ok(*conflict).ok}
        expect(len(ids) == 1, "one session", f"{len(ids)} sessions: {sorted(ids)}")
        api.end(ids.pop())


@rule("RACE-03", "races", sessions=ROUNDS, turns=ROUNDS * CALLS, requests=REQUESTS)
def check_simultaneous_submits_with_one_key(api: Api) -> None:
    for _ in range(ROUNDS):
        id, key, text = api.given(), api.key(), api.text()
        start = start_of(api, id)
        answers = together(api, *[partial(api.submit, id, text, key=key)] * CALLS)
        taken = [answer for answer in answers if answer.expect_ok(409).ok]
        turns = [answer.turn[api.resource.transcript] for answer in taken]
        same = all(same_messages(turns[0], other) for other in turns)
        if remembers(api, TURN):
            expect(same, "the same messages in every answer", shown(turns))
        expect_serial(api, id, start, [event_of(answer, text, key) for answer in answers])


@rule("RACE-04", "races", sessions=ROUNDS, turns=ROUNDS * CALLS, requests=REQUESTS)
def check_turns_that_race_with_an_end(api: Api) -> None:
    for number in range(ROUNDS):
        id = api.given(turns=1)
        texts = [api.text() for _ in range(CALLS - 1)]
        texts.insert(number % CALLS, "")  # the end, at a place of its own each time
        start = start_of(api, id)
        calls = [partial(api.submit, id, text) if text else partial(api.end, id) for text in texts]
        answers = together(api, *calls)
        events = [event_of(answer, text) for answer, text in zip(answers, texts, strict=True)]
        expect_serial(api, id, start, events)


@rule(
    "RACE-05", "races", sessions=ROUNDS + CALLS, turns=(ROUNDS + 1) * CALLS, requests=2 * REQUESTS
)
def check_simultaneous_turns(api: Api) -> None:
    for _ in range(ROUNDS):
        id, texts = api.given(), [api.text() for _ in range(CALLS)]
        start = start_of(api, id)
        calls: list[Call] = [partial(api.submit, id, text) for text in texts]
        answers = together(api, *calls)
        events = [event_of(a, text) for a, text in zip(answers, texts, strict=True)]
        expect_serial(api, id, start, events)
    ids = [api.given() for _ in range(CALLS)]
    starts, texts = [start_of(api, id) for id in ids], [api.text() for _ in ids]
    answers = together(api, *[partial(api.submit, *pair) for pair in zip(ids, texts, strict=True)])
    for id, start, answer, text in zip(ids, starts, answers, texts, strict=True):
        expect_serial(api, id, start, [event_of(answer, text)])


@rule("RACE-06", "races", sessions=ROUNDS, turns=ROUNDS, requests=REQUESTS)
def check_an_end_that_races_with_the_agents_finish(api: Api) -> None:
    closing = str(api.config.closing_text)
    for _ in range(ROUNDS):
        id = api.given(agent=api.config.closing_agent)
        start = start_of(api, id)
        turn, end = together(api, partial(api.submit, id, closing), partial(api.end, id))
        again = api.end(id)
        events = [event_of(turn, closing), event_of(end), event_of(again)]
        expect_serial(api, id, start, events)


@dataclass(frozen=True)
class Life:
    """A session's open and, where it came, its end: what is certain of it at other times."""

    opened: Exchange
    ended: Exchange | None = None

    def times(self, page: Exchange, *, final: bool) -> tuple[bool, bool]:
        """Whether a page of final or of active sessions must hold it, and whether it may."""
        if self.ended is None:
            return not final, not final
        before, after = self.ended.finished < page.started, page.finished < self.ended.started
        if final:
            return before, not after
        return after and self.opened.finished < page.started, not before


def churn(api: Api) -> list[Life]:
    """Sessions that are opened, each ended at once."""
    lives = [Life(opened := api.open(), api.end(opened.id)) for _ in range(ROUNDS)]
    if not all(life.ended and life.ended.ok for life in lives):
        raise Blocked("an active session could not be ended, see END-01")
    return lives


@rule("RACE-07", "races", sessions=STAYING + CHURNERS * ROUNDS, requests=2 * REQUESTS)
def check_lists_while_sessions_come_and_go(api: Api) -> None:
    states = [
        api.asked_for(state)
        for state in (api.contract.lifecycle.initial, api.contract.lifecycle.ended)
    ]
    lives = [Life(api.open()) for _ in range(STAYING)]
    pages: list[tuple[str, Exchange]] = []
    with ThreadPoolExecutor(CHURNERS) as threads:
        churning = [threads.submit(churn, api) for _ in range(CHURNERS)]
        while len(pages) < REQUESTS and not all(future.done() for future in churning):
            for state in states:
                most = api.contract.page_sizes.most
                pages.append((state, api.list(channel=api.channel, state=state, limit=most)))
    lives += [life for future in churning for life in future.result()]
    for state, page in pages:
        for life in lives:
            expect_certain(api, life, state, page)


def expect_certain(api: Api, life: Life, state: str, page: Exchange) -> None:
    """The session stands on the page once, at most once or not at all, as far as is certain."""
    ids = [str(item[api.resource.id]).lower() for item in page.page[api.resource.items]]
    count = ids.count(life.opened.id.lower())
    least, most = life.times(page, final=state == api.contract.lifecycle.ended)
    if not least <= count <= most:
        trace = (life.opened, life.ended, page)
        api.trace[:] = [exchange for exchange in trace if exchange]
    how = {(True, True): "once", (False, True): "once at most"}.get((least, most), "not")
    wanted = f"{life.opened.id} {how} among the {state} sessions"
    expect(least <= count <= most, wanted, f"it is there {count} times")


@rule("RACE-08", "races", sessions=ROUNDS, requests=REQUESTS + POLLS)
def check_simultaneous_ends_leave_one_call_result(api: Api) -> None:
    expect_ending_to_leave_traces(api)
    first = Marked(api)
    sessions = [first, *[Marked(api, first.marker) for _ in range(ROUNDS - 1)]]
    for session in sessions:
        answers = together(api, *[partial(api.end, session.id)] * CALLS)
        if not any(answer.ok for answer in answers):
            raise Blocked("simultaneous ends were all refused, see RACE-01")
    if len(first.awaited(ROUNDS)) < ROUNDS:
        raise Blocked("not every session has a call result, see FIN-01")
    deadline = time.monotonic() + SETTLE
    while (count := len(first.rows())) == ROUNDS and time.monotonic() < deadline:
        time.sleep(PAUSE)
    expect(count <= ROUNDS, f"{ROUNDS} call results of {ROUNDS} sessions", f"{count}")

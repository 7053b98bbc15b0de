"""RACE: what requests that start together may do to one session.

A race shows itself by chance, so each check plays several rounds. Every legal order of the
requests passes: a round fails only where no order explains what was answered.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice

from ..contract.lifecycle import END, FINISH, REPLAY, TURN
from ..contract.rules import Rule
from ..judging.equivalence import expect_same, same_messages
from ..judging.exchange import Exchange
from ..judging.history import State, event_of, said, serialisation, timeline
from ..judging.outcomes import expect, shown
from ..registry import kind
from ..target.api import Api
from ..target.operations import UNSET
from .idempotency import remembers
from .kinds.arrange import brought
from .pipeline import POLLS, Marked, expect_ending_to_leave_traces

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


class Contested:
    """A session to which events happen at once, and what it was before."""

    def __init__(self, api: Api, rule: Rule, events: list[str]) -> None:
        self.api, self.events = api, events
        begun, agent = api.contract.lifecycle.initial, None
        turns = int(api.contract.lifecycle.row(begun, TURN).to == begun)
        if FINISH in events:  # as one that has had no turn does for certain
            agent, turns = api.config.closing_agent, 0
        self.id = brought(api, rule.given, agent=agent, turns=turns).id
        transcript = api.get(self.id).session[api.resource.transcript]
        self.start = State(api.contract, said(api.resource, transcript), rule.given)
        key, text, closing = api.key(), api.text(), str(api.config.closing_text)
        known = {END: ("", None), REPLAY: (text, key), FINISH: (closing, None)}
        self.said = [known.get(event, (api.text(), None)) for event in events]

    def call(self, text: str, key: str | None) -> Call:
        if not text:
            return partial(self.api.end, self.id, note="race")
        return partial(self.api.submit, self.id, text, key=key or UNSET)

    def judge(self, answers: list[Exchange]) -> None:
        """Some order of the events, a late end and two looks are a legal trace, and answers
        that are to be the same are the same."""
        api, transcript = self.api, self.api.resource.transcript
        late = [api.end(self.id)] if END in self.events else []
        later = [*late, api.get(self.id), api.get(self.id)]
        told = zip(answers, self.said, strict=True)
        history = [*(event_of(answer, *what) for answer, what in told), *map(event_of, later)]
        for event in history:
            if event.status >= 500:
                raise self.api.blocked(f"{event.name} was answered {event.status}", "no-failure")
        legal = serialisation(self.start, history)
        wanted = "answers that some order of the requests explains"
        expect(legal is not None, wanted, timeline(history))
        taken = [answer for answer in answers if answer.ok]
        if {*self.events} == {END}:
            for answer in taken:
                wanted = "one final session in every answer"
                expect_same(api.resource, later[-1].session, answer.session, wanted)
        if {*self.events} == {REPLAY} and remembers(api, TURN):
            turns = [answer.turn[transcript] for answer in taken]
            same = all(same_messages(api.resource, turns[0], other) for other in turns)
            expect(same, "the same messages in every answer", shown(turns))


def race(api: Api, *sessions: Contested) -> None:
    """Bring about the events of all these sessions at once."""
    answers = iter(together(api, *(one.call(*said) for one in sessions for said in one.said)))
    for one in sessions:
        one.judge([*islice(answers, len(one.said))])


@kind(
    "race",
    "races",
    sessions=ROUNDS + CALLS,
    turns=ROUNDS * (CALLS + 1) + 2 * CALLS,
    requests=2 * REQUESTS + POLLS,
)
def check_what_happens_at_once(api: Api, rule: Rule) -> None:
    """The event, many times at once, with one beside it where the rule tells of another; on one
    session, and at last each on a session of its own. Or what it leaves, where that is found."""
    if "search" in map(api.resource.role, rule.operations):
        expect_one_result_each(api)
        return
    times = CALLS - bool(rule.beside) if rule.when != FINISH else 1
    for number in range(ROUNDS):
        events = [rule.when] * times
        if rule.beside:
            events.insert(number % (times + 1), rule.beside)
        race(api, Contested(api, rule, events))
    race(api, *(Contested(api, rule, [event]) for event in events))


@kind("opened-once", "races", sessions=ROUNDS * CALLS, requests=REQUESTS)
def check_simultaneous_opens_of_one_endpoint(api: Api) -> None:
    conflict = api.resource.conflict
    for _ in range(ROUNDS):
        answers = together(api, *[partial(api.open, endpoint=api.endpoint())] * CALLS)
        ids = {answer.id.lower() for answer in answers if answer.expect_ok(*conflict).ok}
        expect(len(ids) == 1, "one session", f"{len(ids)} sessions: {sorted(ids)}")
        api.end(ids.pop())


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
        raise api.blocked("an active session could not be ended", "transition", "end")
    return lives


@kind("steady", "races", sessions=STAYING + CHURNERS * ROUNDS, requests=2 * REQUESTS)
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


def expect_one_result_each(api: Api) -> None:
    expect_ending_to_leave_traces(api)
    first = Marked(api)
    sessions = [first, *[Marked(api, first.marker) for _ in range(ROUNDS - 1)]]
    for session in sessions:
        answers = together(api, *[partial(api.end, session.id)] * CALLS)
        if not any(answer.ok for answer in answers):
            raise api.blocked("simultaneous ends were all refused", "race", when="end")
    if len(first.awaited(ROUNDS)) < ROUNDS:
        raise api.blocked("not every session has a call result", "found")
    count = len(first.settled(ROUNDS))
    expect(count <= ROUNDS, f"{ROUNDS} call results of {ROUNDS} sessions", f"{count}")

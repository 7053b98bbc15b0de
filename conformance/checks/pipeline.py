"""FIN: what the finish pipeline leaves as call results, told by a marker of the check's own."""

import time
from collections.abc import Iterator
from typing import Any

from ..contract.document import Contract
from ..contract.lifecycle import FINISH, Transition
from ..contract.resource import Resource
from ..contract.results import Search
from ..contract.rules import Rule
from ..judging.equivalence import is_whole
from ..judging.exchange import Json
from ..judging.outcomes import NotApplicable, expect, shown
from ..registry import kind
from ..target.api import Api
from .kinds.arrange import Subject

PAUSE = 0.1
LOOKS = 150  # at most while a row is awaited, however long that may take
POLLS = 30 + LOOKS  # requests of a check that waits for a row
SETTLE = 1.0  # seconds to wait for a second row that should not come
FEW = 24  # sessions that are ended, at most, to have more rows than a page holds by default


def pauses(api: Api) -> Iterator[bool]:
    """Pauses for as long as the deployment may take to index a call result (--index-wait)."""
    deadline = time.monotonic() + api.config.index_wait
    while time.monotonic() < deadline:
        time.sleep(max(PAUSE, api.config.index_wait / LOOKS))
        yield True


class Marked:
    """A session whose call result is found by its marker in additional_data."""

    leaves = "call result"

    def __init__(
        self, api: Api, marker: str | None = None, id: str | None = None, **members: Any
    ) -> None:
        self.api = api
        self.marker = marker or api.marker()
        self.id = id or api.given(data=api.marked(self.marker), **members)

    def end(self) -> None:
        expect_ending_to_leave_traces(self.api)
        self.api.given_end(self.id)

    def close(self, key: str | None = None) -> None:
        """Let the closing agent finish the session."""
        self.api.given_close(self.id, key)

    @property
    def by_marker(self) -> Json:
        """The filter of a search that finds the session's call result alone."""
        names = self.api.resource
        by_data = names.searched.parameter(names.left.data, "paths")
        return {by_data: {f"{names.left.data}.marker": self.marker}}

    def search(self, **filters: Any) -> Json:
        return self.api.search(**self.by_marker, **filters).results

    def rows(self) -> list[Json]:
        return [row for row in self.search()[self.api.resource.searched.items] if self.owns(row)]

    def owns(self, row: Json) -> bool:
        """Whether a row is the session's, by its marker."""
        return bool((row.get(self.api.resource.left.data) or {}).get("marker") == self.marker)

    def awaited(self, count: int = 1) -> list[Json]:
        """The rows, as soon as there are so many; fewer when no more came in time."""
        waits = pauses(self.api)
        while len(rows := self.rows()) < count and next(waits, False):
            pass
        return rows

    def settled(self, count: int = 1) -> list[Json]:
        """The rows, a while after there were so many."""
        deadline = time.monotonic() + SETTLE
        while len(found := self.rows()) == count and time.monotonic() < deadline:
            time.sleep(PAUSE)
        return found

    def left(self) -> Json:
        """The call result, or Blocked."""
        if not (rows := self.awaited()):
            raise self.api.blocked("the session has no call result", "found")
        return rows[0]


def endings(contract: Contract, _: Rule) -> int:
    """How many sessions are brought to an end at most, and one beside them."""
    lifecycle, finals = contract.lifecycle, contract.resource.finals
    ways = (way.event for state in finals for way in lifecycle.ways(state))
    return 1 + sum(not lifecycle.is_timed(event) for event in ways)


@kind("found", sessions=3, turns=1, requests=2 * POLLS, subjects=endings)
def check_a_finished_session_is_a_call_result(api: Api) -> None:
    silent = [session for row in finishes(api) if (session := finished(api, row))]
    if silent and not ending_leaves_traces(api):
        for _ in pauses(api):  # after which the deployment has indexed what it was going to
            pass
    elif silent:
        ended = Marked(api)
        ended.end()
        ended.left()
    for session in silent:
        expect(not session.rows(), "no call result, as the lifecycle has it", "there is one")


def finishes(api: Api) -> Iterator[Transition]:
    """The rows by which a client brings a session to its end."""
    lifecycle, finals = api.contract.lifecycle, api.resource.finals
    for row in (way for state in finals for way in lifecycle.ways(state)):
        if api.has_closer if row.event == FINISH else lifecycle.is_sent(row.event):
            yield row


def finished(api: Api, row: Transition) -> Marked | None:
    """A session that has ended so, where that is to leave no call result; one that is to is
    looked for."""
    agent = api.config.closing_agent if row.event == FINISH else api.config.agent
    session = Marked(api, agent=agent)
    subject = Subject(api, session.id)
    ahead = api.contract.lifecycle.path(api.contract.lifecycle.initial, row.state) or []
    for one in (*ahead, row):
        subject.follow(one)
    if not any("pipeline" in one.effects for one in (*ahead, row)):
        return session
    expect_result(session, agent)
    return None


def ending_leaves_traces(api: Api) -> bool:
    """Whether an end leaves a call result and a webhook."""
    lifecycle = api.contract.lifecycle
    return lifecycle.does("pipeline", lifecycle.of(api.resource.operations["end"]))


def expect_ending_to_leave_traces(api: Api) -> None:
    if not ending_leaves_traces(api):
        raise NotApplicable("an end leaves nothing behind, as the lifecycle has it")


def closing_leaves_traces(api: Api) -> bool:
    """Whether a session that the agent finishes leaves a call result and a webhook."""
    return api.has_closer and api.contract.lifecycle.does("pipeline", FINISH)


def expect_result(session: Marked, agent: str | None) -> None:
    rows = session.awaited()
    wait = session.api.config.index_wait
    expect(len(rows) > 0, f"a call result within {wait:g} s, as --index-wait has it", "none")
    if agent and (name := session.api.resource.left.agent):
        told = rows[0].get(name, agent)  # which a row need not have
        expect(told == agent, str(agent), told)


def goes_on(api: Api, id: str) -> bool:
    """Whether what an end has led to is left again, as it then is."""
    for row in api.contract.reopening:
        if row.state == api.contract.lifecycle.ended:
            Subject(api, id).follow(row)
            return True
    return False


def expect_transcription(api: Api, id: str, result: Json) -> None:
    """Every message with a text, in order, with its speaker, in a call result or a webhook."""
    messages = api.get(id).session[api.resource.transcript]
    member, speaker, text = (
        api.resource.left.transcript[role] for role in ("member", "speaker", "text")
    )
    names = api.resource.messages
    text_of, role = names.text_of, names.role
    said = [{speaker: m.get(role), text: text_of(m)} for m in messages if text_of(m)]
    told = result.get(member)
    lines = [line for line in told if isinstance(line, dict)] if isinstance(told, list) else []
    got = [{speaker: i.get(speaker), text: i.get(text)} for i in lines if i.get(text)]
    expect(got == said, f"the {member} {shown(said)}", got)


@kind("unfinished", sessions=2, requests=POLLS)
def check_an_active_session_is_no_call_result(api: Api) -> None:
    active, ended = Marked(api), Marked(api)
    ended.end()
    ended.left()  # by now the deployment has indexed what it was going to
    expect(not active.rows(), "no call result of an active session", "there is one")


@kind("numbered", sessions=2 + FEW, requests=3 * POLLS)
def check_pages_of_call_results(api: Api) -> None:
    first = Marked(api)
    for session in (first, Marked(api, first.marker)):
        session.end()
    if len(first.awaited(2)) < 2:
        raise api.blocked("the two sessions have not two call results", "found")
    names = api.resource.searched
    both, *pages = (
        first.search(**{names.number: page, names.size: size})
        for page, size in ((0, 2), (0, 1), (1, 1))
    )
    if ids_of(api.resource, {names.items: first.rows()}) != ids_of(api.resource, first.search()):
        raise api.blocked("the search does not keep to the data", "filter", "search", members=())
    expect_pages(api.resource, both, pages)
    if size := api.contract.members("search")[names.size].get("default"):
        expect_size(names, api.search().results, size)
        if size < FEW:
            expect_size(names, filled(first, size + 1), size)


def filled(first: Marked, count: int) -> Json:
    """A page of no size of its own, where so many rows are found, of which there are two."""
    for _ in range(count - 2):
        Marked(first.api, first.marker).end()
    waits, total = pauses(first.api), first.api.resource.searched.total
    while (page := first.search())[total] < count and next(waits, False):
        pass
    if page[total] < count:
        raise first.api.blocked("not every session has a call result", "found")
    return page


def expect_size(names: Search, page: Json, size: int) -> None:
    """Of a page that was asked for without its size, this one."""
    rows, total = len(page[names.items]), page[names.total]
    expect(rows <= size, f"{size} rows at most, where no size is asked for", f"{rows} rows")
    if names.pages and is_whole(total) and total > 0:
        told = f"{total / size:g}, rounded, of {total} rows where no size is asked for"
        fitting = page[names.pages] in (total // size, -(-total // size))
        expect(fitting, f"{names.pages} {told}", page[names.pages])


def ids_of(names: Resource, page: Json) -> list[str]:
    return [str(row.get(names.left.identity)) for row in page[names.searched.items]]


def expect_pages(resource: Resource, both: Json, pages: list[Json]) -> None:
    """Two rows on one page, and each of them alone on a page of one row."""
    wanted, names = ids_of(resource, both), resource.searched
    expect(len(wanted) == 2, "2 rows", f"{len(wanted)} rows")
    got = [ids_of(resource, page) for page in pages]
    expect(got == [[id] for id in wanted], f"the rows {wanted} on pages 0 and 1 of one row", got)
    for page, size in ((both, 2), *((page, 1) for page in pages)):
        expect(page[names.total] == 2, f"{names.total} 2", page[names.total])
        if names.pages:
            told = f"{names.pages} {2 // size}, {size} a page"
            expect(page[names.pages] == 2 // size, told, page[names.pages])

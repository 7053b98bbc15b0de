"""Mutants of the list: pages, their bounds and totals."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mock_server.domain.records import SessionQuery
from mock_server.http import handlers
from mock_server.http.parameters import QueryReader
from mock_server.store.sqlite.sessions import SqliteSessions

from ..mutants import mutant
from ..patch import Patch
from .listing import asked_for, page_changed
from .tools import lenient_query

TAKE_RANGE = (1, 200)  # as the contract has it


@mutant("LIST-13", "a page is taken before it is filtered by state")
def page_is_taken_first(patch: Patch) -> None:
    @patch.around(SqliteSessions, "page")
    async def page(real: Any, sessions: SqliteSessions, query: SessionQuery) -> Any:
        _, total = await real(sessions, query)
        found, _ = await real(sessions, replace(query, state=None))
        return [s for s in found if query.state in ("all", s.state)], total


@mutant("LIST-19", "sessions of other channels are skipped too")
def skip_counts_every_channel(patch: Patch) -> None:
    @patch.around(SqliteSessions, "page")
    async def page(real: Any, sessions: SqliteSessions, query: SessionQuery) -> Any:
        everywhere = replace(query, channel=None, skip=0, take=query.skip)
        skipped, _ = await real(sessions, everywhere)
        skip = sum(query.channel in (None, session.channel) for session in skipped)
        return await real(sessions, replace(query, skip=skip))


@mutant("LIST-17", "total_count is ten at most")
def total_is_ten_at_most(patch: Patch) -> None:
    page_changed(patch, lambda page: page.update(total_count=min(10, page["total_count"])))


@mutant("LIST-13", "a page holds one item more than take")
def page_with_one_too_many(patch: Patch) -> None:
    asked_for(patch, lambda query: replace(query, take=query.take + 1))


@mutant("LIST-13", "a page holds one item less than take")
def page_with_one_too_few(patch: Patch) -> None:
    asked_for(patch, lambda query: replace(query, take=max(1, query.take - 1)))


@mutant("LIST-14", "a take beyond 200 takes effect")
def take_has_no_limit(patch: Patch) -> None:
    patch.around(handlers, "clamp")(lambda real, value, bounds: value)

    @patch.around(QueryReader, "read")
    def read(real: Any, reader: QueryReader, query: bytes, errors: list[Any]) -> Any:
        found: list[Any] = []
        values = real(reader, query, found)
        errors.extend(error for error in found if error.get("keyword") != "maximum")
        return values


@mutant("LIST-15", "a page holds 50 items where no take is given")
def take_of_fifty_by_default(patch: Patch) -> None:
    @patch.around(QueryReader, "read")
    def read(real: Any, reader: QueryReader, query: bytes, errors: list[Any]) -> Any:
        values = real(reader, query, errors)
        given = b"take=" in query or "take" not in values
        return values if given else {**values, "take": 50}


@mutant("LIST-15", "a page holds 50 items where a state is given and no take")
def take_of_fifty_beside_a_state(patch: Patch) -> None:
    @patch.around(QueryReader, "read")
    def read(real: Any, reader: QueryReader, query: bytes, errors: list[Any]) -> Any:
        values = real(reader, query, errors)
        meant = b"take=" not in query and b"state=" in query and "take" in values
        return {**values, "take": 50} if meant else values


def counted(patch: Patch, change: Any) -> None:
    """Tell as total_count what a changed query matches: `change(query)`."""

    @patch.around(SqliteSessions, "page")
    async def page(real: Any, sessions: SqliteSessions, query: SessionQuery) -> Any:
        _, total = await real(sessions, change(query))
        return (await real(sessions, query))[0], total


@mutant("LIST-17", "total_count counts active sessions alone")
def total_of_active_sessions(patch: Patch) -> None:
    counted(patch, lambda query: replace(query, state="active"))


@mutant("LIST-17", "total_count counts the sessions of every agent")
def total_of_every_agent(patch: Patch) -> None:
    counted(patch, lambda query: replace(query, agent_id=None))


@mutant("LIST-17", "total_count counts what was silent, too")
def total_without_updated_after(patch: Patch) -> None:
    counted(patch, lambda query: replace(query, updated_after=None))


@mutant("LIST-16", "a take beyond 100 is 100")
def take_of_a_hundred_at_most(patch: Patch) -> None:
    @patch.around(handlers, "clamp")
    def clamp(real: Any, value: int | None, bounds: Any) -> Any:
        return real(value, (1, 100) if bounds == TAKE_RANGE else bounds)


@mutant("LIST-19", "skip is ignored among final sessions")
def skip_is_ignored_among_final(patch: Patch) -> None:
    asked_for(patch, lambda query: replace(query, skip=0) if query.state == "final" else query)


@mutant("LIST-16", "a page tells the number of its items as take")
def take_counts_the_items(patch: Patch) -> None:
    page_changed(patch, lambda page: page.update(take=max(1, len(page["items"]))))


@mutant("LIST-16", "a page always tells skip 0")
def skip_is_always_told_as_0(patch: Patch) -> None:
    page_changed(patch, lambda page: page.update(skip=0))


@mutant("LIST-17", "total_count counts the items of the page")
def total_counts_the_page(patch: Patch) -> None:
    page_changed(patch, lambda page: page.update(total_count=len(page["items"])))


@mutant("LIST-17", "total_count counts what is left behind skip")
def total_counts_what_is_left(patch: Patch) -> None:
    def left(page: Any) -> None:
        page["total_count"] = max(0, page["total_count"] - page["skip"])

    page_changed(patch, left)


@mutant("LIST-18", "a skip beyond the last match gives the first page")
def skip_wraps_around(patch: Patch) -> None:
    @patch.around(SqliteSessions, "page")
    async def page(real: Any, sessions: SqliteSessions, query: SessionQuery) -> Any:
        items, total = await real(sessions, query)
        return (items, total) if items else await real(sessions, replace(query, skip=0))


@mutant("LIST-19", "the last item of a page comes again on the next one")
def pages_overlap(patch: Patch) -> None:
    asked_for(patch, lambda query: replace(query, skip=max(0, query.skip - 1)))


@mutant("LIST-19", "an item between two pages is left out")
def pages_leave_a_gap(patch: Patch) -> None:
    asked_for(patch, lambda query: replace(query, skip=query.skip + (query.skip > 0)))


@mutant("LIST-22", "a negative skip counts as 0")
def negative_skip_is_0(patch: Patch) -> None:
    lenient_query(patch, "skip", 0)


@mutant("LIST-23", "a take of 0 gives an empty page")
def take_of_0_is_an_empty_page(patch: Patch) -> None:
    lenient_query(patch, "take", 0)
    patch.around(handlers, "clamp")(lambda real, value, bounds: value)

    @patch.around(SqliteSessions, "page")
    async def page(real: Any, sessions: SqliteSessions, query: SessionQuery) -> Any:
        return await real(sessions, replace(query, take=max(0, query.take)))

    @patch.around(handlers, "session_query")
    def session_query(real: Any, query: Any, sizes: Any) -> Any:
        return replace(real({**query, "take": query["take"] or 1}, sizes), take=query["take"])


@mutant("LIST-24", "a take that is no integer is ignored")
def take_that_is_no_integer(patch: Patch) -> None:
    lenient_query(patch, "take", 20)

"""Mutants of the list: its items, filters and order."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from mock_server.domain.records import SessionQuery
from mock_server.domain.render import Renderer
from mock_server.http.parameters import QueryReader
from mock_server.store.sqlite.sessions import SqliteSessions

from ..mutants import mutant
from ..patch import Answer, Patch
from .tools import lenient_query


def asked_for(patch: Patch, change: Any) -> None:
    """List what a changed query asks for: `change(query)`."""

    @patch.around(SqliteSessions, "page")
    async def page(real: Any, sessions: SqliteSessions, query: SessionQuery) -> Any:
        return await real(sessions, change(query))


def page_changed(patch: Patch, change: Any) -> None:
    """Answer with a changed page: `change(page)`, in place."""

    @patch.answer("listChats")
    def changed(answer: Answer) -> None:
        if answer.ok:
            change(answer.json)


def state_given(patch: Patch, given: bytes, state: str) -> None:
    """Read another state from a query that gives this one, b"" for none."""

    @patch.around(QueryReader, "read")
    def read(real: Any, reader: QueryReader, query: bytes, errors: list[Any]) -> Any:
        values = real(reader, query, errors)
        wanted = given in query if given else b"state=" not in query
        return {**values, "state": state} if wanted and "state" in values else values


@mutant("LIST-01", "a page tells where the next one starts")
def page_with_a_next_link(patch: Patch) -> None:
    page_changed(patch, lambda page: page.update(next=page["skip"] + page["take"]))


@mutant("LIST-01", "total_count is a text")
def total_as_text(patch: Patch) -> None:
    page_changed(patch, lambda page: page.update(total_count=str(page["total_count"])))


@mutant("LIST-02", "a list without state holds final sessions too")
def list_shows_final_sessions(patch: Patch) -> None:
    state_given(patch, b"", "all")


@mutant("LIST-03", "state=active lists every session")
def state_active_is_all(patch: Patch) -> None:
    state_given(patch, b"state=active", "all")


@mutant("LIST-04", "state=final lists every session")
def state_final_is_all(patch: Patch) -> None:
    state_given(patch, b"state=final", "all")


def hidden(patch: Patch, state: str | None, condition: str) -> None:
    """List with this state what meets the condition, too."""

    @patch.around(SqliteSessions, "filter")
    def filter(real: Any, sessions: SqliteSessions, query: SessionQuery) -> Any:
        where, values = real(sessions, query)
        return (f"{where} AND {condition}" if query.state == state else where), values


@mutant("LIST-04", "state=final lists what a user has ended alone")
def final_is_ended_by_a_user(patch: Patch) -> None:
    hidden(patch, "final", "final_reason = 'user_end'")


@mutant("LIST-05", "state=all leaves out what the agent finished")
def all_without_what_agents_finished(patch: Patch) -> None:
    hidden(patch, None, "coalesce(final_reason, '') <> 'agent_finish'")


@mutant("LIST-05", "state=all lists active sessions only")
def state_all_is_active(patch: Patch) -> None:
    state_given(patch, b"state=all", "active")


def channel_compared(patch: Patch, condition: str) -> None:
    """Compare channels by another condition than equality."""

    @patch.around(SqliteSessions, "filter")
    def filter(real: Any, sessions: SqliteSessions, query: SessionQuery) -> Any:
        where, values = real(sessions, query)
        return where.replace("channel = :channel", condition), values


@mutant("LIST-07", "the filter by channel knows no capitals")
def channel_filter_without_capitals(patch: Patch) -> None:
    channel_compared(patch, "channel = :channel COLLATE NOCASE")


@mutant("LIST-07", "the filter by channel is a pattern")
def channel_filter_is_a_pattern(patch: Patch) -> None:
    channel_compared(patch, "channel LIKE :channel")


@mutant("LIST-06", "the filter by agent_id is ignored")
def agent_filter_is_ignored(patch: Patch) -> None:
    asked_for(patch, lambda query: replace(query, agent_id=None))


@mutant("LIST-07", "the filter by channel is ignored")
def channel_filter_is_ignored(patch: Patch) -> None:
    asked_for(patch, lambda query: replace(query, channel=None))


@mutant("LIST-07", "the filter by channel is a prefix")
def channel_filter_is_a_prefix(patch: Patch) -> None:
    @patch.around(SqliteSessions, "filter")
    def filter(real: Any, sessions: SqliteSessions, query: SessionQuery) -> Any:
        where, values = real(sessions, query)
        if query.channel is not None:
            where = where.replace("channel = :channel", "channel LIKE :channel || '%'")
        return where, values


@mutant("LIST-06", "the filter by agent_id is ignored among final sessions")
def agent_filter_is_ignored_among_final(patch: Patch) -> None:
    asked_for(patch, lambda query: replace(query, agent_id=None) if is_final(query) else query)


@mutant("LIST-07", "the filter by channel is ignored among final sessions")
def channel_filter_is_ignored_among_final(patch: Patch) -> None:
    asked_for(patch, lambda query: replace(query, channel=None) if is_final(query) else query)


def is_final(query: SessionQuery) -> bool:
    return query.state == "final"


@mutant("LIST-08", "a filter by agent_id switches the filter by state off")
def agent_filter_replaces_state(patch: Patch) -> None:
    asked_for(patch, lambda query: replace(query, state=None) if query.agent_id else query)


@mutant("LIST-08", "filters select what matches any of two")
def filters_select_any(patch: Patch) -> None:
    @patch.around(SqliteSessions, "filter")
    def filter(real: Any, sessions: SqliteSessions, query: SessionQuery) -> Any:
        where, values = real(sessions, query)
        if query.state is not None:
            state, agent = "state = :state", "agent_id = :agent_id"
            where = where.replace(f"{state} AND {agent}", f"({state} OR {agent})")
        return where, values


@mutant("LIST-09", "updated_after is ignored")
def updated_after_is_ignored(patch: Patch) -> None:
    asked_for(patch, lambda query: replace(query, updated_after=None))


@mutant("LIST-09", "updated_after is ignored among final sessions")
def updated_after_is_ignored_among_final(patch: Patch) -> None:
    asked_for(patch, lambda query: replace(query, updated_after=None) if is_final(query) else query)


@mutant("LIST-09", "updated_after selects what was active before")
def updated_after_is_before(patch: Patch) -> None:
    @patch.around(SqliteSessions, "filter")
    def filter(real: Any, sessions: SqliteSessions, query: SessionQuery) -> Any:
        where, values = real(sessions, query)
        return where.replace("last_activity > :", "last_activity < :"), values


@mutant("LIST-09", "updated_after is compared with created_time")
def updated_after_means_created_after(patch: Patch) -> None:
    @patch.around(SqliteSessions, "filter")
    def filter(real: Any, sessions: SqliteSessions, query: SessionQuery) -> Any:
        where, values = real(sessions, query)
        return where.replace("last_activity > :", "created > :"), values


@mutant("LIST-10", "updated_after includes its own instant")
def updated_after_is_inclusive(patch: Patch) -> None:
    @patch.around(SqliteSessions, "filter")
    def filter(real: Any, sessions: SqliteSessions, query: SessionQuery) -> Any:
        where, values = real(sessions, query)
        return where.replace("last_activity > :", "last_activity >= :"), values


@mutant("LIST-11", "the session that was silent for longest comes first")
def list_is_ascending(patch: Patch) -> None:
    patch.around(SqliteSessions, "order")(lambda real, sessions: "last_activity, activity")


@mutant("LIST-12", "a list is ordered by created_time")
def list_is_ordered_by_creation(patch: Patch) -> None:
    patch.around(SqliteSessions, "order")(lambda real, sessions: "created DESC, id")


@mutant("LIST-20", "an unknown state lists everything")
def unknown_state_is_all(patch: Patch) -> None:
    lenient_query(patch, "state", "all")


@mutant("LIST-20", "a state in capitals is taken")
def state_in_capitals_is_taken(patch: Patch) -> None:
    @patch.around(QueryReader, "read")
    def read(real: Any, reader: QueryReader, query: bytes, errors: list[Any]) -> Any:
        lower = re.sub(rb"(?<=state=)\w+", lambda found: found[0].lower(), query)
        return real(reader, lower, errors)


@mutant("LIST-21", "an updated_after that is no date-time is ignored")
def malformed_instant_is_ignored(patch: Patch) -> None:
    lenient_query(patch, "updated_after", None)


@mutant("LIST-21", "a date without a time is taken as an updated_after")
def date_alone_is_taken(patch: Patch) -> None:
    @patch.around(QueryReader, "read")
    def read(real: Any, reader: QueryReader, query: bytes, errors: list[Any]) -> Any:
        alone = rb"(updated_after=\d{4}-\d\d-\d\d)(?=&|$)"
        return real(reader, re.sub(alone, rb"\1T00:00:00Z", query), errors)


@mutant("LIST-25", "a listed session shows its first message only")
def listed_transcript_is_cut(patch: Patch) -> None:
    @patch.around(Renderer, "listed")
    def listed(real: Any, renderer: Renderer, session: Any) -> Any:
        return real(renderer, replace(session, messages=session.messages[:1]))


@mutant("LIST-25", "a listed final session shows the reason closed")
def listed_reason_differs(patch: Patch) -> None:
    @patch.around(Renderer, "listed")
    def listed(real: Any, renderer: Renderer, session: Any) -> Any:
        reason = session.final_reason and "closed"
        return real(renderer, replace(session, final_reason=reason))


@mutant("LIST-11", "final sessions are listed the other way round")
def final_list_is_ascending(patch: Patch) -> None:
    @patch.around(SqliteSessions, "page")
    async def page(real: Any, sessions: SqliteSessions, query: SessionQuery) -> Any:
        found, total = await real(sessions, query)
        return found[::-1] if is_final(query) else found, total


@mutant("LIST-29", "among sessions in all states, agent_id selects nothing")
def agents_select_nothing_among_all(patch: Patch) -> None:
    def nobody(query: SessionQuery) -> SessionQuery:
        among_all = query.agent_id is not None and query.state is None
        return replace(query, agent_id="nobody") if among_all else query

    asked_for(patch, nobody)

"""Mutants of sessions that the agent finished, and of agents that call tools: what the plain
paths do rightly goes wrong on these."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mock_server.domain import chats as module
from mock_server.domain.chats import Chats
from mock_server.domain.lifecycle import Lifecycle
from mock_server.domain.pipeline import Pipeline
from mock_server.domain.records import CallResultQuery, SessionQuery
from mock_server.domain.session import Session
from mock_server.http import handlers
from mock_server.store.sqlite.results import SqliteResults
from mock_server.store.sqlite.sessions import SqliteSessions

from ..mutants import mutant
from ..patch import Patch
from .idempotency import replays
from .tools import Body, save


@mutant("TURN-04", "the transcript has lost the tool calls")
def transcript_without_tool_calls(patch: Patch) -> None:
    @patch.around(SqliteSessions, "transcript")
    async def transcript(real: Any, sessions: SqliteSessions, statements: Any, row: Any) -> Any:
        said = await real(sessions, statements, row)
        return tuple(replace(message, tool_calls=None) for message in said)


@mutant("IDEM-01", "a replay leaves out the tool turns")
def replay_without_tool_turns(patch: Patch) -> None:
    async def find(chats: Chats, session: Session, key: str, earlier: Any) -> Any:
        return replace(earlier, messages=earlier.messages[-1:])

    replays(patch, find)


@mutant("TURN-15", "a session that the agent finished takes further turns")
def finished_session_goes_on(patch: Patch) -> None:
    @patch.around(Lifecycle, "step")
    def step(real: Any, table: Lifecycle, session: Session, event: str, now: int) -> Any:
        found = real(table, session, event, now)
        finished = session.final_reason == "agent_finish" and event == "submit"
        return replace(found, refusal=None) if finished else found

    @patch.around(SqliteSessions, "conditional_update")
    def conditional_update(real: Any, sessions: SqliteSessions, change: Any) -> Any:
        statement, values = real(sessions, change)
        if change.session.final_reason == "agent_finish":
            statement = statement.replace("AND state = :was ", "")
        return statement, values


@mutant("FIN-01", "a session that the agent finished leaves no call result")
def agents_finish_leaves_no_call_result(patch: Patch) -> None:
    @patch.around(SqliteResults, "filter")
    def filter(real: Any, results: SqliteResults, query: CallResultQuery) -> Any:
        where, values = real(results, query)
        reason = "json_extract(document, '$.result.finishReason')"
        return f"{where} AND {reason} <> 'agent_finish'", values


@mutant("DEDUP-03", "an endpoint stays taken when the agent has finished its session")
def endpoint_stays_taken_by_the_agent(patch: Patch) -> None:
    held: dict[str, str] = {}

    @patch.around(Chats, "open")
    async def open_chat(real: Any, chats: Chats, body: Body) -> Any:
        endpoint = f"{body.get('channel')} {body.get('external_id')}"
        if body.get("external_id") and endpoint in held:
            session = await chats.get(held[endpoint])
            if session.final_reason == "agent_finish":
                return session, False
        session, new = await real(chats, body)
        held[endpoint] = session.id
        return session, new


@mutant("LIST-02", "a list without state holds sessions that the agent finished")
def list_shows_what_the_agent_finished(patch: Patch) -> None:
    @patch.around(SqliteSessions, "filter")
    def filter(real: Any, sessions: SqliteSessions, query: SessionQuery) -> Any:
        where, values = real(sessions, query)
        if query.state == "active":
            where = where.replace(
                "state = :state", "(state = :state OR final_reason = 'agent_finish')"
            )
        return where, values


@mutant("LIST-09", "the offset of updated_after is ignored")
def offset_of_updated_after_is_ignored(patch: Patch) -> None:
    @patch.around(handlers, "parse_instant")
    def parse_instant(real: Any, text: str) -> Any:
        return real(text if text.upper().endswith("Z") else f"{text[:-6]}Z")


@mutant("DEDUP-09", "the parts of an external_id are compared as texts")
def endpoint_as_texts(patch: Patch) -> None:
    @patch.around(module, "external_hash")
    def external_hash(real: Any, external_id: Body | None) -> Any:
        return external_id and real(_texts(external_id))


def _texts(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _texts(item) for key, item in value.items()}
    return str(value)


@mutant("FIN-04", "the transcription of a call result ends before the agent's last reply")
def call_result_without_the_last_reply(patch: Patch) -> None:
    @patch.around(Pipeline, "complete")
    def complete(real: Any, pipeline: Pipeline, session: Session, *given: Any) -> Any:
        if session.final_reason == "agent_finish":
            session = replace(session, messages=session.messages[:-1])
        return real(pipeline, session, *given)


@mutant("LIFE-10", "an end of a session that the agent finished drops its last message")
def end_drops_the_goodbye(patch: Patch) -> None:
    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        ended = await real(chats, session_id, note)
        if ended.final_reason == "agent_finish":
            return save(chats, replace(ended, messages=ended.messages[:-1]))
        return ended

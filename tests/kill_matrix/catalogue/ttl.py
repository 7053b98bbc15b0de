"""Mutants of the inactivity timeout."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mock_server.domain.chats import Chats
from mock_server.domain.instants import SECOND
from mock_server.domain.session import Message, Session, TurnResult
from mock_server.http import handlers
from mock_server.sandbox.sandbox import Sandbox
from mock_server.sandbox.sweeper import Sweeper

from ..mutants import mutant
from ..patch import Patch
from .tools import execute


def expiring(patch: Patch, change: Any) -> None:
    """Let a session time out at another instant: `change(session, expires)`."""

    @patch.around(Session, "expires")
    def expires(real: Any, session: Session) -> int | None:
        found = real(session)
        instant: int | None = None if session.is_final else change(session, found)
        return instant


@mutant("TTL-01", "no session times out")
def nothing_times_out(patch: Patch) -> None:
    @patch.around(Sweeper, "once")
    async def once(real: Any, sweeper: Sweeper) -> None:
        await sweeper.chats.clock.sleep(3600)


@mutant("TTL-01", "a session times out two minutes late")
def timeout_is_late(patch: Patch) -> None:
    expiring(patch, lambda session, at: at and at + 120 * SECOND)


@mutant("TTL-01", "a session that timed out has the reason user_end")
def timeout_is_a_user_end(patch: Patch) -> None:
    @patch.around(Chats, "expire")
    async def expire(real: Any, chats: Chats, session: Session, now: int) -> Any:
        await chats.end(session.id)


@mutant("TTL-01", "retrieving a session puts its timeout off")
def get_puts_the_timeout_off(patch: Patch) -> None:
    @patch.around(handlers.HANDLERS, "read")
    async def get_chat(real: Any, sandbox: Sandbox, renderer: Any, call: Any) -> Any:
        session = await sandbox.chats.get(call.path["id"])
        if session.expires is not None:
            later = sandbox.clock.now() + (session.ttl_seconds or 0) * SECOND
            execute(
                sandbox.chats, "UPDATE sessions SET expires = ? WHERE id = ?", later, session.id
            )
        return await real(sandbox, renderer, call)


@mutant("TTL-02", "a session times out ten seconds early")
def timeout_is_early(patch: Patch) -> None:
    expiring(patch, lambda session, at: at and at - 10 * SECOND)


@mutant("TTL-02", "a timeout counts in steps of half a minute, rounded down")
def timeout_is_rounded_down(patch: Patch) -> None:
    expiring(patch, lambda session, at: at and (at - SECOND) // (30 * SECOND) * 30 * SECOND)


@mutant("TTL-03", "the timeout counts from the open")
def timeout_counts_from_the_open(patch: Patch) -> None:
    expiring(patch, lambda session, at: at and session.created + session.ttl_seconds * SECOND)


@mutant("TTL-03", "a turn puts the timeout off by ten seconds only")
def turn_puts_the_timeout_off_a_little(patch: Patch) -> None:
    def little(session: Session, at: int | None) -> int | None:
        if at is None or session.last_activity == session.created:
            return at
        return session.created + ((session.ttl_seconds or 0) + 10) * SECOND

    expiring(patch, little)


@mutant("TTL-04", "a session without a timeout ends after a minute")
def endless_session_ends(patch: Patch) -> None:
    expiring(patch, lambda session, at: at or session.last_activity + 60 * SECOND)


@mutant("TTL-05", "a session that timed out still answers turns, and keeps none of them")
def timed_out_session_answers(patch: Patch) -> None:
    @patch.around(Chats, "run_turn")
    async def run_turn(real: Any, chats: Chats, session: Session, key: Any, body: Any) -> Any:
        if session.final_reason == "ttl":
            return TurnResult((Message("assistant", "Still here.", chats.clock.stamp()),), "final")
        return await real(chats, session, key, body)


@mutant("END-05", "an end of a session that timed out drops its transcript and its timeout")
def end_rewrites_a_timed_out_session(patch: Patch) -> None:
    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        ended = await real(chats, session_id, note)
        return replace(ended, ttl_seconds=None) if ended.final_reason == "ttl" else ended


@mutant("TTL-06", "a session that times out leaves no call result")
def timeout_leaves_no_call_result(patch: Patch) -> None:
    @patch.around(Chats, "expire")
    async def expire(real: Any, chats: Chats, session: Session, now: int) -> Any:
        chats.completion = lambda runs, note: None  # type: ignore[method-assign]
        try:
            return await real(chats, session, now)
        finally:
            del chats.completion

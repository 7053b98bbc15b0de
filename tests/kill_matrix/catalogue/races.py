"""Race mutants: one request after the other is answered rightly, but between looking and acting
lies a window of some milliseconds."""

from __future__ import annotations

import asyncio
from collections import Counter
from dataclasses import replace
from typing import Any

from mock_server.domain.chats import Chats, external_hash
from mock_server.domain.records import Change
from mock_server.domain.session import Message, Session, TurnResult
from mock_server.problems.kinds import Problem
from mock_server.store.sqlite.sessions import SqliteSessions

from ..mutants import mutant
from ..patch import Answer, Patch
from .tools import Body, append, execute, forgetful, save

WINDOW = 0.005  # seconds


def unguarded(patch: Patch) -> None:
    """Let a change of a session that has become final meanwhile be stored, as if it had not."""

    @patch.around(SqliteSessions, "conditional_update")
    def conditional_update(real: Any, sessions: SqliteSessions, change: Any) -> Any:
        statement, values = real(sessions, change)
        return statement.replace("AND state = :was ", ""), values


def unlocked(patch: Patch, act: Any) -> None:
    """Run turns side by side: `act(chats, session, key, body)`, some time after the look."""
    forgetful(patch)

    @patch.around(SqliteSessions, "apply")
    async def apply(real: Any, sessions: SqliteSessions, change: Any) -> Any:
        return await real(sessions, await _caught_up(sessions, change))

    @patch.around(Chats, "submit")
    async def submit(real: Any, chats: Chats, session_id: str, body: Body) -> Any:
        key = body.get("idempotency_key") or None
        session = await chats.get(session_id)
        earlier = await chats.replayed(session, key)
        if earlier is not None:
            return earlier
        await asyncio.sleep(WINDOW)
        return await act(chats, session, key, body)


def looked_before(patch: Patch, act: Any) -> None:
    """End what was active a moment ago: `act(chats, session, note)`."""

    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        session = await chats.get(session_id)
        if session.is_final:
            return session
        await asyncio.sleep(WINDOW)
        return await act(chats, session, note)


@mutant("RACE-01", "of simultaneous ends, each writes its own time into last_activity")
def every_end_writes_its_time(patch: Patch) -> None:
    async def act(chats: Chats, session: Session, note: str | None) -> Session:
        await chats.finish(session, "end", note)
        return save(chats, replace(await chats.get(session.id), last_activity=chats.clock.stamp()))

    looked_before(patch, act)


@mutant("RACE-01", "of simultaneous ends, one is answered and the others are refused")
def late_ends_are_refused(patch: Patch) -> None:
    async def act(chats: Chats, session: Session, note: str | None) -> Session:
        if (await chats.get(session.id)).is_final:
            raise Problem("session-final", "The session is final.")
        return await chats.finish(session, "end", note)

    looked_before(patch, act)


@mutant("RACE-01", "an end that comes too late is answered with what it saw, an active session")
def late_ends_see_an_active_session(patch: Patch) -> None:
    async def act(chats: Chats, session: Session, note: str | None) -> Session:
        if (await chats.get(session.id)).is_final:
            return session
        return await chats.finish(session, "end", note)

    looked_before(patch, act)


@mutant("RACE-02", "of simultaneous opens, each finds the endpoint free")
def every_open_finds_the_endpoint_free(patch: Patch) -> None:
    held: dict[str, str] = {}

    @patch.around(Chats, "open")
    async def open_chat(real: Any, chats: Chats, body: Body) -> Any:
        hashed = external_hash(body.get("external_id"))
        endpoint = f"{body.get('channel')} {hashed}"
        if hashed and endpoint in held:
            session = await chats.get(held[endpoint])
            if not session.is_final:
                return session, False
        await asyncio.sleep(WINDOW)
        session, new = await real(chats, {**body, "external_id": None})
        held[endpoint] = session.id
        return session, new


@mutant("RACE-02", "an open that comes too late is answered with a session that was not kept")
def late_opens_get_a_phantom(patch: Patch) -> None:
    @patch.around(Chats, "open")
    async def open_chat(real: Any, chats: Chats, body: Body) -> Any:
        session = chats.new_session(chats.bind(body["agent_id"]), body)
        held = await chats.sessions.active_at(session.channel, session.external_hash or "")
        if held is not None:
            return held, False
        await asyncio.sleep(WINDOW)
        await chats.sessions.insert(session)
        chats.observer.opened(session)
        return session, True


@mutant("RACE-03", "of simultaneous submits with one key, each runs the turn")
def every_submit_runs(patch: Patch) -> None:
    async def act(chats: Chats, session: Session, key: Any, body: Body) -> Any:
        return await chats.run_turn(await chats.get(session.id), key, body)

    unlocked(patch, act)


@mutant("RACE-03", "a key whose turn is running is answered with an empty reply")
def running_key_gets_an_empty_reply(patch: Patch) -> None:
    running: set[tuple[str, str]] = set()

    @patch.around(Chats, "submit")
    async def submit(real: Any, chats: Chats, session_id: str, body: Body) -> Any:
        turn = (session_id, body.get("idempotency_key") or "")
        if turn[1] and turn in running:
            said = Message("assistant", "", chats.clock.stamp())
            return TurnResult((said,), "active")
        running.add(turn)
        try:
            await asyncio.sleep(WINDOW)
            return await real(chats, session_id, body)
        finally:
            running.discard(turn)


@mutant("RACE-04", "a turn that is running when its session ends makes it active again")
def running_turn_revives(patch: Patch) -> None:
    unguarded(patch)

    async def act(chats: Chats, session: Session, key: Any, body: Body) -> Any:
        return await chats.run_turn(session, key, body)

    unlocked(patch, act)


@mutant("RACE-04", "a turn that is running when its session ends is kept behind the end")
def running_turn_is_kept_behind_the_end(patch: Patch) -> None:
    async def act(chats: Chats, session: Session, key: Any, body: Body) -> Any:
        if not session.is_final and (await chats.get(session.id)).is_final:
            append(chats, await chats.get(session.id), _said("user", body["content"], session))
            append(chats, await chats.get(session.id), _said("assistant", "Hello.", session))
            return TurnResult((_said("assistant", "Hello.", session),), "active")
        return await chats.run_turn(await chats.get(session.id), key, body)

    unlocked(patch, act)


async def _caught_up(sessions: SqliteSessions, change: Change) -> Change:
    """The change as if it had seen what was said meanwhile."""
    now = await sessions.get(change.session.id)
    assert now
    session = replace(change.session, messages=now.messages)
    return replace(change, session=session, seen=now.message_count)


def _said(role: str, text: str, session: Session) -> Message:
    return Message(role, text, session.last_activity)


@mutant("RACE-04", "an end writes back the transcript that it read")
def end_loses_running_turns(patch: Patch) -> None:
    async def act(chats: Chats, session: Session, note: str | None) -> Session:
        _keep(chats, session, len(session.messages))
        return await chats.finish(await chats.get(session.id), "end", note)

    looked_before(patch, act)


def _keep(chats: Chats, session: Session, count: int) -> None:
    """Cut a stored transcript back to its first messages."""
    statement = "DELETE FROM messages WHERE session_id = ? AND position >= ?"
    execute(chats, statement, session.id, count)
    execute(chats, "UPDATE sessions SET message_count = ? WHERE id = ?", count, session.id)


@mutant("RACE-05", "of simultaneous turns, the last one to be kept wins")
def last_turn_wins(patch: Patch) -> None:
    async def act(chats: Chats, session: Session, key: Any, body: Body) -> Any:
        now = await chats.get(session.id)
        if not now.is_final:
            _keep(chats, session, len(session.messages))
        return await chats.run_turn(now, key, body)

    unlocked(patch, act)


@mutant("RACE-05", "simultaneous turns are kept first, and their replies behind them")
def replies_come_behind_all_turns(patch: Patch) -> None:
    @patch.around(SqliteSessions, "apply")
    async def apply(real: Any, sessions: SqliteSessions, change: Any) -> Any:
        if len(change.messages) < 2 or change.complete is not None:
            return await real(sessions, change)
        first, *replies = change.messages
        if await real(sessions, replace(change, messages=(first,), key=None)) is None:
            return None
        await asyncio.sleep(WINDOW)
        late = replace(change, messages=tuple(replies), reply_from=0)
        return await real(sessions, await _caught_up(sessions, late))

    async def act(chats: Chats, session: Session, key: Any, body: Body) -> Any:
        return await chats.run_turn(await chats.get(session.id), key, body)

    unlocked(patch, act)


@mutant("RACE-06", "an end and the agent's finish each write their reason")
def both_reasons_are_written(patch: Patch) -> None:
    unguarded(patch)

    async def turn(chats: Chats, session: Session, key: Any, body: Body) -> Any:
        return await chats.run_turn(session, key, body)

    async def end(chats: Chats, session: Session, note: str | None) -> Session:
        return save(chats, replace(session, state="final", final_reason="user_end"))

    unlocked(patch, turn)
    looked_before(patch, end)


@mutant("RACE-06", "an end that meets the agent's finish is answered user_end, and not kept")
def late_end_tells_its_own_reason(patch: Patch) -> None:
    async def act(chats: Chats, session: Session, note: str | None) -> Session:
        ended = await chats.finish(session, "end", note)
        return replace(ended, final_reason="user_end")

    looked_before(patch, act)


def while_ending(patch: Patch, change: Any) -> None:
    """Change the items of a list that is answered while some session is being ended."""
    ending: list[str] = []

    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        ending.append(session_id)
        try:
            await asyncio.sleep(WINDOW)
            return await real(chats, session_id, note)
        finally:
            ending.remove(session_id)

    @patch.answer("listChats")
    def listed(answer: Answer) -> None:
        if answer.ok and ending:
            answer.json["items"] = change(answer.json["items"])


@mutant("RACE-07", "a list holds a session twice while another is being ended")
def list_repeats_a_session(patch: Patch) -> None:
    while_ending(patch, lambda items: [*items, *items[-1:]])


@mutant("RACE-07", "a list leaves a session out while another is being ended")
def list_leaves_a_session_out(patch: Patch) -> None:
    while_ending(patch, lambda items: items[:-1])


@mutant("RACE-07", "a list of active sessions still holds those that have ended")
def list_keeps_the_ended(patch: Patch) -> None:
    held: dict[bytes, dict[str, Any]] = {}

    @patch.answer("listChats")
    def listed(answer: Answer) -> None:
        query = answer.request["query_string"]
        if answer.ok and b"state=active" in query:
            page, every = answer.json, held.setdefault(query, {})
            every.update({item["id"]: item for item in page["items"]})
            answer.json = {**page, "items": [*every.values()]}


@mutant("RACE-08", "of simultaneous ends, each leaves a call result")
def every_end_leaves_a_call_result(patch: Patch) -> None:
    ends: Counter[str] = Counter()

    async def act(chats: Chats, session: Session, note: str | None) -> Session:
        ends[session.id] += 1
        return await chats.finish(session, "end", note)

    looked_before(patch, act)

    @patch.answer("searchCallResults")
    def repeated(answer: Answer) -> None:
        if answer.ok:
            rows = answer.json["results"]
            answer.json["results"] = [row for r in rows for row in [r] * max(1, ends[r["callId"]])]

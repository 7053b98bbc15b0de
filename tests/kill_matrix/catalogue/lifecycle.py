"""Mutants of the lifecycle: what a session may become, and what must stay."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from mock_server.domain.chats import Chats
from mock_server.domain.render import Renderer
from mock_server.domain.session import Message, Session
from mock_server.store.sqlite.sessions import SqliteSessions

from ..mutants import mutant
from ..patch import Answer, Patch
from .tools import Body, append, execute, save, stored_messages
from .turns import on_final


def shown(patch: Patch, change: Any) -> None:
    """Show every session changed: `change(value)`, in place."""

    @patch.around(Renderer, "session")
    def session(real: Any, renderer: Renderer, value: Session) -> Any:
        rendered = real(renderer, value)
        change(rendered)
        return rendered


@mutant("LIFE-01", "a final session keeps the status active")
def status_stays_active(patch: Patch) -> None:
    shown(patch, lambda value: value.update(status="active"))


@mutant("LIFE-01", "a finishing turn says final with is_final false")
def turn_contradicts_itself(patch: Patch) -> None:
    @patch.around(Renderer, "turn")
    def turn(real: Any, renderer: Renderer, result: Any) -> Any:
        return {**real(renderer, result), "is_final": False}


@mutant("LIFE-02", "a turn on a final session makes it active again")
def turn_revives(patch: Patch) -> None:
    async def act(chats: Chats, session: Session, body: Body) -> Any:
        revived = replace(session, state="active", final_reason=None)
        return await chats.run_turn(save(chats, revived), None, body)

    on_final(patch, act)


@mutant("LIFE-02", "an open of its endpoint makes a final session active again")
def open_revives(patch: Patch) -> None:
    given: dict[str, str] = {}

    @patch.around(Chats, "open")
    async def opened(real: Any, chats: Chats, body: Body) -> Any:
        endpoint = f"{body.get('channel')} {body.get('external_id')}"
        if body.get("external_id") and endpoint in given:
            session = await chats.get(given[endpoint])
            return save(chats, replace(session, state="active", final_reason=None)), False
        session, new = await real(chats, body)
        given[endpoint] = session.id
        return session, new


@mutant("LIFE-03", "a final session has no reason")
def final_without_reason(patch: Patch) -> None:
    shown(patch, lambda value: value.update(final_reason=None))


@mutant("LIFE-04", "an active session has the reason none")
def active_with_a_reason(patch: Patch) -> None:
    shown(patch, lambda value: value.update(final_reason=value["final_reason"] or "none"))


@mutant("LIFE-05", "the reason of a final session is another at the second look")
def reason_changes(patch: Patch) -> None:
    looks: Counter[str] = Counter()

    def change(value: Any) -> None:
        looks[value["id"]] += value["is_final"]
        if looks[value["id"]] > 1:
            value["final_reason"] = "archived"

    shown(patch, change)


@mutant("LIFE-06", "a session is handed to another agent by its first turn")
def turn_changes_the_agent(patch: Patch) -> None:
    def change(value: Any) -> None:
        if value["messages"]:
            value["agent_id"] += "-2"

    shown(patch, change)


@mutant("LIFE-07", "created_time moves with every turn")
def created_time_moves(patch: Patch) -> None:
    shown(patch, lambda value: value.update(created_time=value["last_activity"]))


@mutant("LIFE-07", "a final session has lost its timeout")
def timeout_is_lost(patch: Patch) -> None:
    def change(value: Any) -> None:
        if value["messages"]:
            value["ttl_seconds"] = None

    shown(patch, change)


@mutant("LIFE-08", "the agent's finish is told, and the session stays active")
def finish_is_not_kept(patch: Patch) -> None:
    @patch.around(Chats, "run_turn")
    async def run_turn(real: Any, chats: Chats, session: Session, key: Any, body: Body) -> Any:
        result = await real(chats, session, key, body)
        if result.state == "final":
            now = await chats.get(session.id)
            save(chats, replace(now, state="active", final_reason=None))
        return result


@mutant("LIFE-08", "a session that the agent finished has the reason user_end")
def finish_is_a_user_end(patch: Patch) -> None:
    @patch.around(Chats, "run_turn")
    async def run_turn(real: Any, chats: Chats, session: Session, key: Any, body: Body) -> Any:
        result = await real(chats, session, key, body)
        if result.state == "final":
            save(chats, replace(await chats.get(session.id), final_reason="user_end"))
        return result


@mutant("LIFE-09", "an end is answered, and not kept")
def end_is_not_kept(patch: Patch) -> None:
    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        session = await chats.get(session_id)
        return replace(session, state="final", final_reason=session.final_reason or "user_end")


@mutant("LIFE-10", "a transcript shows the last four messages")
def transcript_is_cut(patch: Patch) -> None:
    shown(patch, lambda value: value.update(messages=value["messages"][-4:]))


@mutant("LIFE-10", "what the user said is masked once there is a later turn")
def earlier_turns_are_masked(patch: Patch) -> None:
    def change(value: Any) -> None:
        for message in value["messages"][:-2]:
            message["content"] = "***"

    shown(patch, change)


@mutant("LIFE-10", "a message is dated anew at every look")
def messages_are_dated_anew(patch: Patch) -> None:
    @patch.answer("getChat")
    def dated(answer: Answer) -> None:
        if answer.ok:
            for message in answer.json["messages"]:
                message["time"] = f"{2030 + next(years) % 60}-01-01T00:00:00Z"

    years = iter(range(10**9))


def end_finishes(patch: Patch, column: str) -> None:
    """Finish with a session all that have the same value in this column."""

    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        ended = await real(chats, session_id, note)
        statement = (
            "UPDATE sessions SET state = 'final', holds = 0, final_reason = 'user_end' "
            f"WHERE {column} = ? AND final_reason IS NULL"
        )
        execute(chats, statement, getattr(ended, column))
        return ended


@mutant("LIFE-11", "an end finishes every session of its channel")
def end_finishes_the_channel(patch: Patch) -> None:
    end_finishes(patch, "channel")


@mutant("LIFE-11", "an end finishes the sessions of its external_id in every channel")
def end_finishes_the_endpoint_everywhere(patch: Patch) -> None:
    end_finishes(patch, "external_hash")


@mutant("LIFE-12", "a turn is added to the other sessions of its channel too")
def turn_is_added_elsewhere(patch: Patch) -> None:
    @patch.around(Chats, "run_turn")
    async def run_turn(real: Any, chats: Chats, session: Session, key: Any, body: Body) -> Any:
        result = await real(chats, session, key, body)
        statement = "SELECT id FROM sessions WHERE channel = ? AND id <> ? AND final_reason IS NULL"
        for row in execute(chats, statement, session.channel, session.id):
            said = Message("user", body["content"], chats.clock.stamp())
            append(chats, await chats.get(row["id"]), said)
        return result


@mutant("LIFE-13", "the fourth turn of a session is answered, and not kept")
def fourth_turn_is_not_kept(patch: Patch) -> None:
    turns: Counter[str] = Counter()

    @patch.around(SqliteSessions, "apply")
    async def apply(real: Any, sessions: SqliteSessions, change: Any) -> Any:
        if change.messages:
            turns[change.session.id] += 1
            if turns[change.session.id] == 4:
                change = replace(change, messages=())
        return await real(sessions, change)


@mutant("LIFE-13", "a turn with a key on a session with a timeout drops the timeout")
def key_drops_the_timeout(patch: Patch) -> None:
    @patch.around(Chats, "run_turn")
    async def run_turn(real: Any, chats: Chats, session: Session, key: Any, body: Body) -> Any:
        result = await real(chats, session, key, body)
        if key and session.ttl_seconds == 3600:
            save(chats, replace(await chats.get(session.id), ttl_seconds=None))
        return result


@mutant("LIFE-13", "texts beyond 20 characters are kept without their last one")
def long_texts_lose_a_character(patch: Patch) -> None:
    def change(said: Any) -> list[Message]:
        cut = said[0].content[:-1] if 20 < len(said[0].content) < 40 else said[0].content
        return [replace(said[0], content=cut), *said[1:]]

    stored_messages(patch, change)


@mutant("LIFE-14", "a replay finishes its session")
def replay_finishes(patch: Patch) -> None:
    @patch.around(Chats, "replayed")
    async def replayed(real: Any, chats: Chats, session: Session, key: str | None) -> Any:
        earlier = await real(chats, session, key)
        if earlier is not None and not session.is_final:
            save(chats, replace(session, state="final", final_reason="replay"))
        return earlier


@mutant("LIFE-15", "each look at a final session words its messages anew")
def looks_reword_final_sessions(patch: Patch) -> None:
    looks = Counter[str]()

    def otherwise(value: Any) -> None:
        if value["is_final"]:
            looks[value["id"]] += 1
            for message in value["messages"] or ():
                message["content"] += f" ({looks[value['id']]})"

    shown(patch, otherwise)

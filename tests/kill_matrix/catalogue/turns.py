"""Mutants of the turn: what it is answered with, and what it leaves in the transcript."""

from __future__ import annotations

import html
import unicodedata
from collections import Counter
from copy import deepcopy
from dataclasses import replace
from typing import Any

from mock_server.domain.agents import Agent
from mock_server.domain.chats import Chats
from mock_server.domain.session import Message, TurnResult
from mock_server.http import validation
from mock_server.problems.kinds import Problem
from mock_server.store.sqlite.sessions import SqliteSessions

from ..mutants import mutant
from ..patch import Answer, Patch
from .tools import Body, append, execute, lenient_body, recast, stored_messages


def turn_changed(patch: Patch, change: Any) -> None:
    """Answer a turn with a changed result: `change(result)`, in place."""

    @patch.answer("submitMessage")
    def changed(answer: Answer) -> None:
        if answer.ok:
            change(answer.json)


@mutant("TURN-01", "the result of a turn names its session")
def turn_with_an_id(patch: Patch) -> None:
    turn_changed(patch, lambda turn: turn.update(id="3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10"))


@mutant("HTTP-01", "a turn is answered 201")
def turn_is_created(patch: Patch) -> None:
    @patch.answer("submitMessage")
    def created(answer: Answer) -> None:
        if answer.ok:
            answer.status = 201


@mutant("TURN-02", "the result of a turn begins with the user's turn")
def turn_returns_the_user_turn(patch: Patch) -> None:
    @patch.around(Chats, "run_turn")
    async def run_turn(real: Any, chats: Chats, session: Any, key: Any, body: Body) -> Any:
        result = await real(chats, session, key, body)
        said = Message("user", body["content"], result.messages[0].time)
        return replace(result, messages=(said, *result.messages))


@mutant("TURN-02", "the result of a turn is empty")
def turn_returns_nothing(patch: Patch) -> None:
    turn_changed(patch, lambda turn: turn.update(messages=[]))


@mutant("TURN-03", "tool turns come behind the reply")
def tool_turns_come_last(patch: Patch) -> None:
    @patch.around(Agent, "answer")
    def answer(real: Any, agent: Agent, *given: Any) -> Any:
        found = real(agent, *given)
        return replace(found, turns=found.turns[::-1])


@mutant("TURN-03", "tool turns come without a plain reply")
def tools_without_a_reply(patch: Patch) -> None:
    @patch.around(Agent, "answer")
    def answer(real: Any, agent: Agent, *given: Any) -> Any:
        found = real(agent, *given)
        return replace(found, turns=found.turns[:-1]) if len(found.turns) > 1 else found


@mutant("TURN-04", "the response of a tool comes as a message of its own")
def tool_messages(patch: Patch) -> None:
    @patch.answer("submitMessage", "getChat", "listChats", "endChat")
    def split(answer: Answer) -> None:
        for session in answer.json.get("items", [answer.json]) if answer.ok else ():
            session["messages"] = [m for message in session["messages"] for m in _split(message)]


def _split(message: Any) -> list[Any]:
    if not message["tool_calls"]:
        return [message]
    said = str(message["tool_calls"][0]["response"])
    return [message, {"role": "tool", "content": said, "time": message["time"]}]


@mutant("TURN-04", "a tool call comes without its response")
def tool_call_without_response(patch: Patch) -> None:
    @patch.around(Agent, "answer")
    def answer(real: Any, agent: Agent, *given: Any) -> Any:
        found = real(agent, *given)
        for _, calls in found.turns:
            for call in calls or ():
                del call["response"]
        return found


@mutant("TURN-05", "the transcript keeps a reply in other words than those answered")
def transcript_rewords_replies(patch: Patch) -> None:
    stored_messages(patch, lambda said: [_reworded(message) for message in said])


def _reworded(message: Message) -> Message:
    shortened = (message.content or "")[:6]
    return replace(message, content=shortened) if message.role == "assistant" else message


@mutant("TURN-06", "the user's turn is not kept")
def user_turn_is_not_kept(patch: Patch) -> None:
    stored_messages(patch, lambda said: [m for m in said if m.role != "user"])


@mutant("TURN-06", "the user's turn comes behind the reply")
def user_turn_comes_last(patch: Patch) -> None:
    stored_messages(patch, lambda said: [*said[1:], said[0]])


@mutant("TURN-07", "the user's turn is kept twice")
def user_turn_is_kept_twice(patch: Patch) -> None:
    stored_messages(patch, lambda said: [said[0], *said])


@mutant("TURN-08", "the transcript has the latest round first")
def transcript_is_latest_first(patch: Patch) -> None:
    @patch.around(SqliteSessions, "transcript")
    async def transcript(real: Any, sessions: SqliteSessions, statements: Any, row: Any) -> Any:
        said = await real(sessions, statements, row)
        starts = [place for place, message in enumerate(said) if message.role == "user"]
        ends = [*starts[1:], len(said)]
        rounds = [said[a:b] for a, b in zip(starts, ends, strict=False)]
        return tuple(message for one in reversed(rounds) for message in one)


@mutant("TURN-08", "the transcript has the latest twenty messages alone")
def transcript_is_capped(patch: Patch) -> None:
    @patch.around(SqliteSessions, "transcript")
    async def transcript(real: Any, sessions: SqliteSessions, statements: Any, row: Any) -> Any:
        return (await real(sessions, statements, row))[-20:]


@mutant("TURN-08", "the transcript has the user's turns in alphabetical order")
def transcript_is_alphabetical(patch: Patch) -> None:
    @patch.around(SqliteSessions, "transcript")
    async def transcript(real: Any, sessions: SqliteSessions, statements: Any, row: Any) -> Any:
        said = await real(sessions, statements, row)
        texts = iter(sorted(m.content for m in said if m.role == "user"))
        return tuple(replace(m, content=next(texts)) if m.role == "user" else m for m in said)


def text_kept(patch: Patch, change: Any) -> None:
    """Keep the user's text changed: `change(text)`."""
    stored_messages(
        patch,
        lambda said: [
            replace(m, content=change(m.content)) if m.role == "user" else m for m in said
        ],
    )


@mutant("TURN-09", "the blanks around the user's text are cut off")
def text_is_stripped(patch: Patch) -> None:
    text_kept(patch, str.strip)


@mutant("TURN-09", "blanks that do not break are kept as blanks that do")
def blanks_are_unified(patch: Patch) -> None:
    text_kept(patch, lambda text: text.replace("\u00a0", " "))


@mutant("TURN-09", "the user's text is kept as HTML")
def text_is_escaped(patch: Patch) -> None:
    text_kept(patch, html.escape)


@mutant("TURN-09", "the user's text is cut at 1000 characters")
def text_is_cut(patch: Patch) -> None:
    text_kept(patch, lambda text: text[:1000])


@mutant("TURN-09", "the user's text is cut at 65535 characters")
def text_is_cut_late(patch: Patch) -> None:
    text_kept(patch, lambda text: text[:65535])


@mutant("TURN-09", "a null character in the user's text is lost")
def null_is_lost(patch: Patch) -> None:
    text_kept(patch, lambda text: text.replace("\0", ""))


@mutant("TURN-09", "what stands between braces in the user's text is filled in")
def text_is_a_template(patch: Patch) -> None:
    text_kept(patch, lambda text: text.replace("{{name}}", ""))


@mutant("TURN-09", "characters beyond the first plane are lost")
def emoji_are_lost(patch: Patch) -> None:
    text_kept(patch, lambda text: "".join(c if ord(c) < 0x10000 else "?" for c in text))


@mutant("TURN-09", "a mark of the byte order that the user's text begins with is lost")
def byte_order_mark_is_lost(patch: Patch) -> None:
    text_kept(patch, lambda text: text.removeprefix("\ufeff"))


@mutant("TURN-10", "a turn of blanks is taken")
def blank_turn_is_taken(patch: Patch) -> None:
    recast(patch, "content", lambda text: text if str(text).strip() else "(nothing)")


@mutant("TURN-11", "a turn without content is taken as an empty one")
def missing_content_is_empty(patch: Patch) -> None:
    @patch.around(validation, "schema_violations")
    def violations(real: Any, validator: Any, body: Any, **given: Any) -> list[Any]:
        found: list[Any] = real(validator, deepcopy(body), **given)
        left = [e for e in found if (e["pointer"], e.get("keyword")) != ("/content", "required")]
        if len(left) < len(found):
            body["content"] = ""
        return left


@mutant("TURN-12", "a number is taken for a text")
def number_is_a_text(patch: Patch) -> None:
    recast(patch, "content", lambda text: str(text) if isinstance(text, int) else text)


@mutant("TURN-12", "an idempotency_key that is no text is ignored")
def wrong_key_is_ignored(patch: Patch) -> None:
    recast(patch, "idempotency_key", lambda key: key if isinstance(key, str) else None)


@mutant("TURN-12", "additional_data that is no object is ignored")
def wrong_data_is_ignored(patch: Patch) -> None:
    lenient_body(patch, "additional_data", None)


@mutant("TURN-13", "a turn on an unknown session is answered")
def turn_on_an_unknown_session(patch: Patch) -> None:
    @patch.around(Chats, "submit")
    async def submit(real: Any, chats: Chats, session_id: str, body: Body) -> Any:
        if await chats.sessions.get(session_id) is None:
            return TurnResult((Message("assistant", "Hello?", chats.clock.stamp()),), "active")
        return await real(chats, session_id, body)


@mutant("TURN-14", "a turn on an id that is no UUID is refused with 403")
def turn_on_a_malformed_id_is_403(patch: Patch) -> None:
    @patch.answer("submitMessage")
    def forbidden(answer: Answer) -> None:
        if "no UUID" in answer.told:
            answer.status = answer.json["status"] = 403


def on_final(patch: Patch, act: Any) -> None:
    """Answer a new turn on a final session with what `act(chats, session, body)` gives."""

    @patch.around(Chats, "run_turn")
    async def run_turn(real: Any, chats: Chats, session: Any, key: Any, body: Body) -> Any:
        if session.is_final:
            return await act(chats, session, body)
        return await real(chats, session, key, body)


@mutant("TURN-15", "a turn on a final session is answered, and not kept")
def final_session_answers(patch: Patch) -> None:
    async def act(chats: Chats, session: Any, body: Body) -> TurnResult:
        said = Message("assistant", "This chat is closed.", chats.clock.stamp())
        return TurnResult((said,), "final")

    on_final(patch, act)


@mutant("TURN-16", "a turn on a final session is refused, and kept")
def final_session_keeps_refused_turns(patch: Patch) -> None:
    async def act(chats: Chats, session: Any, body: Body) -> None:
        append(chats, session, Message("user", body["content"], chats.clock.stamp()))
        raise Problem("session-final", "The session is final.")

    on_final(patch, act)


@mutant("TURN-16", "a turn on a final session is refused, and moves last_activity")
def final_session_is_touched(patch: Patch) -> None:
    async def act(chats: Chats, session: Any, body: Body) -> None:
        statement = "UPDATE sessions SET last_activity = ? WHERE id = ?"
        execute(chats, statement, chats.clock.stamp(), session.id)
        raise Problem("session-final", "The session is final.")

    on_final(patch, act)


@mutant("TURN-17", "a malformed turn is refused, and leaves a mark in the transcript")
def refused_turn_leaves_a_mark(patch: Patch) -> None:
    refused: Counter[str] = Counter()

    @patch.answer("submitMessage", "getChat")
    def mark(answer: Answer) -> None:
        id = answer.request["path"].split("/")[4]
        if answer.operation == "submitMessage":
            refused[id] += answer.status in (400, 422)
        elif answer.ok and refused[id]:
            said = {"role": "user", "content": "", "time": answer.json["last_activity"]}
            answer.json["messages"] += [said] * refused[id]


@mutant("TURN-09", "letters and their accents are joined")
def text_is_normalised(patch: Patch) -> None:
    text_kept(patch, lambda text: unicodedata.normalize("NFC", text))


@mutant("TURN-09", "line ends are unified")
def line_ends_are_unified(patch: Patch) -> None:
    text_kept(patch, lambda text: text.replace("\r\n", "\n"))

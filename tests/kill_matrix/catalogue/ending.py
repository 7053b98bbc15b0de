"""Mutants of the end."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mock_server.domain.chats import Chats
from mock_server.domain.session import Message
from mock_server.http import validation
from mock_server.problems.kinds import Problem

from ..mutants import mutant
from ..patch import Answer, Patch
from .tools import execute, lenient_body, save


@mutant("END-01", "an ended session has the reason ended")
def end_has_another_reason(patch: Patch) -> None:
    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        ended = await real(chats, session_id, note)
        if ended.final_reason == "user_end":
            ended = save(chats, replace(ended, final_reason="ended"))
        return ended


@mutant("HTTP-01", "an end is answered 202")
def end_is_only_accepted(patch: Patch) -> None:
    @patch.answer("endChat")
    def accepted(answer: Answer) -> None:
        if answer.ok:
            answer.status = 202


@mutant("END-02", "a second end is refused with 409")
def second_end_is_refused(patch: Patch) -> None:
    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        if (await chats.get(session_id)).is_final:
            raise Problem("session-final", "The session is final.")
        return await real(chats, session_id, note)


@mutant("END-03", "a second end overwrites the reason")
def second_end_overwrites_the_reason(patch: Patch) -> None:
    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        before = await chats.get(session_id)
        if before.is_final:
            return save(chats, replace(before, final_reason="ended_again"))
        return await real(chats, session_id, note)


@mutant("END-03", "a second end moves last_activity")
def second_end_moves_last_activity(patch: Patch) -> None:
    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        before = await chats.get(session_id)
        if before.is_final:
            return save(chats, replace(before, last_activity=chats.clock.stamp()))
        return await real(chats, session_id, note)


def reason_overwritten(patch: Patch, reason: str) -> None:
    """Let an end overwrite this reason."""

    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        before = await chats.get(session_id)
        if before.final_reason == reason:
            return save(chats, replace(before, final_reason="user_end"))
        return await real(chats, session_id, note)


@mutant("END-04", "an end overwrites the reason agent_finish")
def end_overwrites_agent_finish(patch: Patch) -> None:
    reason_overwritten(patch, "agent_finish")


@mutant("END-05", "an end overwrites the reason ttl")
def end_overwrites_ttl(patch: Patch) -> None:
    reason_overwritten(patch, "ttl")


@mutant("END-06", "an end clears the transcript")
def end_clears_the_transcript(patch: Patch) -> None:
    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        await real(chats, session_id, note)
        execute(chats, "DELETE FROM messages WHERE session_id = ?", session_id)
        return await chats.get(session_id)


@mutant("END-06", "an end drops what the agent said last")
def end_drops_the_last_reply(patch: Patch) -> None:
    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        before = await chats.get(session_id)
        await real(chats, session_id, note)
        if not before.is_final:
            last = len(before.messages) - 1
            where = "session_id = ? AND position = ?"
            execute(chats, f"DELETE FROM messages WHERE {where}", session_id, last)
        return await chats.get(session_id)


@mutant("END-07", "a note is required")
def note_is_required(patch: Patch) -> None:
    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        if note is None:
            raise Problem("invalid-request", "Give a note.")
        return await real(chats, session_id, note)


@mutant("END-07", "an empty note object is taken, a null note is not")
def null_note_is_refused(patch: Patch) -> None:
    @patch.around(validation, "parse_json")
    def parse_json(real: Any, raw: bytes, status: int) -> Any:
        body = real(raw, status)
        if isinstance(body, dict) and "note" in body and body["note"] is None:
            raise Problem("invalid-request", "A note is a text.")
        return body


@mutant("END-09", "the note is shown as the session's channel")
def note_in_the_channel(patch: Patch) -> None:
    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        ended = await real(chats, session_id, note)
        return replace(ended, channel=note) if note else ended


@mutant("END-09", "the note becomes the last message of the transcript")
def note_in_the_transcript(patch: Patch) -> None:
    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        ended = await real(chats, session_id, note)
        if not note or "note" not in note:
            return ended
        said = Message("assistant", note, ended.last_activity)
        return replace(ended, messages=(*ended.messages, said))


@mutant("END-10", "ending an unknown session is answered 200")
def unknown_session_is_ended(patch: Patch) -> None:
    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: str | None = None) -> Any:
        if await chats.sessions.get(session_id) is not None:
            return await real(chats, session_id, note)
        blank = chats.new_session(chats.behaviour.agents["agent-echo"], {"agent_id": "agent-echo"})
        return replace(blank, id=session_id, state="final", final_reason="user_end")


@mutant("END-10", "ending an unknown session is refused with 400")
def ending_an_unknown_session_is_400(patch: Patch) -> None:
    @patch.answer("endChat")
    def refused(answer: Answer) -> None:
        if "No session" in answer.told and "no UUID" not in answer.told:
            answer.status = answer.json["status"] = 400


@mutant("END-11", "ending an id that is no UUID is refused with 403")
def ending_a_malformed_id_is_403(patch: Patch) -> None:
    @patch.answer("endChat")
    def forbidden(answer: Answer) -> None:
        if "no UUID" in answer.told:
            answer.status = answer.json["status"] = 403


@mutant("END-12", "a note of a wrong type is dropped, and the session ends")
def wrong_note_is_dropped(patch: Patch) -> None:
    lenient_body(patch, "note", None)


@mutant("END-12", "a note of a wrong type is refused, but the session has ended")
def wrong_note_ends_the_session(patch: Patch) -> None:
    lenient_body(patch, "note")

    @patch.around(Chats, "end")
    async def end(real: Any, chats: Chats, session_id: str, note: Any = None) -> Any:
        ended = await real(chats, session_id, None)
        if note is not None and not isinstance(note, str):
            raise Problem("invalid-request", "A note is a text.")
        return ended

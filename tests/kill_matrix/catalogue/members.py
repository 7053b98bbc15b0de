"""Mutants of the members: what a session and a message are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from mock_server.domain.render import Renderer
from mock_server.domain.session import Message, Session
from mock_server.http import validation

from ..mutants import mutant
from ..patch import Answer, Patch
from .lifecycle import shown
from .tools import stored_messages


def message_shown(patch: Patch, change: Any) -> None:
    """Show every message changed: `change(value)`, in place."""

    @patch.around(Renderer, "message")
    def message(real: Any, renderer: Renderer, value: Message) -> Any:
        rendered = real(renderer, value)
        change(rendered)
        return rendered


@mutant("SES-01", "members that are null are left out")
def null_members_are_left_out(patch: Patch) -> None:
    @patch.around(Renderer, "session")
    def session(real: Any, renderer: Renderer, value: Session) -> Any:
        return {key: item for key, item in real(renderer, value).items() if item is not None}


@mutant("SES-01", "the sessions of a list have no created_time")
def listed_without_created_time(patch: Patch) -> None:
    @patch.around(Renderer, "listed")
    def listed(real: Any, renderer: Renderer, value: Session) -> Any:
        rendered = real(renderer, value)
        del rendered["created_time"]
        return rendered


@mutant("SES-02", "a session shows an internal cursor")
def internal_member_is_shown(patch: Patch) -> None:
    shown(patch, lambda value: value.update(_cursor=0))


@mutant("SES-03", "an id has no hyphens")
def id_without_hyphens(patch: Patch) -> None:
    @patch.around(Renderer, "identifier")
    def identifier(real: Any, renderer: Renderer, session_id: str) -> Any:
        return session_id.replace("-", "")

    @patch.around(validation, "canonical_id")
    def canonical_id(real: Any, text: str) -> Any:
        parts = (text[:8], text[8:12], text[12:16], text[16:20], text[20:])
        return real("-".join(parts)) or real(text)


@mutant("SES-04", "times have no offset")
def times_without_offset(patch: Patch) -> None:
    @patch.around(Renderer, "session")
    def session(real: Any, renderer: Renderer, value: Session) -> Any:
        rendered = real(renderer, value)
        for member in ("created_time", "last_activity"):
            rendered[member] = rendered[member].removesuffix("Z")
        return rendered


@mutant("SES-04", "created_time is a number")
def created_time_is_a_number(patch: Patch) -> None:
    @patch.around(Renderer, "session")
    def session(real: Any, renderer: Renderer, value: Session) -> Any:
        return {**real(renderer, value), "created_time": value.created // 1000}


@mutant("SES-05", "ttl_seconds is a text")
def timeout_is_a_text(patch: Patch) -> None:
    def change(value: Any) -> None:
        if value["ttl_seconds"] is not None:
            value["ttl_seconds"] = str(value["ttl_seconds"])

    shown(patch, change)


@mutant("SES-05", "an empty transcript is null")
def empty_transcript_is_null(patch: Patch) -> None:
    @patch.answer("openChat")
    def null(answer: Answer) -> None:
        if answer.ok:
            answer.json["messages"] = None


@mutant("MSG-01", "a message has an id")
def message_with_an_id(patch: Patch) -> None:
    message_shown(patch, lambda value: value.update(id="m-1"))


@mutant("MSG-01", "a message has no time")
def message_without_time(patch: Patch) -> None:
    message_shown(patch, lambda value: value.pop("time"))


@mutant("MSG-01", "a tool call has no id")
def tool_call_without_id(patch: Patch) -> None:
    def change(value: Any) -> None:
        calls = value.get("tool_calls") or ()
        if calls:
            value["tool_calls"] = [{k: v for k, v in c.items() if k != "id"} for c in calls]

    message_shown(patch, change)


@mutant("MSG-02", "the user's turns have the role customer")
def user_is_a_customer(patch: Patch) -> None:
    def change(value: Any) -> None:
        value["role"] = value["role"].replace("user", "customer")

    message_shown(patch, change)


@mutant("MSG-03", "a reply is dated before the turn that it answers")
def reply_is_dated_back(patch: Patch) -> None:
    def change(said: Any) -> list[Message]:
        return [replace(said[0], time=said[-1].time + 5_000_000), *said[1:]]

    stored_messages(patch, change)


@mutant("OPEN-19", "a list shows no timeout")
def lists_show_no_timeout(patch: Patch) -> None:
    @patch.answer("listChats")
    def changed(answer: Answer) -> None:
        if answer.ok:
            for item in answer.json["items"]:
                item["ttl_seconds"] = None

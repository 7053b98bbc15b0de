"""Mutants of the idempotency key."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mock_server.domain.chats import Chats
from mock_server.domain.session import Message, Session, TurnResult
from mock_server.problems.kinds import Problem

from ..mutants import mutant
from ..patch import Patch
from .tools import Body, append, forgetful, lenient_body, recast, save


def replays(patch: Patch, find: Any) -> None:
    """Answer a key with what `find(chats, session, key, earlier)` gives, None for a turn."""
    forgetful(patch)

    @patch.around(Chats, "replayed")
    async def replayed(real: Any, chats: Chats, session: Session, key: str | None) -> Any:
        earlier = await real(chats, session, key)
        return earlier and await find(chats, session, key, earlier)


@mutant("IDEM-01", "a key is answered with the response of the last turn")
def replay_gives_the_last_turn(patch: Patch) -> None:
    async def find(chats: Chats, session: Session, key: str, earlier: TurnResult) -> Any:
        return replace(earlier, messages=session.messages[-1:])

    replays(patch, find)


@mutant("IDEM-01", "a repeated key is refused with 409")
def replay_is_refused(patch: Patch) -> None:
    async def find(chats: Chats, session: Session, key: str, earlier: TurnResult) -> Any:
        raise Problem("session-final", "This key was used before.", status=409)

    replays(patch, find)


@mutant("IDEM-01", "a key is forgotten after the next turn")
def key_is_kept_for_one_turn(patch: Patch) -> None:
    async def find(chats: Chats, session: Session, key: str, earlier: TurnResult) -> Any:
        return earlier if earlier.messages[-1] in session.messages[-1:] else None

    replays(patch, find)


@mutant("IDEM-01", "a key is forgotten after ten turns")
def key_is_kept_for_ten_turns(patch: Patch) -> None:
    async def find(chats: Chats, session: Session, key: str, earlier: TurnResult) -> Any:
        return earlier if earlier.messages[-1] in session.messages[-20:] else None

    replays(patch, find)


@mutant("IDEM-02", "a replay is answered as before, and runs the turn again")
def replay_runs_again(patch: Patch) -> None:
    forgetful(patch)

    @patch.around(Chats, "submit")
    async def submit(real: Any, chats: Chats, session_id: str, body: Body) -> Any:
        session = await chats.get(session_id)
        earlier = await chats.replayed(session, body.get("idempotency_key") or None)
        if earlier is None:
            return await real(chats, session_id, body)
        if not session.is_final:
            await chats.run_turn(session, None, body)
        return earlier


@mutant("IDEM-02", "a replay adds the user's turn once more")
def replay_keeps_the_user_turn(patch: Patch) -> None:
    async def find(chats: Chats, session: Session, key: str, earlier: TurnResult) -> Any:
        said = Message("user", "again", session.last_activity)
        append(chats, session, said)
        return earlier

    replays(patch, find)


@mutant("IDEM-03", "the key of the finishing turn is forgotten")
def finishing_key_is_forgotten(patch: Patch) -> None:
    async def find(chats: Chats, session: Session, key: str, earlier: TurnResult) -> Any:
        return None if session.final_reason == "agent_finish" else earlier

    replays(patch, find)


@mutant("IDEM-03", "a replay of the finishing turn says that the session is active")
def finishing_turn_is_replayed_as_active(patch: Patch) -> None:
    async def find(chats: Chats, session: Session, key: str, earlier: TurnResult) -> Any:
        return replace(earlier, state="active")

    replays(patch, find)


@mutant("IDEM-04", "a key holds in every session")
def key_holds_everywhere(patch: Patch) -> None:
    answered: dict[str, TurnResult] = {}

    @patch.around(Chats, "submit")
    async def submit(real: Any, chats: Chats, session_id: str, body: Body) -> Any:
        key = body.get("idempotency_key")
        result = answered.get(key) if key else None
        if result is None:
            result = await real(chats, session_id, body)
        if key:
            answered[key] = result
        return result


def same_content_is_a_replay(patch: Patch, *, with_key: bool) -> None:
    """Answer a text that the session has heard before as if it were a replay."""
    answered: dict[tuple[str, str], TurnResult] = {}

    @patch.around(Chats, "submit")
    async def submit(real: Any, chats: Chats, session_id: str, body: Body) -> Any:
        if bool(body.get("idempotency_key")) != with_key:
            return await real(chats, session_id, body)
        said = (session_id, body["content"])
        if said not in answered:
            answered[said] = await real(chats, session_id, body)
        return answered[said]


@mutant("IDEM-06", "without a key, the same content is a replay")
def content_is_the_key(patch: Patch) -> None:
    same_content_is_a_replay(patch, with_key=False)


@mutant("IDEM-06", "null is a key like any other")
def null_is_a_key(patch: Patch) -> None:
    recast(patch, "idempotency_key", lambda key: "null" if key is None else key)


@mutant("TURN-17", "a turn that is refused for its key is kept")
def turn_refused_for_its_key_is_kept(patch: Patch) -> None:
    lenient_body(patch, "idempotency_key")

    @patch.around(Chats, "submit")
    async def submit(real: Any, chats: Chats, session_id: str, body: Body) -> Any:
        result = await real(chats, session_id, body)
        if len(body.get("idempotency_key") or "") > 128:
            raise Problem("invalid-request", "The key is too long.")
        return result


@mutant("IDEM-07", "keys of more than 100 characters are refused")
def long_keys_are_refused(patch: Patch) -> None:
    @patch.around(Chats, "submit")
    async def submit(real: Any, chats: Chats, session_id: str, body: Body) -> Any:
        if len(body.get("idempotency_key") or "") > 100:
            raise Problem("invalid-request", "The key is too long.")
        return await real(chats, session_id, body)


@mutant("IDEM-07", "keys of more than 127 characters are accepted, and not replayed")
def long_keys_are_not_replayed(patch: Patch) -> None:
    async def find(chats: Chats, session: Session, key: str, earlier: TurnResult) -> Any:
        return earlier if len(key) < 128 else None

    replays(patch, find)


@mutant("IDEM-08", "keys are cut at 128 characters")
def keys_are_cut(patch: Patch) -> None:
    recast(patch, "idempotency_key", lambda key: key[:128] if isinstance(key, str) else key)


@mutant("IDEM-09", "another key with the same content is a replay")
def content_counts_beside_the_key(patch: Patch) -> None:
    same_content_is_a_replay(patch, with_key=True)


def key_read_as(patch: Patch, change: Callable[[str], str]) -> None:
    """Know a key by what is made of it."""
    recast(patch, "idempotency_key", lambda key: change(key) if isinstance(key, str) else key)


@mutant("IDEM-09", "a key is known by its first 64 characters")
def key_in_64_characters(patch: Patch) -> None:
    key_read_as(patch, lambda key: key[:64])


@mutant("IDEM-09", "a key is known without the blanks around it")
def key_without_blanks(patch: Patch) -> None:
    key_read_as(patch, str.strip)


@mutant("IDEM-09", "a key is known by its composed form")
def key_in_composed_form(patch: Patch) -> None:
    key_read_as(patch, lambda key: unicodedata.normalize("NFC", key))


@mutant("IDEM-09", "a key is known by its ASCII letters, digits and hyphens")
def key_in_ascii(patch: Patch) -> None:
    key_read_as(patch, lambda key: key.encode("ascii", "ignore").decode())


@mutant("IDEM-09", "a key is known without its hyphens")
def key_without_hyphens(patch: Patch) -> None:
    key_read_as(patch, lambda key: key.replace("-", ""))


@mutant("IDEM-10", "an end forgets the keys of its session")
def end_forgets_the_keys(patch: Patch) -> None:
    async def find(chats: Chats, session: Session, key: str, earlier: TurnResult) -> Any:
        return None if session.final_reason == "user_end" else earlier

    replays(patch, find)


@mutant("IDEM-11", "a replay moves last_activity")
def replay_moves_last_activity(patch: Patch) -> None:
    async def find(chats: Chats, session: Session, key: str, earlier: TurnResult) -> Any:
        save(chats, replace(session, last_activity=chats.clock.stamp()))
        return earlier

    replays(patch, find)


@mutant("IDEM-01", "keys are ignored")
def keys_are_ignored(patch: Patch) -> None:
    async def find(chats: Chats, session: Session, key: str, earlier: TurnResult) -> Any:
        return None

    replays(patch, find)


@mutant("IDEM-07", "a key is measured in bytes")
def key_is_measured_in_bytes(patch: Patch) -> None:
    @patch.around(Chats, "submit")
    async def submit(real: Any, chats: Chats, session_id: str, body: Body) -> Any:
        if len((body.get("idempotency_key") or "").encode()) > 128:
            raise Problem("invalid-request", "The key is too long.")
        return await real(chats, session_id, body)


@mutant("IDEM-04", "a key holds in the next session of its endpoint, too")
def key_holds_for_the_endpoint(patch: Patch) -> None:
    answered: dict[tuple[str, str], TurnResult] = {}

    @patch.around(Chats, "submit")
    async def submit(real: Any, chats: Chats, session_id: str, body: Body) -> Any:
        endpoint = (await chats.get(session_id)).external_hash
        key = body.get("idempotency_key")
        if not (endpoint and key):
            return await real(chats, session_id, body)
        if (endpoint, key) not in answered:
            answered[endpoint, key] = await real(chats, session_id, body)
        return answered[endpoint, key]

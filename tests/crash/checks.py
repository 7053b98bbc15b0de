"""What must be there after a kill: all that was acknowledged, and nothing by halves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tests.serving import CHATS, Api

from .story import Story, Turn


def lost(api: Api, story: Story) -> Iterator[str]:
    """What is wrong with a session, in words."""
    response = api.get(f"{CHATS}/{story.id}")
    if response.status_code != 200:
        yield f"{story.id}: the session is lost, {response.status_code}"
        return
    session = response.json()
    yield from (f"{story.id}: {fault}" for fault in _faults(api, story, session))


def _faults(api: Api, story: Story, session: dict[str, Any]) -> Iterator[str]:
    yield from unlike(story, session)
    found = api.search(callIds=[story.id])["totalCount"]
    if found != int(session["is_final"]):
        yield f"{found} call results of a session that is {session['status']}"
    acknowledged = [turn for turn in story.turns if turn.answer is not None]
    for turn in acknowledged[-1:]:
        again = api.submit(story.id, turn.content, idempotency_key=turn.key)
        if (again.status_code, again.json()) != (200, turn.answer):
            yield f"the key {turn.key} is answered anew"


def unlike(story: Story, session: dict[str, Any]) -> Iterator[str]:
    """Where a session as it stands is not what its client was told."""
    yield from _out_of_order(story.turns, session["messages"])
    if story.final is not None and session != story.final:
        yield "the end is lost, or another one"
    if session["is_final"] and not story.in_doubt:
        yield "it is final, and nobody ended it"
    finished = any(turn.answer and turn.answer["is_final"] for turn in story.turns)
    if finished and not session["is_final"]:
        yield "the agent's finish is lost"


def _out_of_order(turns: Sequence[Turn], messages: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Walk a transcript beside the turns: one without an answer may be there, whole, or not."""
    place = 0
    for turn in turns:
        there = messages[place : place + 1]
        if not there or there[0]["content"] != turn.content:
            if turn.answer is not None:
                yield f"the turn {turn.content!r} is lost"
            continue
        replies = _replies(messages[place + 1 :])
        if not replies:
            yield f"the turn {turn.content!r} has no reply"
        if turn.answer is not None and replies != turn.answer["messages"]:
            yield f"the turn {turn.content!r} has other replies than it was answered with"
        place += 1 + len(replies)
    if messages[place:]:
        yield f"it holds {len(messages) - place} messages that nobody sent"


def _replies(messages: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    replies = []
    for message in messages:
        if message["role"] != "assistant":
            break
        replies.append(message)
    return replies


def final_ids(api: Api) -> set[str]:
    """The ids of every final session."""
    found: set[str] = set()
    while True:
        page = api.list(state="final", skip=len(found), take=200)
        found |= {session["id"] for session in page["items"]}
        if not page["items"] or len(found) >= page["total_count"]:
            return found

"""What answers have told of the sessions, which no later answer may lack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ..contract.ids import Paths, canonical
from ..judging.equivalence import goes_back, same_messages
from ..judging.exchange import Exchange, Json

MOST_SESSIONS = 400  # of a list that are remembered
MOST_SAID = 50  # messages of a turn that are looked for in a transcript


@dataclass(frozen=True)
class Known:
    """What answers have told of a session: its end, how much was said, the last turn, and what
    a list selects it by."""

    final: bool = False
    count: int = 0
    turn: tuple[Any, ...] = ()
    active: object = None
    channel: object = None
    agent: object = None

    @classmethod
    def by(cls, session: Json) -> Known:
        """What a session tells of itself."""
        return cls(
            session.get("is_final") is True,
            len(_messages(session) or ()),
            active=session.get("last_activity"),
            channel=session.get("channel"),
            agent=session.get("agent_id"),
        )

    def and_then(self, latest: Known) -> Known:
        """Both together: nothing that was told is taken back."""
        older = latest.active is None or goes_back(self.active, latest.active)
        return Known(
            self.final or latest.final,
            max(self.count, latest.count),
            latest.turn or self.turn,
            self.active if older else latest.active,
            latest.channel or self.channel,
            latest.agent or self.agent,
        )

    def lacks(self, session: Json) -> bool:
        """Whether a session is shown without something that is known of it."""
        shown = Known.by(session)
        if (self.final and not shown.final) or goes_back(self.active, shown.active):
            return True
        messages = _messages(session)
        if messages is None:
            return False
        here = (any(same_messages([said], [message]) for message in messages) for said in self.turn)
        return shown.count < self.count or not all(here)


@dataclass(frozen=True)
class Selection:
    """Which sessions a list was asked for: with no channel named, any may be missing."""

    channel: str | None
    state: str
    agent: str | None
    after: str | None
    skip: str
    take: str

    @classmethod
    def of(cls, url: str) -> Selection:
        asked = dict(parse_qsl(urlsplit(url).query))
        return cls(
            asked.get("channel"),
            asked.get("state", "active"),
            asked.get("agent_id"),
            asked.get("updated_after"),
            asked.get("skip", "0"),
            asked.get("take", ""),
        )

    def has(self, known: Known) -> bool:
        """Whether a session is certain to be one of them."""
        return (
            self.channel is not None
            and self.channel == known.channel
            and self.agent in (None, known.agent)
            and self.state in ("all", "final" if known.final else "active")
            and (self.after is None or goes_back(known.active, self.after))
        )

    def excludes(self, known: Known) -> bool:
        """Whether a session is certain to be none of them: what is final stays so."""
        return known.final and self.state == "active"

    def is_whole(self, page: Json) -> bool:
        """Whether a page holds all of them."""
        size, total = len(page["items"]), page.get("total_count")
        full = self.take.isdecimal() and size >= int(self.take)
        more = isinstance(total, int) and total > size
        return self.skip == "0" and not full and not more


def known_sessions(exchange: Exchange, paths: Paths) -> Iterator[tuple[str, Known]]:
    """What an answer tells of each session in it."""
    body = exchange.json
    if not isinstance(body, dict):
        return
    if exchange.operation == "submitMessage":
        said = tuple((_messages(body) or ())[:MOST_SAID])
        yield paths.named(exchange.path), Known(body.get("is_final") is True, turn=said)
        return
    shown = items(body) if exchange.operation == "listChats" else _by_id([body])
    for id, session in islice(shown.items(), MOST_SESSIONS):
        yield id, Known.by(session)


def items(page: Json) -> dict[str, Json]:
    """The sessions of a page by their ids."""
    found = page.get("items")
    return _by_id(found if isinstance(found, list) else [])


def _by_id(sessions: list[Any]) -> dict[str, Json]:
    return {
        canonical(session["id"]): session
        for session in sessions
        if isinstance(session, dict) and isinstance(session.get("id"), str)
    }


def _messages(body: Json) -> list[Any] | None:
    found = body.get("messages")
    return found if isinstance(found, list) else None

"""What answers have told of the sessions, which no later answer may lack."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from ..contract.document import Contract
from ..contract.ids import canonical
from ..contract.lifecycle import FINISH, TURN
from ..contract.resource import Resource
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
    state: object = None
    at: float = field(default=0.0, compare=False)  # when an answer last told more

    @classmethod
    def by(cls, session: Json, contract: Contract, at: float = 0.0) -> Known:
        """What a session tells of itself."""
        names = contract.resource
        return cls(
            names.final(session) is True,
            len(_messages(session, names) or ()),
            active=session.get(names.touched),
            channel=session.get(names.channel),
            agent=session.get(names.agent),
            state=contract.state_of(session) or "",
            at=at,
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
            self.state if latest.state is None else latest.state,
            latest.at,
        )

    def lacks(self, session: Json, contract: Contract) -> bool:
        """Whether a session is shown without something that is known of it."""
        shown = Known.by(session, contract)
        if (self.final and not shown.final) or goes_back(self.active, shown.active):
            return True
        messages = _messages(session, contract.resource)
        if messages is None:
            return False
        here = (
            any(same_messages(contract.resource, [said], [message]) for message in messages)
            for said in self.turn
        )
        return shown.count < self.count or not all(here)


class Selection:
    """Which sessions a list was asked for: with no channel named, any may be missing."""

    def __init__(self, exchange: Exchange) -> None:
        asked = dict(parse_qsl(urlsplit(exchange.url).query))
        names = self.names = exchange.resource
        compared = {
            one.member: asked[one.parameter] for one in names.filters if one.parameter in asked
        }
        self.channel = compared.pop(names.channel, None)
        self.state = compared.pop(names.status, exchange.contract.default_state)
        self.agent = compared.pop(names.agent, None)
        self.after = compared.pop(names.touched, None)
        self.narrowed = bool(compared)  # by a filter that tells nothing of what is known
        self.offset, self.limit = asked.get(names.offset, "0"), asked.get(names.limit, "")

    def has(self, known: Known) -> bool:
        """Whether a session is certain to be one of them."""
        return (
            known.final == (known.state in self.names.finals)
            and not self.narrowed
            and self.state in (self.names.all, known.state)
            and (self.channel is not None or not self.names.channel)
            and self.channel == known.channel
            and self.agent in (None, known.agent)
            and (self.after is None or goes_back(known.active, self.after))
        )

    def excludes(self, known: Known) -> bool:
        """Whether a session is certain to be none of them: what is final stays so."""
        return known.final and self.state not in (self.names.all, *self.names.finals)

    def is_whole(self, page: Json) -> bool:
        """Whether a page holds all of them."""
        size, total = len(page[self.names.items]), page.get(self.names.total)
        full = self.limit.isdecimal() and size >= int(self.limit)
        more = isinstance(total, int) and total > size
        return self.offset == "0" and not full and not more


def known_sessions(exchange: Exchange) -> Iterator[tuple[str, Known]]:
    """What an answer tells of each session in it."""
    body, names, contract = exchange.json, exchange.resource, exchange.contract
    if not isinstance(body, dict) or exchange.may_be_old:
        return
    if exchange.role == "submit" and names.replies:
        ends = names.final(body) is True
        kept = contract.lifecycle.does("append", FINISH if ends else TURN)
        final = ends and not contract.reopening  # of old, as a replay, it tells nothing of now
        said = tuple((_messages(body, names) or ())[:MOST_SAID]) if kept else ()
        moved = "" if len(contract.lifecycle.turned) > 1 or contract.reopening else None
        moved = contract.state_of(body) if final else moved
        known = Known(final, turn=said, state=moved, at=exchange.finished)
        yield contract.paths.named(exchange.path), known
        return
    shown = items(body, names) if exchange.role == "list" else _by_id([body], names)
    for id, session in islice(shown.items(), MOST_SESSIONS):
        yield id, Known.by(session, contract, exchange.finished)


def items(page: Json, names: Resource) -> dict[str, Json]:
    """The sessions of a page by their ids."""
    found = page.get(names.items)
    return _by_id(found if isinstance(found, list) else [], names)


def _by_id(sessions: list[Any], names: Resource) -> dict[str, Json]:
    return {
        canonical(session[names.id]): session
        for session in sessions
        if isinstance(session, dict) and isinstance(session.get(names.id), str)
    }


def _messages(body: Json, names: Resource) -> list[Any] | None:
    found = body.get(names.transcript)
    return found if isinstance(found, list) else None

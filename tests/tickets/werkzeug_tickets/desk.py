"""The tickets, what may happen to them, and who is told."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock
from typing import Any
from uuid import uuid4

from .courier import Courier

Doc = dict[str, Any]
SECOND = 1_000_000


class Refused(Exception):
    """A request that the desk does not follow."""

    def __init__(self, status: int, title: str) -> None:
        super().__init__(title)
        self.status, self.title = status, title


@dataclass
class Ticket:
    subject: str
    priority: str
    expires_after: int | None
    created: int
    updated: int
    id: str = field(default_factory=lambda: str(uuid4()))
    status: str = "open"
    resolution: str | None = None
    comments: list[Doc] = field(default_factory=list)
    answers: dict[str, Doc] = field(default_factory=dict)


def written(instant: int) -> str:
    """Microseconds since 1970, as JSON has them."""
    return datetime.fromtimestamp(instant / SECOND, UTC).isoformat(timespec="microseconds")


class Desk:
    """Every method is called while the lock is held."""

    def __init__(self, courier: Courier, clock: Callable[[], int] = time.time_ns) -> None:
        self.tickets: dict[str, Ticket] = {}
        self.lock = RLock()
        self.courier, self.clock = courier, clock
        self.last = 0

    def now(self) -> int:
        """An instant that no other event has."""
        self.last = max(self.last + 1, self.clock() // 1000)
        return self.last

    def sweep(self) -> None:
        """Close what nothing has happened to for long."""
        instant = self.clock() // 1000
        for ticket in self.tickets.values():
            if ticket.status != "closed" and self.is_silent(ticket, instant):
                self.finish(ticket, "stale")

    def is_silent(self, ticket: Ticket, instant: int) -> bool:
        seconds = ticket.expires_after
        return seconds is not None and ticket.updated + seconds * SECOND <= instant

    def create(self, body: Doc) -> Ticket:
        instant = self.now()
        ticket = Ticket(
            body["subject"],
            self.priority(body),
            self.expiry(body),
            created=instant,
            updated=instant,
        )
        self.tickets[ticket.id] = ticket
        return ticket

    def priority(self, body: Doc) -> str:
        return str(body.get("priority", "normal"))

    def expiry(self, body: Doc) -> int | None:
        seconds = body.get("expires_after")
        return None if seconds is None else int(seconds)

    def find(self, id: str) -> Ticket:
        if id not in self.tickets:
            raise Refused(404, "Unknown ticket")
        return self.tickets[id]

    def comment(self, ticket: Ticket, body: Doc) -> Doc:
        key = self.key(ticket, body)
        if key and (kept := self.remembered(ticket, key)):
            return kept
        if ticket.status == "closed":
            raise Refused(409, "Closed ticket")
        ticket.status = self.taken_up(ticket)
        self.add(ticket, body["text"])
        self.touch(ticket)
        answer = self.show(ticket)
        if key:
            ticket.answers[key] = answer
        return answer

    def key(self, ticket: Ticket, body: Doc) -> str:
        return body.get("request_key") or ""

    def remembered(self, ticket: Ticket, key: str) -> Doc | None:
        return ticket.answers.get(key)

    def taken_up(self, ticket: Ticket) -> str:
        """The state after a comment."""
        return "open"

    def add(self, ticket: Ticket, text: str) -> None:
        said = {"by": "requester", "text": text, "at": written(self.now())}
        ticket.comments.append(said)

    def touch(self, ticket: Ticket) -> None:
        ticket.updated = self.now()

    def hold(self, ticket: Ticket) -> Doc:
        if ticket.status == "closed":
            raise Refused(409, "Closed ticket")
        if ticket.status == "open":
            ticket.status = "on_hold"
            self.touch(ticket)
        return self.show(ticket)

    def reopen(self, ticket: Ticket) -> Doc:
        if ticket.status == "open":
            raise Refused(409, "Open ticket")
        ticket.status, ticket.resolution = "open", None
        self.touch(ticket)
        return self.show(ticket)

    def close(self, ticket: Ticket) -> Doc:
        if ticket.status != "closed":
            self.touch(ticket)
            self.finish(ticket, "resolved")
        return self.show(ticket)

    def finish(self, ticket: Ticket, resolution: str) -> None:
        ticket.status, ticket.resolution = "closed", resolution
        self.courier.send(self.announcement(ticket))

    def announcement(self, ticket: Ticket) -> Doc:
        said = [{"by": one["by"], "text": one["text"]} for one in ticket.comments]
        return {
            "event": "ticket.closed",
            "ticket_id": ticket.id,
            "created_at": written(ticket.created),
            "closed_at": written(self.now()),
            "comments": said,
            "closing": {"resolution": ticket.resolution},
        }

    def page(self, query: Doc) -> Doc:
        found = [ticket for ticket in self.tickets.values() if all(self.passes(ticket, query))]
        found.sort(key=self.place, reverse=True)
        shown = self.cut(found, query)
        return {
            "data": [self.show(ticket) for ticket in shown],
            "total": self.total(found, shown),
            "offset": query["offset"],
            "limit": query["limit"],
        }

    def passes(self, ticket: Ticket, query: Doc) -> tuple[bool, bool, bool]:
        """Whether it passes the filters by status, by priority and by time."""
        return (
            query["status"] in ("all", ticket.status),
            query["priority"] in (None, ticket.priority),
            query["updated_after"] is None or ticket.updated > query["updated_after"],
        )

    def place(self, ticket: Ticket) -> int:
        return ticket.updated

    def cut(self, found: list[Ticket], query: Doc) -> list[Ticket]:
        return found[query["offset"] : query["offset"] + query["limit"]]

    def total(self, found: list[Ticket], shown: list[Ticket]) -> int:
        return len(found)

    def show(self, ticket: Ticket) -> Doc:
        return {
            "id": ticket.id,
            "subject": ticket.subject,
            "priority": ticket.priority,
            "comments": [dict(one) for one in ticket.comments],
            "status": ticket.status,
            "resolution": ticket.resolution,
            "expires_after": ticket.expires_after,
            "created_at": written(ticket.created),
            "updated_at": written(ticket.updated),
        }

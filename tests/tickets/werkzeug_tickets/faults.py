"""Faults that the server can be started with, and the rules that each breaks."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial, update_wrapper
from operator import attrgetter
from typing import Any

from .desk import SECOND, Doc, Refused, Ticket
from .site import Site


@dataclass(frozen=True)
class Fault:
    """A method of the server, such as `desk.close`, and what is called in its place with the
    site, the real method and the arguments. The rule that it breaks most plainly is the first."""

    rules: tuple[str, ...]
    sentence: str
    where: str
    deviation: Callable[..., Any]

    def plant(self, site: Site) -> None:
        path, _, name = self.where.rpartition(".")
        owner = attrgetter(path)(site) if path else site
        real = getattr(owner, name)
        setattr(owner, name, update_wrapper(partial(self.deviation, site, real), real))


FAULTS: dict[str, Fault] = {}


def fault(name: str, rules: str, sentence: str, where: str) -> Callable[[Any], Any]:
    def keep(deviation: Callable[..., Any]) -> Callable[..., Any]:
        FAULTS[name] = Fault(tuple(rules.split()), sentence, where, deviation)
        return deviation

    return keep


def small(name: str, rules: str, sentence: str, where: str, deviation: Any) -> None:
    fault(name, rules, sentence, where)(deviation)


# fmt: off

# Holding and reopening
small("hold-ignored", "HOLD-01", "A hold is accepted and does nothing.", "desk.hold",
    lambda site, real, ticket: site.desk.show(ticket))
small("hold-always-touches", "HOLD-03", "A second hold moves updated_at.", "desk.hold",
    lambda site, real, ticket: (site.desk.touch(ticket), real(ticket))[1])
small("comment-stays-on-hold", "HOLD-05", "A comment leaves a ticket on hold.", "desk.taken_up",
    lambda site, real, ticket: ticket.status)


@fault("hold-not-kept", "HOLD-02", "A hold is answered and not stored.", "desk.hold")
def hold_not_kept(site: Site, real: Any, ticket: Ticket) -> Doc:
    shown: Doc = real(ticket)
    ticket.status = "open"
    return shown


@fault("hold-reopens", "HOLD-04", "A closed ticket is put on hold.", "desk.hold")
def hold_reopens(site: Site, real: Any, ticket: Ticket) -> Doc:
    ticket.status, ticket.resolution = "open", None
    found: Doc = real(ticket)
    return found


@fault("reopen-refused", "BACK-01", "A closed ticket cannot be reopened.", "desk.reopen")
def reopen_refused(site: Site, real: Any, ticket: Ticket) -> Any:
    if ticket.status == "closed":
        raise Refused(409, "Closed ticket")
    return real(ticket)


@fault("reopen-not-kept", "BACK-02", "A reopening is answered and not stored.", "desk.reopen")
def reopen_not_kept(site: Site, real: Any, ticket: Ticket) -> Doc:
    before = ticket.status, ticket.resolution
    shown: Doc = real(ticket)
    ticket.status, ticket.resolution = before
    return shown


@fault("reopen-keeps-resolution", "LIFE-04 BACK-01", "A reopened ticket keeps its resolution.",
    "desk.reopen")
def reopen_keeps_resolution(site: Site, real: Any, ticket: Ticket) -> Doc:
    resolution = ticket.resolution
    real(ticket)
    ticket.resolution = resolution
    return site.desk.show(ticket)


small("reopen-open", "BACK-04", "An open ticket is reopened.", "desk.reopen",
    lambda site, real, ticket: site.desk.show(ticket) if ticket.status == "open" else real(ticket))


# Closing
@fault("close-twice-refused", "END-02", "A second closing is refused.", "desk.close")
def close_twice_refused(site: Site, real: Any, ticket: Ticket) -> Any:
    if ticket.status == "closed":
        raise Refused(404, "Closed ticket")
    return real(ticket)


@fault("close-again-touches", "END-03", "A second closing moves updated_at.", "desk.close")
def close_again_touches(site: Site, real: Any, ticket: Ticket) -> Any:
    site.desk.touch(ticket)
    return real(ticket)


@fault("close-forgets", "END-06", "Closing drops the comments.", "desk.close")
def close_forgets(site: Site, real: Any, ticket: Ticket) -> Any:
    ticket.comments.clear()
    return real(ticket)


small("close-as-stale", "END-01", "A closed ticket is stale.", "desk.finish",
    lambda site, real, ticket, resolution: real(ticket, "stale"))


@fault("close-all", "LIFE-11", "Closing a ticket closes those of the same subject.",
    "desk.close")
def close_all(site: Site, real: Any, ticket: Ticket) -> Any:
    for other in site.desk.tickets.values():
        if other.subject == ticket.subject and other is not ticket:
            real(other)
    return real(ticket)


# Comments and keys
@fault("comment-reopens", "TURN-15", "A comment reopens a closed ticket.", "desk.comment")
def comment_reopens(site: Site, real: Any, ticket: Ticket, body: Doc) -> Any:
    if ticket.status == "closed":
        ticket.status, ticket.resolution = "open", None
    return real(ticket, body)


small("comments-backwards", "TURN-08 LIFE-10", "The last comment comes first.", "desk.show",
    lambda site, real, ticket: real(ticket) | {"comments": real(ticket)["comments"][::-1]})
small("comment-trimmed", "TURN-09", "Blanks around a comment are cut.", "desk.add",
    lambda site, real, ticket, text: real(ticket, text.strip()))
small("comment-doubled", "TURN-07", "A comment is added twice.", "desk.add",
    lambda site, real, ticket, text: (real(ticket, text), real(ticket, text)))
small("blank-comments", "TURN-10", "A blank comment is taken.", "inputs.is_blank",
    lambda site, real, text: False)
small("silent-comments", "TIME-02 LIST-12", "A comment does not move updated_at.", "desk.touch",
    lambda site, real, ticket: None if ticket.status == "open" else real(ticket))
small("keys-forgotten", "IDEM-02 IDEM-01", "A request key is not remembered.", "desk.remembered",
    lambda site, real, ticket, key: None)
small("keys-cut", "IDEM-08 IDEM-07 IDEM-09", "Request keys are told apart by 16 characters.",
    "desk.key", lambda site, real, ticket, body: real(ticket, body)[:16])


@fault("keys-of-all", "IDEM-04", "A request key holds for all tickets.", "desk.remembered")
def keys_of_all(site: Site, real: Any, ticket: Ticket, key: str) -> Any:
    return next(
        (one.answers[key] for one in site.desk.tickets.values() if key in one.answers), None
    )


@fault("repeat-touches", "IDEM-11", "A repeated comment moves updated_at.", "desk.remembered")
def repeat_touches(site: Site, real: Any, ticket: Ticket, key: str) -> Any:
    if kept := real(ticket, key):
        site.desk.touch(ticket)
    return kept


@fault("astral-crash", "HTTP-02", "Some comments crash the server.", "desk.add")
def astral_crash(site: Site, real: Any, ticket: Ticket, text: str) -> None:
    if any(ord(character) > 0xFFFF for character in text):
        raise Refused(500, "Internal error")
    real(ticket, text)


# New tickets
small("priority-low", "OPEN-19", "A ticket without a priority has a low one.", "desk.priority",
    lambda site, real, body: body.get("priority", "low"))
small("expiry-ignored", "OPEN-05", "The expires_after is dropped.", "desk.expiry",
    lambda site, real, body: None)
small("expiry-unbounded", "OPEN-07", "Any expires_after is taken.", "inputs.fits",
    lambda site, real, seconds: isinstance(seconds, int))
small("further-member", "SES-02", "A ticket shows its number.", "desk.show",
    lambda site, real, ticket: real(ticket) | {"number": 1})
small("created-moves", "LIFE-15 SES-05", "The created_at is that of the last change.",
    "desk.show",
    lambda site, real, ticket: real(ticket) | {"created_at": real(ticket)["updated_at"]})


@fault("read-touches", "TIME-03", "Reading a ticket moves updated_at.", "read")
def read_touches(site: Site, real: Any, request: Any, raw: bytes, id: str) -> Any:
    site.desk.touch(site.desk.find(id))
    return real(request, raw, id)


# Lists
small("list-by-age", "LIST-11", "A list is ordered by age.", "desk.place",
    lambda site, real, ticket: ticket.created)
small("list-total-of-page", "LIST-17", "The total is that of the page.", "desk.total",
    lambda site, real, found, shown: len(shown))
small("list-whole", "LIST-13", "A page holds every match.", "desk.cut",
    lambda site, real, found, query: found[query["offset"] :])
small("list-50", "LIST-15", "A page holds 50 by default.", "inputs.default_limit",
    lambda site, real: "50")
small("list-any-status", "LIST-03 LIST-04", "The status selects nothing.", "desk.passes",
    lambda site, real, ticket, query: (True, *real(ticket, query)[1:]))
small("list-any-priority", "LIST-29", "The priority selects nothing.", "desk.passes",
    lambda site, real, ticket, query: (*real(ticket, query)[:1], True, *real(ticket, query)[2:]))
small("list-priority-alone", "LIST-08", "The priority switches the status off.", "desk.passes",
    lambda site, real, ticket, query: (
        query["priority"] is not None or real(ticket, query)[0], *real(ticket, query)[1:]))
small("list-inclusive", "LIST-10", "A list holds what changed at updated_after.", "desk.passes",
    lambda site, real, ticket, query: real(
        ticket, query | {"updated_after": (query["updated_after"] or 0) - 1}))

# HTTP
small("no-challenge", "AUTH-04", "A 401 names no scheme.", "challenge", lambda site, real: {})
small("any-key", "AUTH-01", "No key is wanted.", "knows", lambda site, real, header: True)
small("unknown-400", "GET-02 HTTP-01", "An unknown ticket is 400.", "desk.find",
    lambda site, real, key: real(key) if key in site.desk.tickets else _refuse(400))
small("plain-errors", "ERR-01", "Errors are JSON of another type.", "problem",
    lambda site, real, status, title: _plain(real(status, title)))


def _refuse(status: int) -> None:
    raise Refused(status, "Refused")


def _plain(response: Any) -> Any:
    response.content_type = "application/json"
    return response


# Timeouts, races and webhooks, which are seen by packs of their own
small("never-stale", "TTL-01", "No ticket closes itself.", "desk.is_silent",
    lambda site, real, ticket, instant: False)
small("stale-early", "TTL-02", "A ticket closes itself after half the time.", "desk.is_silent",
    lambda site, real, ticket, instant: real(
        ticket, instant + (ticket.expires_after or 0) * SECOND // 2))


@fault("keys-race", "RACE-03", "Two comments with one key at once are two.", "desk.remembered")
def keys_race(site: Site, real: Any, ticket: Ticket, key: str) -> Any:
    kept = real(ticket, key)
    lock = site.desk.lock
    lock.release()
    time.sleep(0.05)  # the other request's turn
    lock.acquire()
    return kept


small("hook-never", "HOOK-01", "Nothing is announced.", "courier.send",
    lambda site, real, announcement: None)
small("hook-twice", "HOOK-02", "A closing is announced twice.", "courier.send",
    lambda site, real, announcement: (real(announcement), real(announcement)))
small("hook-once", "HOOK-04", "A delivery that fails is not sent again.", "courier.again",
    lambda site, real, status: False)
small("hook-stubborn", "HOOK-03", "A delivery that is refused is sent again.", "courier.again",
    lambda site, real, status: status >= 400 or real(status))

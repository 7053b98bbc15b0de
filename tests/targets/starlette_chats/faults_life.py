"""Faults of the lifecycle, of time and of the members of a session."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from .fault import fault
from .instants import SECOND
from .refusals import RefusedError

if TYPE_CHECKING:
    from .site import Site

Doc = dict[str, Any]


def reopen(site: Site, real: Any, session: Doc) -> None:
    session["reason"] = None


def relabel(site: Site, real: Any, session: Doc, reason: str) -> None:
    if session["reason"] is not None:
        session["reason"] = "operator"
    real(session, reason)


async def override(site: Site, real: Any, session: Doc, note: str | None) -> Doc:
    ended: Doc = await real(session, note)
    ended["reason"] = "user_end"
    return ended


async def pretend(site: Site, real: Any, session: Doc, note: str | None) -> Doc:
    return session | {"reason": session["reason"] or "user_end"}


def truncate(site: Site, real: Any, session: Doc, reason: str) -> None:
    real(session, reason)
    session["log"] = session["log"][-1:]


def rewind(site: Site, real: Any, session: Doc, reason: str) -> None:
    real(session, reason)
    session["touched"] = session["created"]


async def touch_read(site: Site, real: Any, request: Any, org: str) -> tuple[int, Doc]:
    site.web.session(request, org)["touched"] = site.desk.clock.tick()
    answer: tuple[int, Doc] = await real(request, org)
    return answer


def touch_listed(site: Site, real: Any, org: str, query: Doc) -> list[Doc]:
    found: list[Doc] = real(org, query)
    for session in reversed(found):
        session["touched"] = site.desk.clock.tick()
    return found


async def refuse_second(site: Site, real: Any, session: Doc, note: str | None) -> Doc:
    if session["reason"] is not None:
        raise RefusedError(409, "It was over already.")
    ended: Doc = await real(session, note)
    return ended


async def end_all(site: Site, real: Any, session: Doc, note: str | None) -> Doc:
    for other in site.desk.sessions.values():
        if other["agent"] == session["agent"] and other["org"] == session["org"]:
            site.desk.finish(other, "user_end")
    ended: Doc = await real(session, note)
    return ended


async def end_slowly(site: Site, real: Any, session: Doc, note: str | None) -> Doc:
    if session.get("ending"):
        raise RefusedError(409, "It is being ended.")
    session["ending"] = True
    await asyncio.sleep(0.05)
    session["ending"] = False
    ended: Doc = await real(session, note)
    return ended


def at_once(site: Site, real: Any, org: str, order: Doc, endpoint: Any) -> Doc:
    session: Doc = real(org, order, endpoint)
    return session | {"reason": "user_end", "ended": session["created"]}


def from_open(site: Site, real: Any, session: Doc, now: int) -> bool:
    return bool(real(session | {"touched": session["created"]}, now))


def shown(**members: Any) -> Any:
    """A deviation that shows a session with other values for these members."""

    def deviation(site: Site, real: Any, session: Doc, listed: bool = False) -> Doc:
        values = {n: v(session) if callable(v) else v for n, v in members.items()}
        return dict(real(session, listed)) | values

    return deviation


def without_nulls(site: Site, real: Any, session: Doc, listed: bool = False) -> Doc:
    return {n: v for n, v in real(session, listed).items() if v is not None or n == "messages"}


def with_notes(site: Site, real: Any, session: Doc, listed: bool) -> list[Doc] | None:
    transcript: list[Doc] | None = real(session, listed)
    if transcript is None or session["ended"] is None:
        return transcript
    time = site.views.time(session["ended"])
    notes = [{"role": "assistant", "content": note, "time": time} for note in session["notes"]]
    return transcript + notes


FINISH, SHOW, EXPIRED = "desk.finish", "views.session", "desk.expired"

LIFE_FAULTS = {
    # Lifecycle
    "reopens": fault(
        "LIFE-02 TURN-15 TURN-16",
        "A turn on a final session makes it active again.",
        "desk.require_active",
        reopen,
    ),
    "second-end-relabels": fault(
        "LIFE-05 END-03", "A second end gives the session another reason.", FINISH, relabel
    ),
    "end-overrides-finish": fault(
        "END-04 END-05", "An end turns every reason into user_end.", "desk.end", override
    ),
    "end-not-kept": fault(
        "LIFE-09", "An end is answered as final, and the session stays active.", "desk.end", pretend
    ),
    "end-truncates": fault(
        "END-06 LIFE-10", "A finish keeps only the last message.", FINISH, truncate
    ),
    "end-refuses-final": fault(
        "END-02 HTTP-01", "A second end is answered 409.", "desk.end", refuse_second
    ),
    "end-ends-all": fault(
        "LIFE-11", "An end finishes every session of its agent.", "desk.end", end_all
    ),
    "end-races": fault(
        "RACE-01", "Of two simultaneous ends one is answered 409.", "desk.end", end_slowly
    ),
    "finish-mislabelled": fault(
        "LIFE-08",
        "What the agent finished has the reason user_end.",
        FINISH,
        lambda site, real, s, reason: real(s, reason.replace("agent_finish", "user_end")),
    ),
    "note-shown": fault(
        "END-09", "The operator's note becomes a message.", "views.transcript", with_notes
    ),
    "born-final": fault("OPEN-04", "A new session is final.", "desk.build", at_once),
    # Time
    "activity-frozen": fault(
        "TIME-02 LIST-12",
        "A turn leaves last_activity as it is.",
        "desk.touch",
        lambda site, real, s, now: None,
    ),
    "activity-rewinds": fault(
        "TIME-04", "A finish sets last_activity back to created_time.", FINISH, rewind
    ),
    "get-touches": fault("TIME-03", "Retrieving moves last_activity.", "web.get_chat", touch_read),
    "list-touches": fault("TIME-03", "Listing moves last_activity.", "desk.matches", touch_listed),
    "ttl-never": fault(
        "TTL-01", "No session times out.", EXPIRED, lambda site, real, s, now: False
    ),
    "ttl-early": fault(
        "TTL-02",
        "A session times out at half its time.",
        EXPIRED,
        lambda site, real, s, now: real(s | {"ttl": s["ttl"] and s["ttl"] // 2}, now),
    ),
    "ttl-as-milliseconds": fault(
        "TTL-02",
        "A timeout counts milliseconds.",
        EXPIRED,
        lambda site, real, s, now: s["ttl"] and s["touched"] + s["ttl"] * 1000 < now,
    ),
    "ttl-for-all": fault(
        "TTL-04",
        "A session without ttl_seconds times out after a minute.",
        EXPIRED,
        lambda site, real, s, now: s["touched"] + (s["ttl"] or 60) * SECOND < now,
    ),
    "ttl-from-open": fault(
        "TTL-03 TTL-02", "The timeout counts from the open, turns or not.", EXPIRED, from_open
    ),
    "ttl-mislabelled": fault(
        "TTL-01",
        "What the timeout finished has the reason user_end.",
        FINISH,
        lambda site, real, s, reason: real(s, "user_end" if reason == "ttl" else reason),
    ),
    # Members
    "status-stuck": fault(
        "LIFE-01", "status stays active when is_final is true.", SHOW, shown(status="active")
    ),
    "reason-missing": fault(
        "LIFE-03", "A final session shows no final_reason.", SHOW, shown(final_reason=None)
    ),
    "reason-early": fault(
        "LIFE-04",
        "An active session shows a final_reason.",
        SHOW,
        shown(final_reason=lambda s: s["reason"] or "none"),
    ),
    "created-moves": fault(
        "LIFE-07",
        "created_time follows last_activity.",
        SHOW,
        lambda site, real, s, listed=False: real(s | {"created": s["touched"]}, listed),
    ),
    "member-extra": fault(
        "SES-02", "A session shows its organisation.", SHOW, shown(org_id=lambda s: s["org"])
    ),
    "member-missing": fault(
        "SES-01", "A session leaves members out that are null.", SHOW, without_nulls
    ),
    "id-prefixed": fault(
        "SES-03",
        "A session id has a prefix before its UUID.",
        SHOW,
        shown(id=lambda s: f"chat_{s['id']}"),
    ),
    "time-naive": fault(
        "SES-04",
        "Instants have no offset.",
        "views.time",
        lambda site, real, instant: real(instant)[:23],
    ),
    "ttl-as-text": fault(
        "SES-05", "ttl_seconds is a text.", SHOW, shown(ttl_seconds=lambda s: str(s["ttl"]))
    ),
    "role-agent": fault(
        "MSG-02",
        "The agent's messages have the role agent.",
        "views.message",
        lambda site, real, m: real(m | {"role": m["role"].replace("assistant", "agent")}),
    ),
    "message-extra": fault(
        "MSG-01",
        "A message shows an id.",
        "views.message",
        lambda site, real, m: real(m) | {"id": str(m["at"])},
    ),
}

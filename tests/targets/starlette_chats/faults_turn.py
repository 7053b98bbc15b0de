"""Faults of turns and of idempotency keys."""

from __future__ import annotations

import asyncio
import unicodedata
from typing import TYPE_CHECKING, Any

from .domain import said
from .fault import fault
from .instants import SECOND
from .refusals import RefusedError

if TYPE_CHECKING:
    from .site import Site

Doc = dict[str, Any]
HOUR = 3600 * SECOND


def append_as(rebuild: Any) -> Any:
    """A deviation that adds `rebuild(question, turns)` to the transcript."""

    def deviation(site: Site, real: Any, session: Doc, question: Doc, turns: list[Doc]) -> None:
        session["log"] += rebuild(question, turns)

    return deviation


def reworded(rewrite: Any) -> Any:
    """A deviation that keeps the user's text as `rewrite` gives it."""
    return append_as(lambda q, turns: [q | {"content": rewrite(q["content"])}, *turns])


def prepend(site: Site, real: Any, session: Doc, question: Doc, turns: list[Doc]) -> None:
    session["log"][:0] = [question, *turns]


def leak(site: Site, real: Any, session: Doc, question: Doc, turns: list[Doc]) -> None:
    for other in site.desk.sessions.values():
        if other["org"] == session["org"] and other["reason"] is None:
            real(other, question, turns)


async def keep_refused(site: Site, real: Any, session: Doc, order: Doc) -> Doc:
    try:
        answer: Doc = await real(session, order)
    except RefusedError:
        session["log"].append(said("user", order["content"], site.desk.clock.tick()))
        raise
    return answer


def with_question(site: Site, real: Any, answer: Doc) -> Doc:
    turn: Doc = real(answer)
    question = {"role": "user", "content": answer["content"], "time": turn["messages"][0]["time"]}
    return turn | {"messages": [question, *turn["messages"]]}


def backwards(site: Site, real: Any, answer: Doc) -> Doc:
    turn: Doc = real(answer)
    return turn | {"messages": turn["messages"][::-1]}


def unanswered(site: Site, real: Any, message: Doc) -> Doc:
    calls = [{n: v for n, v in call.items() if n != "response"} for call in message["calls"]]
    shown: Doc = real(message | {"calls": calls})
    return shown


def for_turns(amend: Any) -> Any:
    """A deviation that reads the body of a turn and amends it before it is checked."""

    async def deviation(site: Site, real: Any, request: Any) -> Any:
        body = await real(request)
        if isinstance(body, dict) and request.url.path.endswith("/messages"):
            amend(body)
        return body

    return deviation


def fill_blank(body: Doc) -> None:
    if isinstance(body.get("content"), str) and not body["content"].strip():
        body["content"] = "(silence)"


def within_lock(site: Site, real: Any, session: Doc) -> None:
    if not session["lock"].locked():
        real(session)


async def unguarded(site: Site, real: Any, session: Doc, order: Doc) -> Doc:
    key = site.desk.key(session, order)
    if (earlier := site.desk.recall(session, key, order)) is not None:
        return earlier
    await asyncio.sleep(0.05)
    return await site.desk.run(session, key, order)


def anywhere(site: Site, real: Any, session: Doc, key: str | None, order: Doc) -> Doc | None:
    for other in site.desk.sessions.values():
        if other["org"] == session["org"] and key in other["answers"]:
            session = other
    answer: Doc | None = real(session, key, order)
    return answer


def replay_adds(site: Site, real: Any, session: Doc, key: str | None, order: Doc) -> Doc | None:
    answer: Doc | None = real(session, key, order)
    session["log"] += answer["turns"] if answer else []
    return answer


def replay_touches(site: Site, real: Any, session: Doc, key: str | None, order: Doc) -> Doc | None:
    answer: Doc | None = real(session, key, order)
    if answer is not None:
        session["touched"] = site.desk.clock.tick()
    return answer


def active_only(site: Site, real: Any, session: Doc, key: str | None, order: Doc) -> Doc | None:
    answer: Doc | None = real(session, key, order)
    return answer if session["reason"] is None else None


def short_key(site: Site, real: Any, session: Doc, order: Doc) -> str | None:
    key: str | None = real(session, order)
    if key is not None and len(key) == 128:
        raise RefusedError(site.choices["invalid"], "That key is too long.")
    return key


APPEND, KEY, RECALL = "desk.append", "desk.key", "desk.recall"

TURN_FAULTS = {
    # Turns
    "turn-shows-question": fault(
        "TURN-02", "The answer of a turn begins with the user's own.", "views.turn", with_question
    ),
    "turn-extra-member": fault(
        "TURN-01",
        "The answer of a turn counts its messages.",
        "views.turn",
        lambda site, real, answer: real(answer) | {"count": len(answer["turns"])},
    ),
    "turn-backwards": fault(
        "TURN-03", "The plain reply comes before the tool turns.", "views.turn", backwards
    ),
    "turn-never-final": fault(
        "LIFE-08",
        "A turn that finishes the session says it is active.",
        "views.turn",
        lambda site, real, answer: real(answer | {"final": False}),
    ),
    "tool-unanswered": fault(
        "TURN-04 MSG-01", "A tool call has no response.", "views.message", unanswered
    ),
    "reply-lost": fault(
        "TURN-05 TURN-07",
        "Replies are missing in the transcript.",
        APPEND,
        append_as(lambda q, turns: [q]),
    ),
    "question-lost": fault(
        "TURN-06 TURN-07",
        "User turns are missing in the transcript.",
        APPEND,
        append_as(lambda q, turns: turns),
    ),
    "question-last": fault(
        "TURN-06 TURN-05",
        "The user's turn stands behind its replies.",
        APPEND,
        append_as(lambda q, turns: [*turns, q]),
    ),
    "turn-stored-twice": fault(
        "TURN-07",
        "The transcript holds the user's turn twice.",
        APPEND,
        append_as(lambda q, turns: [q, q, *turns]),
    ),
    "transcript-newest-first": fault(
        "TURN-08 LIFE-10", "The newest round stands first.", APPEND, prepend
    ),
    "text-trimmed": fault(
        "TURN-09", "Space around the user's text is lost.", APPEND, reworded(str.strip)
    ),
    "text-composed": fault(
        "TURN-09",
        "The user's text is brought into Unicode's composed form.",
        APPEND,
        reworded(lambda text: unicodedata.normalize("NFC", text)),
    ),
    "time-back": fault(
        "MSG-03",
        "The user's turn is later than its replies.",
        APPEND,
        append_as(lambda q, turns: [q | {"at": q["at"] + HOUR}, *turns]),
    ),
    "turn-leaks": fault("LIFE-12", "A turn is added to every active session.", APPEND, leak),
    "blank-taken": fault(
        "TURN-10", "A blank turn is accepted.", "web.bodies.read", for_turns(fill_blank)
    ),
    "content-optional": fault(
        "TURN-11",
        "A turn without content is accepted.",
        "web.bodies.read",
        for_turns(lambda body: body.setdefault("content", "(none)")),
    ),
    "final-takes-turns": fault(
        "TURN-15 TURN-16",
        "A final session takes turns.",
        "desk.require_active",
        lambda site, real, session: None,
    ),
    "final-keeps-refused": fault(
        "TURN-16 TURN-17", "A refused turn is kept in the transcript.", "desk.submit", keep_refused
    ),
    "late-turn-kept": fault(
        "RACE-04",
        "A turn that the end overtook is kept and answered.",
        "desk.require_active",
        within_lock,
    ),
    # Idempotency keys
    "key-ignored": fault(
        "IDEM-01 IDEM-02",
        "A repeated key runs another turn.",
        KEY,
        lambda site, real, session, order: None,
    ),
    "key-across-sessions": fault(
        "IDEM-04", "A key of one session is known in all.", RECALL, anywhere
    ),
    "key-of-64": fault(
        "IDEM-08 IDEM-09",
        "Only the first 64 characters of a key count.",
        KEY,
        lambda site, real, s, order: (real(s, order) or "")[:64] or None,
    ),
    "key-of-128": fault(
        "IDEM-08",
        "Only the first 128 characters of a key count.",
        KEY,
        lambda site, real, s, order: (real(s, order) or "")[:128] or None,
    ),
    "key-below-128": fault("IDEM-07", "A key of 128 characters is refused.", KEY, short_key),
    "key-folded": fault(
        "IDEM-09",
        "Keys that differ in case are one.",
        KEY,
        lambda site, real, s, order: (real(s, order) or "").casefold() or None,
    ),
    "content-as-key": fault(
        "IDEM-06",
        "Without a key, the content is the key.",
        KEY,
        lambda site, real, s, order: real(s, order) or order["content"],
    ),
    "content-over-key": fault(
        "IDEM-09 IDEM-06",
        "The content is the key, whatever the key.",
        KEY,
        lambda site, real, s, order: order["content"],
    ),
    "replay-adds": fault("IDEM-02", "A replay adds its messages again.", RECALL, replay_adds),
    "replay-touches": fault("IDEM-11", "A replay moves last_activity.", RECALL, replay_touches),
    "replay-until-final": fault(
        "IDEM-03 IDEM-10", "A final session forgets its keys.", RECALL, active_only
    ),
    "key-races": fault(
        "RACE-03", "Simultaneous submits with one key each make a turn.", "desk.submit", unguarded
    ),
}

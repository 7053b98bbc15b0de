"""Whether a document of a sandbox's state can be the state: its parts must go together."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain
from typing import Any

import jsonschema_rs

from ..contract.document import Contract
from ..contract.schemas import compile_schema
from ..domain.agents import NOBODY
from ..domain.instants import EARLIEST, LATEST, parse_instant
from ..domain.lifecycle import Lifecycle
from ..domain.render import Renderer
from ..domain.result import Result
from ..domain.session import Session
from ..domain.transcript import BOUND, is_too_large
from ..problems.violations import leaf_errors, quote
from ..webhooks.dispatcher import MAX_RETRIES
from .documents import endpoint_hash, message_times
from .seeds import ENDLESS

_Part = Mapping[str, Any]
_Fault = tuple[str, str]
_TIMES = {
    "sessions": ("created_time", "last_activity", "finished_time"),
    "call_results": ("visible_time",),
    "audit": ("time",),
    "deliveries": ("due",),
}


def find_fault(
    document: _Part, agents: Iterable[str], table: Lifecycle, result: Result
) -> _Fault | None:
    """Where and why a document that fits its schema cannot be the state, or None; its call results
    have these names.

    Call results, audit entries and deliveries may outlive their sessions.
    """
    sessions = {f"/sessions/{number}": s for number, s in enumerate(document["sessions"])}
    each = _each(sessions, frozenset(agents), table)
    # What has ended and goes on has left them behind already.
    early = () if table.reopens else _early(document, result)
    left = (early, _results(document, result), _deliveries(document))
    return next(chain(_times(document, result), each, _unique(sessions), *left), None)


def _each(
    sessions: Mapping[str, _Part], agents: frozenset[str], table: Lifecycle
) -> Iterator[_Fault]:
    for place, session in sessions.items():
        if session["agent_id"] not in agents:
            name = quote(session["agent_id"])
            yield f"{place}/agent_id", f"there is no agent {name}; load it first"
        checks = (_state(session, table), _order(session), _size(session), _replies(session))
        for pointer, reason in chain(*checks):
            yield f"{place}{pointer}", reason


def _state(session: _Part, table: Lifecycle) -> Iterator[_Fault]:
    """States that the contract does not have, and final ones without a reason."""
    final = _is_final(session)
    unfinished = [state for state in table.states if state not in table.finals]
    wanted, why = ([*table.finals], "") if final else (unfinished, "; give it a final_reason")
    places = [("/state", session.get("state", wanted[0]), wanted)]
    for position, reply in enumerate(session.get("replies", [])):
        legal = [*table.states] if final else wanted
        places.append((f"/replies/{position}/state", reply["state"], legal))
    if session.get("ttl_seconds") is not None and not table.expires:
        yield "/ttl_seconds", ENDLESS
    for place, state, possible in places:
        if state not in possible:
            yield place, f"wanted {' or '.join(possible)}, got {quote(state)}{why}"
    if session.get("finished_time") is not None and not final:
        wanted_too = "goes with a final_reason; add one, or leave it out"
        yield "/finished_time", f"{quote(session['finished_time'])} {wanted_too}"


def _times(document: _Part, result: Result) -> Iterator[_Fault]:
    for pointer, text in _instants(document, result):
        if not EARLIEST <= parse_instant(text) <= LATEST:
            yield pointer, f"wanted a time within the years 1 to 9998, got {quote(text)}"


def _unique(sessions: Mapping[str, _Part]) -> Iterator[_Fault]:
    """Ids that two sessions have, and endpoints that two active ones have."""
    ids: set[str] = set()
    endpoints: set[tuple[str, str]] = set()
    for place, session in sessions.items():
        if session["id"].lower() in ids:
            got = quote(session["id"])
            yield f"{place}/id", f"another session has the id {got}; ids are unique"
        ids.add(session["id"].lower())
        hash = endpoint_hash(session)
        if hash and not _is_final(session):
            endpoint = (session.get("channel", "web"), hash)
            if endpoint in endpoints:
                yield f"{place}/channel", "its endpoint has an active session; end one of them"
            endpoints.add(endpoint)


def _order(session: _Part) -> Iterator[_Fault]:
    """What was said in a session lies between its beginning and its last activity, in order."""
    before, earlier = "created_time", session["created_time"]
    latest = session.get("last_activity")
    if latest is not None and parse_instant(latest) < parse_instant(earlier):
        wanted = f"wanted no time before {before}, {quote(earlier)}, got {quote(latest)}"
        yield "/last_activity", wanted
    for position, time in enumerate(message_times(session)):
        place = f"/messages/{position}/time"
        if parse_instant(time) < parse_instant(earlier):
            yield place, f"wanted no time before {before}, {quote(earlier)}, got {quote(time)}"
        if latest is not None and parse_instant(time) > parse_instant(latest):
            wanted = f"wanted no time after last_activity, {quote(latest)}, got {quote(time)}"
            yield place, wanted
        before, earlier = "the message before", time


def _size(session: _Part) -> Iterator[_Fault]:
    messages = session.get("messages", [])
    if is_too_large((m.get("content"), m.get("tool_calls")) for m in messages):
        yield "/messages", f"wanted at most {BOUND}, got more"


def _replies(session: _Part) -> Iterator[_Fault]:
    replies, messages = session.get("replies", []), session.get("messages", [])
    if twice := _repeated(reply["key"] for reply in replies):
        yield "/replies", f"the key {quote(twice)} has two replies; keep one"
    for position, reply in enumerate(replies):
        place, first, last = f"/replies/{position}", reply["first"], reply["last"]
        if last > len(messages):
            yield f"{place}/last", f"wanted at most {len(messages)}, its messages, got {last}"
        elif first > last or (first == last and session["agent_id"] != NOBODY.id):
            yield f"{place}/first", f"wanted less than last, {last}, got {first}"
        elif any(message["role"] != "assistant" for message in messages[first:last]):
            wanted = f"wanted the assistant's messages alone, got those from {first} to {last}"
            yield place, f"{wanted} with the user's"


def _results(document: _Part, names: Result) -> Iterator[_Fault]:
    results = document.get("call_results", [])
    identity, agent = names.names["identity"], names.names["agent"]
    if twice := _repeated(row["result"][identity].lower() for row in results):
        yield "/call_results", f"two results have the {identity} {quote(twice)}; keep one"
    sessions = {session["id"].lower(): session for session in document["sessions"]}
    for number, row in enumerate(results):
        place, result = f"/call_results/{number}/result", row["result"]
        session = sessions.get(result[identity].lower())
        if session is None or not agent:
            continue
        if result[agent] != session["agent_id"]:
            wanted = f"wanted the session's agent, {quote(session['agent_id'])}"
            yield f"{place}/{agent}", f"{wanted}, got {quote(result[agent])}"


def _early(document: _Part, names: Result) -> Iterator[_Fault]:
    """What only an end leaves behind, of sessions that have not ended."""
    active = {session["id"].lower() for session in document["sessions"] if not _is_final(session)}
    results, audit = document.get("call_results", []), document.get("audit", [])
    identity = names.names["identity"]
    places = [
        (f"/call_results/{n}/result/{identity}", r["result"][identity])
        for n, r in enumerate(results)
    ]
    places += [(f"/audit/{n}/session_id", row["session_id"]) for n, row in enumerate(audit)]
    for place, id in places:
        if id.lower() in active:
            wanted = "is active; give it a final_reason, or leave this out"
            yield place, f"the session {quote(id)} {wanted}"


def _deliveries(document: _Part) -> Iterator[_Fault]:
    for number, row in enumerate(document.get("deliveries", [])):
        attempts = row.get("attempts", 0)
        if row.get("due") is not None and attempts > MAX_RETRIES:
            wanted = f"wanted at most {MAX_RETRIES} of one that is due, got {attempts}"
            yield f"/deliveries/{number}/attempts", f"{wanted}; set due to null"


def _is_final(session: _Part) -> bool:
    return session.get("final_reason") is not None


def _instants(document: _Part, names: Result) -> Iterator[tuple[str, str]]:
    """Every instant of a document with its pointer."""
    for part, members in _TIMES.items():
        for number, row in enumerate(document.get(part, [])):
            for member in members:
                if row.get(member) is not None:
                    yield f"/{part}/{number}/{member}", row[member]
    for number, session in enumerate(document["sessions"]):
        for position, message in enumerate(session.get("messages", [])):
            if "time" in message:
                yield f"/sessions/{number}/messages/{position}/time", message["time"]
    for number, row in enumerate(document.get("call_results", [])):
        completed = names.names["completed"]
        yield f"/call_results/{number}/result/{completed}", row["result"][completed]


def _repeated(values: Iterable[str]) -> str | None:
    seen: set[str] = set()
    for value in values:
        if value in seen:
            return value
        seen.add(value)
    return None


def session_check(
    contract: Contract, renderer: Renderer
) -> Callable[[Session], Iterator[jsonschema_rs.ValidationError]]:
    """What tells where a session, as it is handed out, breaks the contract."""
    validator = compile_schema(contract.answer(contract.resource.operations["read"]))
    return lambda session: leaf_errors(validator.iter_errors(renderer.session(session)))

"""Faults of credentials, of HTTP and JSON, and of errors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response

from .fault import fault
from .refusals import RefusedError
from .web import ID

if TYPE_CHECKING:
    from .site import Site

Doc = dict[str, Any]
KNOWN = {
    "agent_id", "channel", "external_id", "ttl_seconds", "additional_data", "content",
    "idempotency_key", "note", "page", "size", "callIds", "agentIds", "callStatuses",
    "fromDate", "toDate", "endpoint", "additionalDataFilters",
}  # fmt: skip
TRACE = 'Traceback (most recent call last):\n  File "/srv/app/web.py", line 88, in answer\nKeyError'


def unprotected(name: str) -> Any:
    """A deviation that asks for no key in one operation."""

    def deviation(site: Site, real: Any, request: Request, operation: str) -> Any:
        return site.org if operation == name else real(request, operation)

    return deviation


def any_scheme(site: Site, real: Any, request: Request, operation: str) -> Any:
    scheme = request.headers.get("authorization", "bearer").partition(" ")[0]
    return real(request, operation) if scheme.lower() == "bearer" else site.org


def end_first(site: Site, real: Any, request: Request, operation: str) -> Any:
    session = site.desk.sessions.get(request.path_params.get("id", ""))
    if operation == "end_chat" and session is not None:
        site.desk.finish(session, "user_end")
    return real(request, operation)


def without_header(name: str) -> Any:
    """A deviation that refuses without one header."""

    def deviation(site: Site, real: Any, refusal: RefusedError) -> Response:
        refusal.headers.pop(name, None)
        response: Response = real(refusal)
        return response

    return deviation


def one_method(site: Site, real: Any, handlers: Any) -> RefusedError:
    return real({name: handlers[name] for name in list(handlers)[:1]})  # type: ignore[no-any-return]


def any_owner(site: Site, real: Any, org: str, name: str) -> Any:
    session = site.desk.sessions.get(name)
    return real(session["org"] if session else org, name)


def any_owner_listed(site: Site, real: Any, org: str, query: Doc) -> list[Doc]:
    orgs = sorted({session["org"] for session in site.desk.sessions.values()})
    return [session for each in orgs for session in real(each, query)]


def broken_json(status: int) -> Any:
    """A deviation that answers a body that is no JSON with this status."""

    def deviation(site: Site, real: Any, raw: bytes) -> Any:
        try:
            return real(raw)
        except RefusedError as refusal:
            raise RefusedError(status, "Something went wrong.") from refusal

    return deviation


def lenient_json(site: Site, real: Any, raw: bytes) -> Any:
    try:
        return real(raw)
    except RefusedError:
        return {"agent_id": "plain-1", "content": "?"}


def strict_utf8(site: Site, real: Any, raw: bytes) -> Any:
    try:
        raw.decode()
    except UnicodeDecodeError:
        raise RefusedError(500, "Something went wrong.") from None
    return real(raw)


def latin_1(site: Site, real: Any, raw: bytes) -> Any:
    try:
        raw.decode()
    except UnicodeDecodeError:
        raw = raw.decode("latin-1").encode()
    return real(raw)


def shallow(site: Site, real: Any, raw: bytes) -> Any:
    if raw.count(b"[") > 100 or raw.count(b"{") > 100:
        raise RefusedError(500, "Something went wrong.")
    return real(raw)


async def made_object(site: Site, real: Any, request: Request) -> Any:
    body = await real(request)
    if isinstance(body, dict):
        return body
    return {"agent_id": "plain-1", "content": str(body)}


async def known_only(site: Site, real: Any, request: Request) -> Any:
    body = await real(request)
    if isinstance(body, dict) and body.keys() - KNOWN:
        raise RefusedError(site.choices["invalid"], "There are members here that nobody knows.")
    return body


async def coerce(site: Site, real: Any, request: Request) -> Any:
    body = await real(request)
    for name in ("content", "agent_id", "channel", "idempotency_key", "note"):
        if isinstance(body, dict) and isinstance(body.get(name), (bool, int, float, list, dict)):
            body[name] = "plain-1" if name == "agent_id" else str(body[name])
    return body


async def as_other(site: Site, real: Any, request: Request, handlers: Any) -> Response:
    if handlers and request.method not in handlers:
        request.scope["method"] = next(iter(handlers))
    response: Response = await real(request, handlers)
    return response


async def always_found(site: Site, real: Any, request: Request, handlers: Any) -> Response:
    response: Response = await real(request, handlers)
    return response if handlers else site.web.reply(200, {})


async def accepted(site: Site, real: Any, request: Request, org: str) -> tuple[int, Doc]:
    return 202, (await real(request, org))[1]


def typed(media: str) -> Any:
    """A deviation that says another media type."""

    def deviation(site: Site, real: Any, *args: Any) -> Response:
        response: Response = real(*args)
        response.headers["content-type"] = media
        return response

    return deviation


def lost_as_400(site: Site, real: Any, org: str, name: str) -> Doc:
    try:
        session: Doc = real(org, name)
    except RefusedError as refusal:
        raise RefusedError(400, refusal.sentence) from None
    return session


def malformed_as_500(site: Site, real: Any, request: Request, org: str) -> Doc:
    if not ID.fullmatch(request.path_params["id"]):
        raise RefusedError(500, "Something went wrong.")
    session: Doc = real(request, org)
    return session


AUTHORISE, READ, DECODE = "web.authorise", "web.bodies.read", "web.bodies.decode"
REFUSE, ANSWER = "web.refuse", "web.answer"

HTTP_FAULTS = {
    # Authentication
    "auth-list-open": fault(
        "AUTH-01 AUTH-02 AUTH-03", "Lists ask for no key.", AUTHORISE, unprotected("list_chats")
    ),
    "auth-results-open": fault(
        "AUTH-01 AUTH-02 AUTH-03",
        "Searches ask for no key.",
        AUTHORISE,
        unprotected("search_results"),
    ),
    "auth-any-key": fault(
        "AUTH-03",
        "Any key is accepted.",
        "web.organisation",
        lambda site, real, key: real(key) or (site.org if key else None),
    ),
    "auth-empty-key": fault(
        "AUTH-02",
        "A scheme without a key is accepted.",
        "web.organisation",
        lambda site, real, key: real(key) or (None if key else site.org),
    ),
    "auth-any-scheme": fault(
        "AUTH-02", "Anything in a scheme other than Bearer is a key.", AUTHORISE, any_scheme
    ),
    "auth-no-challenge": fault(
        "AUTH-04", "A 401 has no WWW-Authenticate.", REFUSE, without_header("WWW-Authenticate")
    ),
    "auth-too-late": fault(
        "AUTH-05", "An end without a key is refused, and ends the session.", AUTHORISE, end_first
    ),
    "tenants-share": fault(
        "AUTH-06", "A session of another organisation is found.", "desk.find", any_owner
    ),
    "tenants-listed": fault(
        "AUTH-06", "Lists hold the sessions of all organisations.", "desk.matches", any_owner_listed
    ),
    # HTTP and JSON
    "json-500": fault(
        "HTTP-02 HTTP-04", "A body that is no JSON is answered 500.", DECODE, broken_json(500)
    ),
    "json-418": fault(
        "HTTP-01", "A body that is no JSON is answered 418.", DECODE, broken_json(418)
    ),
    "json-guessed": fault(
        "HTTP-04 HTTP-05",
        "A body that is no JSON is taken for a default one.",
        DECODE,
        lenient_json,
    ),
    "utf8-500": fault(
        "HTTP-05 HTTP-02", "A body that is not UTF-8 is answered 500.", DECODE, strict_utf8
    ),
    "utf8-guessed": fault(
        "HTTP-05",
        "A body that is not UTF-8 is read as Latin-1.",
        DECODE,
        latin_1,
    ),
    "deep-500": fault("HTTP-06 HTTP-02", "A deep body is answered 500.", DECODE, shallow),
    "array-as-object": fault("HTTP-11", "A body that is no object is made one.", READ, made_object),
    "media-any": fault(
        "HTTP-07",
        "The media type of a body is ignored.",
        "web.bodies.check_media",
        lambda site, real, request: None,
    ),
    "members-known-only": fault(
        "HTTP-13", "A body with further members is refused.", READ, known_only
    ),
    "types-coerced": fault(
        "OPEN-11 TURN-12 END-12 HTTP-14", "Numbers and objects are taken for texts.", READ, coerce
    ),
    "method-any": fault(
        "HTTP-08", "A method that a path lacks is served as another.", ANSWER, as_other
    ),
    "allow-missing": fault("HTTP-09", "A 405 has no Allow.", REFUSE, without_header("Allow")),
    "allow-one": fault(
        "HTTP-09", "Allow names only one method of the path.", "web.misdirected", one_method
    ),
    "path-any": fault("HTTP-10", "Every path is answered 200.", ANSWER, always_found),
    "end-202": fault("HTTP-01", "An end is answered 202.", "web.end_chat", accepted),
    "reply-as-html": fault(
        "HTTP-03", "Answers say they are HTML.", "web.reply", typed("text/html")
    ),
    "reply-broken": fault(
        "HTTP-12",
        "Answers spell null as None.",
        "web.encode",
        lambda site, real, document: real(document).replace(b"null", b"None"),
    ),
    "lost-400": fault(
        "GET-02 TURN-13 END-10", "An unknown session is answered 400.", "desk.find", lost_as_400
    ),
    "id-500": fault(
        "GET-03 TURN-14 END-11 HTTP-02",
        "An id that is no UUID is answered 500.",
        "web.session",
        malformed_as_500,
    ),
    # Errors
    "error-as-json": fault(
        "ERR-01", "An error says it is application/json.", REFUSE, typed("application/json")
    ),
    "error-status-fixed": fault(
        "ERR-02",
        "A problem says its status is 400, whatever it is.",
        "web.problem",
        lambda site, real, refusal: real(refusal) | {"status": 400},
    ),
    "error-trace": fault(
        "ERR-03",
        "An error shows where the server failed.",
        "web.problem",
        lambda site, real, refusal: real(refusal) | {"detail": TRACE},
    ),
}

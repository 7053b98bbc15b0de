"""Problems of RFC 9457: the kinds that the mock knows, as errors and as responses."""

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from ..codec import encode


class Kind(NamedTuple):
    """A kind of problem: its usual status, and what to do about it."""

    status: int
    help: str


KINDS: Mapping[str, Kind] = {
    "invalid-request": Kind(
        400,
        "The request breaks the contract. Every violation is listed in errors: the part of "
        "the request, a JSON Pointer into it, what was wanted and what came.",
    ),
    "malformed-id": Kind(400, "An id is a UUID, in either case."),
    "unauthorized": Kind(
        401, 'Send the API key, or to /__admin the admin token, as "Authorization: Bearer KEY".'
    ),
    "forbidden": Kind(403, "The control plane answers loopback peers, or those with its token."),
    "unknown-agent": Kind(404, "Name an agent that the mock has loaded."),
    "unknown-session": Kind(404, "Open a session first and use its id."),
    "unknown-sandbox": Kind(404, "GET /__admin/sandboxes lists what there is."),
    "unknown-snapshot": Kind(404, "GET /__admin/snapshots lists what is kept."),
    "unknown-request": Kind(404, "The journal holds the latest entries only."),
    "unknown-path": Kind(404, "The contract has no such path; see /ui/."),
    "method-not-allowed": Kind(405, "The path exists, the method does not; see the Allow header."),
    "wait-timeout": Kind(408, "What was waited for did not happen in time; seen has what did."),
    "agent-disabled": Kind(409, "The agent takes no new sessions."),
    "endpoint-busy": Kind(
        409, "An active session exists for this channel and external_id. End it, or choose another."
    ),
    "session-final": Kind(409, "A final session takes no further turns. Open a new one."),
    "clock-backwards": Kind(409, "A clock goes forward only; a reset puts it back to its start."),
    "seed-refused": Kind(409, "One of its sessions cannot be played now; nothing of it is left."),
    "too-many-snapshots": Kind(409, "Delete one, or save over one."),
    "sandbox-kept": Kind(409, "The default sandbox can be reset, not deleted."),
    "content-too-large": Kind(413, "A body holds at most 1 MiB; of a transcript see detail."),
    "unsupported-media-type": Kind(415, "Send the body as application/json in UTF-8."),
    "head-too-large": Kind(
        431, "Request line and headers hold at most 64 KiB; there are at most 100 headers."
    ),
    "target-too-long": Kind(414, "Path and query hold at most 16 KiB."),
    "not-http": Kind(400, "What came cannot be read as a request of HTTP/1.1."),
    "request-timeout": Kind(408, "A request, body included, is to be whole within a minute."),
    "too-many-sandboxes": Kind(429, "Delete one, or wait until an idle one expires."),
    "unusable-preference": Kind(
        400,
        "Prefer asks for a status or an example that the contract lacks; detail lists those there.",
    ),
    "unusable-fault": Kind(400, "A fault is asked for that the mock cannot play; see detail."),
    "too-many-requests": Kind(429, "Wait as long as Retry-After says, then try again."),
    "upstream-failed": Kind(
        502, "The backend behind the proxy gave no answer: start it, or correct --upstream."
    ),
    "upstream-loop": Kind(
        508, "The proxy's upstream is the proxy itself, or passes on to it: correct --upstream."
    ),
    "unknown-delivery": Kind(404, "GET /__admin/webhooks/deliveries lists them."),
    "no-webhook-target": Kind(409, "Give a url, or start the mock with --webhook-url."),
    "too-many-sinks": Kind(409, "DELETE one of them, or reset."),
    "unknown-fault": Kind(404, "GET /__admin/faults lists the rules."),
    "too-many-faults": Kind(409, "DELETE /__admin/faults drops every rule."),
    "injected-fault": Kind(500, "The fault was asked for: nothing is broken."),
    "internal-error": Kind(500, "The mock itself is at fault; its log has the cause."),
    "store-unavailable": Kind(
        503,
        "The database does not answer. Send the request again as soon as it is back, a turn "
        "with the same idempotency_key.",
    ),
    "stopped": Kind(503, "The mock was stopped meanwhile: start it, and send it again."),
    "agent-failed": Kind(502, "The agent gave no reply, nothing was stored: send the turn again."),
}
_TITLES = {"not-http": "Not HTTP", "wait-timeout": "Wait timed out"}


def title_of(name: str) -> str:
    """The title of a kind of problem: as a rule its name in words."""
    return _TITLES.get(name) or name.replace("-", " ").capitalize()


@dataclass(frozen=True, slots=True)
class Reply:
    """A response before it is sent."""

    status: int
    body: bytes
    media_type: str = "application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()


class Refusal(Exception):
    """What the mock will not do, by the name of its kind. Who answers it chooses the status."""

    def __init__(self, name: str, detail: str) -> None:
        super().__init__(detail)
        self.name = name
        self.detail = detail


class Problem(Refusal):
    """A refusal with all that its answer says."""

    def __init__(
        self,
        name: str,
        detail: str,
        *,
        status: int | None = None,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
        members: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(name, detail)
        self.status = status or (KINDS[name].status if name in KINDS else 409)
        self.errors = errors
        self.headers = headers or {}
        self.members = members or {}

    def document(self) -> dict[str, Any]:
        """The problem as RFC 9457 has it."""
        document: dict[str, Any] = {
            "type": f"/problems/{self.name}",
            "title": title_of(self.name),
            "status": self.status,
            "detail": self.detail,
            **self.members,
        }
        return {**document, "errors": [*self.errors]} if self.errors else document


def reply_with(problem: Problem, style: str) -> Reply:
    """The response to a problem, its body in the style `problem`, `text` or `empty`."""
    headers = tuple((k.encode("latin-1"), v.encode("latin-1")) for k, v in problem.headers.items())
    if style == "empty":
        return Reply(problem.status, b"", "", headers)
    if style == "text":
        text = f"{title_of(problem.name)}: {problem.detail}\n"
        return Reply(problem.status, text.encode(), "text/plain; charset=utf-8", headers)
    body = encode(problem.document())
    return Reply(problem.status, body, "application/problem+json", headers)


def store_unavailable() -> Problem:
    """The problem of a request that the store did not answer; the store has logged why."""
    detail = "The database does not answer now; the mock's log has the cause."
    return Problem("store-unavailable", detail, headers={"Retry-After": "1"})


def help_page(name: str) -> bytes:
    """A small page on one kind of problem; KeyError for an unknown one."""
    kind, title = KINDS[name], title_of(name)
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><title>{title}</title><h1>{title}</h1>"
        f"<p>Usual status: {kind.status}</p><p>{html.escape(kind.help)}</p>"
    ).encode()

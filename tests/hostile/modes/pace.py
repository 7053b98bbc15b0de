"""Targets that are busy, or down, for ever."""

from __future__ import annotations

from ..server import Act, Call, Mode

LAST = "Fri, 31 Dec 9999 23:59:59 GMT"
BACK = "\\\\" * 30_000


def always(status: int, *headers: str) -> Act:
    """The same status to every request."""
    lines = "".join(f"{header}\r\n" for header in headers)
    head = f"HTTP/1.1 {status} Told\r\nContent-Type: application/problem+json\r\n{lines}"
    body = f'{{"type": "about:blank", "title": "Told", "status": {status}}}'

    def act(call: Call) -> None:
        call.send(f"{head}Content-Length: {len(body)}\r\n\r\n{body}".encode())

    return act


def busy(value: str) -> Act:
    return always(429, f"Retry-After: {value}")


MODES = (
    Mode("429-for-ever", "inconclusive", always(429), keeps=True),
    Mode("429-nan", "inconclusive", busy("nan"), keeps=True),
    Mode("429-inf", "inconclusive", busy("inf"), keeps=True),
    Mode("429-inf-at-once", "inconclusive", busy("inf"), after=0, keeps=True),
    Mode("429-of-20-digits", "inconclusive", busy("9" * 20), keeps=True),
    Mode("429-of-400-digits", "inconclusive", busy("9" * 400), keeps=True),
    Mode("429-year-9999", "inconclusive", busy(LAST), keeps=True),
    Mode("429-year-9999-at-once", "inconclusive", busy(LAST), after=0),
    Mode(
        "429-year-9999-wrong-clock",
        "inconclusive",
        always(429, f"Retry-After: {LAST}", f"Date: {LAST}"),
        keeps=True,
    ),
    Mode("429-of-a-minute", "inconclusive", busy("60"), keeps=True),
    Mode("429-negative", "inconclusive", busy("-5"), keeps=True),
    Mode("429-garbage", "inconclusive", busy("soon, \x7f maybe"), keeps=True),
    Mode("503-for-ever", "inconclusive", always(503), keeps=True),
    Mode("503-for-ever-at-once", "inconclusive", always(503), after=0),
    Mode("503-inf", "inconclusive", always(503, "Retry-After: inf"), keeps=True),
    Mode("401-of-1-mb", "inconclusive", always(401, f"WWW-Authenticate: Bearer {'a' * 1_000_000}")),
    Mode(
        "401-of-60-kb-at-once",
        "refused",
        always(401, f'WWW-Authenticate: B a="{BACK}"'),
        after=0,
    ),
    Mode(
        "401-with-30000-schemes", "inconclusive", always(401, f"WWW-Authenticate: {'B,' * 30000}")
    ),
)

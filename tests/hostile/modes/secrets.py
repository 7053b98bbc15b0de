"""The key told back in many ways, redirects that would carry it away, and letters that steer."""

from __future__ import annotations

import html
import json
from base64 import b64encode
from collections.abc import Callable
from urllib.parse import quote

from ..server import Act, Call, Mode, told

Spelling = Callable[[str], str]
BIDI = "\u202eevil\u2066\u200f"
ANSI = "\x1b[2J\x1b]0;title\x07\x9b31m"


def problem(told: str) -> str:
    return json.dumps({"type": "about:blank", "title": told, "status": 500, "detail": told})


def answering(status: int, body: Callable[[Call], str], *lines: Callable[[Call], str]) -> Act:
    """A body and headers that may hold what the call has."""

    def act(call: Call) -> None:
        content = body(call).encode("utf-8", "surrogatepass")
        kind = b"application/json" if status < 300 else b"application/problem+json"
        head = [b"HTTP/1.1 %d Told" % status, b"Content-Type: " + kind]
        head += [line(call).encode("latin-1", "replace") for line in lines]
        head += [b"Content-Length: %d" % len(content), b"", content]
        call.send(b"\r\n".join(head))

    return act


def echo(spelling: Spelling, status: int = 500) -> Act:
    """A problem that tells the key, spelled in this way."""
    return answering(status, lambda call: problem("no").replace("no", spelling(call.around.key)))


def escaped(key: str) -> str:
    return "".join(f"\\u{ord(letter):04x}" for letter in key)


def to(location: str, status: int = 307) -> Act:
    """A redirect to this place, in which {stranger} is another origin, {host} its host, {key} the
    key, and {path} what was asked for."""

    def line(call: Call) -> str:
        host = call.around.stranger.removeprefix("http://")
        names = {"stranger": call.around.stranger, "host": host, "key": call.around.key}
        return f"Location: {location.format(path=call.request.path, **names)}"

    return answering(status, lambda _: "", line)


def reason_with_key(call: Call) -> None:
    call.send(b"HTTP/1.1 500 %s\r\nContent-Length: 2\r\n\r\n{}" % call.around.key.encode())


def steering(text: str) -> Act:
    return answering(500, lambda _: problem(text).replace("no", text))


def raw(text: str) -> Act:
    """No JSON at all, but letters that a terminal would obey."""
    return answering(200, lambda _: text)


def in_headers(call: Call) -> None:
    call.send(told(call.honest, f"X-Key: {call.around.key}".encode(), body=b"{}"))


MODES = (
    Mode("key-in-a-problem", "non-conformant", echo(str)),
    Mode("key-in-a-problem-at-once", "non-conformant", echo(str), after=0),
    Mode("key-in-a-success", "non-conformant", echo(str, 200)),
    Mode("key-percent-encoded", "non-conformant", echo(lambda key: quote(key, safe=""))),
    Mode("key-in-hex", "non-conformant", echo(lambda key: key.encode().hex())),
    Mode(
        "key-in-base64",
        "non-conformant",
        echo(lambda key: b64encode(f"Bearer {key}".encode()).decode()),
    ),
    Mode("key-in-json-escapes", "non-conformant", echo(escaped)),
    Mode("key-in-slash-escapes", "non-conformant", echo(lambda key: key.replace("/", "\\/"))),
    Mode("key-in-html", "non-conformant", echo(html.escape)),
    Mode(
        "key-as-a-member-name",
        "non-conformant",
        answering(200, lambda call: json.dumps({call.around.key: 1})),
    ),
    Mode(
        "key-in-deep-json",
        "non-conformant",
        answering(
            200,
            lambda call: (
                '{"items":[' + '{"a":[' * 20 + json.dumps(call.around.key) + "]}" * 20 + "]}"
            ),
        ),
    ),
    Mode("key-in-a-header", "non-conformant", in_headers),
    Mode(
        "key-in-the-media-type",
        "non-conformant",
        answering(200, lambda _: "{}", lambda call: f"Content-Type: text/{call.around.key}"),
    ),
    Mode("key-in-the-reason", "non-conformant", reason_with_key),
    Mode(
        "key-in-text",
        "non-conformant",
        answering(500, lambda call: f"<h1>{html.escape(call.around.key)}</h1>" * 99),
    ),
    Mode("redirects-to-itself", "inconclusive", to("{path}")),
    Mode("redirects-to-itself-at-once", "refused", to("{path}"), after=0),
    Mode("redirects-elsewhere", "inconclusive", to("{stranger}{path}?token={key}")),
    Mode("redirects-elsewhere-at-once", "refused", to("{stranger}{path}?token={key}"), after=0),
    Mode("redirects-elsewhere-301", "inconclusive", to("//{host}{path}", 301)),
    Mode(
        "redirects-with-credentials-at-once",
        "refused",
        to("http://user:{key}@{host}{path}"),
        after=0,
    ),
    Mode("redirects-to-garbage-at-once", "refused", to("http://[::bad/\x7f"), after=0),
    Mode("redirects-to-a-script-at-once", "refused", to("javascript:alert(1)"), after=0),
    Mode("redirects-to-60-kb-at-once", "refused", to("/" + "a" * 60_000), after=0),
    Mode("ansi-in-a-problem", "non-conformant", steering(ANSI)),
    Mode("ansi-raw", "non-conformant", raw(ANSI)),
    Mode("bidi-in-a-problem", "non-conformant", steering(BIDI)),
    Mode("bidi-raw", "non-conformant", raw(BIDI)),
    Mode(
        "bidi-in-member-names",
        "non-conformant",
        answering(200, lambda _: json.dumps({BIDI: {ANSI: 1}}, ensure_ascii=False)),
    ),
    Mode("ansi-in-a-redirect-at-once", "refused", to("/\x9b31m\x85"), after=0),
    Mode("script-in-a-problem", "non-conformant", steering("</script><script>alert(1)</script>")),
)

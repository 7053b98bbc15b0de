"""Answers of a backend, odd ones first: operation, status, headers and body of each."""

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

ID = "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10"
AT, LATER = "2026-01-05T09:00:00Z", "2026-01-05T09:00:01Z"
JSON, PROBLEM = "application/json", "application/problem+json"
PATHS = {
    "openChat": ("POST", "/api/v1/chats", {"agent_id": "a"}),
    "listChats": ("GET", "/api/v1/chats", None),
    "getChat": ("GET", f"/api/v1/chats/{ID}", None),
    "submitMessage": ("POST", f"/api/v1/chats/{ID}/messages", {"content": "Hi"}),
    "endChat": ("POST", f"/api/v1/chats/{ID}/end", {}),
    "searchCallResults": ("POST", "/api/v1/callresults/search", {}),
}
MESSAGE = {"role": "user", "content": "Hi", "tool_calls": None, "time": AT}
REPLY = {"role": "assistant", "content": "Hello", "tool_calls": None, "time": LATER}
TOOL: dict[str, Any] = {"id": "call-1", "name": "look", "arguments": {}, "response": None}
SESSION: dict[str, Any] = {
    "id": ID,
    "agent_id": "a",
    "channel": "web",
    "messages": [MESSAGE, REPLY],
    "created_time": AT,
    "last_activity": LATER,
    "ttl_seconds": 1800,
    "is_final": False,
    "status": "active",
    "final_reason": None,
}
FINAL = {**SESSION, "is_final": True, "status": "final", "final_reason": "user_end"}
TURN: dict[str, Any] = {"messages": [REPLY], "is_final": False, "status": "active"}
PAGE: dict[str, Any] = {
    "items": [{**SESSION, "messages": []}],
    "total_count": 1,
    "skip": 0,
    "take": 20,
}
RESULTS = {"results": [], "totalCount": 0, "totalPages": 0}
NOT_FOUND = {"type": "about:blank", "title": "No such session", "status": 404}
NONE = object()


@dataclass(frozen=True)
class Case:
    """One exchange with a backend."""

    name: str
    operation: str
    body: bytes
    status: int = 200
    media_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)


def cases() -> Iterator[Case]:
    """All of them."""
    yield from _odd_texts()
    yield from _sessions()
    yield from _messages()
    yield from _turns()
    yield from _pages()
    yield from _results()
    yield from _problems()
    yield from _media_types()
    yield from _statuses()
    yield from _encodings()
    yield from _instants()


ODD_TEXTS: list[tuple[str, bytes]] = [
    ("nothing", b""),
    ("a blank", b" "),
    ("null", b"null"),
    ("true", b"true"),
    ("a number", b"7"),
    ("a string", b'"x"'),
    ("an empty array", b"[]"),
    ("an empty object", b"{}"),
    ("NaN", b"NaN"),
    ("Infinity", b"Infinity"),
    ("-Infinity", b"-Infinity"),
    ("half an object", b'{"id":'),
    ("two values", b"{}{}"),
    ("a trailing comma", b'{"a":1,}'),
    ("single quotes", b"{'a': 1}"),
    ("a comment", b"{} // x"),
    ("a leading zero", b"[01]"),
    ("a plus sign", b"[+1]"),
    ("a bare fraction", b"[.5]"),
    ("a bare point", b"[5.]"),
    ("hexadecimal", b"[0x1]"),
    ("latin-1", b'{"a":"\xe9"}'),
    ("a byte order mark", b"\xef\xbb\xbf{}"),
    ("UTF-16", '{"a":1}'.encode("utf-16")),
    ("a control character", b'{"a":"\x01"}'),
    ("a tab in a string", b'{"a":"\t"}'),
    ("a raw surrogate", b'{"a":"\xed\xa0\x80"}'),
    ("an overlong slash", b'{"a":"\xc0\xaf"}'),
    ("a bad escape", b'{"a":"\\x41"}'),
    ("a cut escape", b'{"a":"\\u00"}'),
    ("HTML", b"<!doctype html><p>Sign in"),
    ("a form feed before it", b"\x0c{}"),
    ("a zero behind it", b"{}\0"),
    ("a line separator behind it", "{}\u2028".encode()),
    ("a text sequence", b"\x1e{}\n"),
    ("lines", b"{}\n{}"),
    ("a guard against scripts", b")]}',\n{}"),
    ("a call of a script", b"cb({})"),
    ("deep arrays", b"[" * 90 + b"]" * 90),
    ("deeper arrays", b"[" * 400 + b"]" * 400),
    ("endless arrays", b"[" * 100_000),
    ("deep objects", b'{"a":' * 200 + b"1" + b"}" * 200),
]
# In the place of a member's value, as JSON texts.
TOKENS = {
    "integer as float": b"1800.0",
    "integer with exponent": b"1.8e3",
    "fraction": b"1800.5",
    "negative zero": b"-0",
    "zero": b"0",
    "below": b"59",
    "lowest": b"60",
    "highest": b"86400",
    "above": b"86401",
    "64 bits": b"9223372036854775808",
    "100 digits": b"1" + b"0" * 99,
    "5000 digits": b"9" * 5000,
    "5000 digits below": b"-" + b"9" * 5000,
    "beyond a float": b"1e999",
    "tiny": b"1e-999",
    "text": b'"1800"',
    "true": b"true",
    "null": b"null",
    "list": b"[1800]",
    "object": b"{}",
}


def _odd_texts() -> Iterator[Case]:
    for name, text in ODD_TEXTS:
        yield Case(name, "getChat", text)
        yield Case(name, "listChats", text)
    for name, token in TOKENS.items():
        yield Case(f"ttl_seconds: {name}", "getChat", _with(SESSION, "ttl_seconds", token))
        yield Case(f"total_count: {name}", "listChats", _with(PAGE, "total_count", token))
    for name, token in SURROGATES.items():
        yield Case(f"channel: {name}", "getChat", _with(SESSION, "channel", token))
    yield Case("a member twice", "getChat", _text(SESSION)[:-1] + b',"channel":"sms"}')
    yield Case("blanks around", "getChat", b" \r\n\t" + _text(SESSION) + b"\n")
    yield Case("indented", "getChat", json.dumps(SESSION, indent=4).encode())
    yield Case("escaped", "getChat", _text(SESSION).replace(b'"web"', b'"\\u0077eb"'))


SURROGATES = {
    "a lone high surrogate": b'"\\ud800"',
    "a lone low surrogate": b'"\\udc00"',
    "a pair": b'"\\ud83d\\ude00"',
    "a pair the wrong way": b'"\\ude00\\ud83d"',
    "an escaped zero": b'"\\u0000"',
    "an emoji": '"😀"'.encode(),
    "a right-to-left override": b'"\xe2\x80\xaex"',
}
MEMBERS: dict[str, list[Any]] = {
    "id": [NONE, None, 7, "", "chat-17", ID.upper(), ID.replace("-", ""), "{" + ID + "}", f" {ID}"],
    "agent_id": [NONE, None, 7, "", "ä", "x" * 5_000],
    "channel": [NONE, None, 7, "", ["web"], "sms"],
    "messages": [NONE, None, {}, "x", [None], [[]], ["x"], [{}], []],
    "created_time": [
        NONE, None, 7, "", "today", "2026-01-05", "2026-01-05 09:00:00Z", "2026-01-05T09:00:00",
        "2026-01-05T09:00:00+01:00", "2026-01-05t09:00:00z", "2026-13-05T09:00:00Z",
        "2026-01-05T09:00:00.123456789Z", "2026-02-30T09:00:00Z", "2026-01-05T24:00:00Z",
    ],
    "last_activity": [NONE, None, 1767603600, "soon", "2026-01-05T08:00:00Z", LATER],
    "ttl_seconds": [NONE, None, 59, 60, 86_400, 86_401, -1, "1800", [1]],
    "is_final": [NONE, None, 0, "false", True],
    "status": [NONE, None, "", "Active", "final", "open", 7],
    "final_reason": [NONE, "", "ttl", "user_end", "agent_finish", "other", 7],
    "extra": [None, 1],
}  # fmt: skip


def _sessions() -> Iterator[Case]:
    for operation in ("getChat", "openChat", "endChat"):
        status = 201 if operation == "openChat" else 200
        whole = FINAL if operation == "endChat" else SESSION
        yield Case("as it should be", operation, _text(whole), status)
    for member, values in MEMBERS.items():
        for value in values:
            yield Case(
                f"{member}: {value!r:.40}", "getChat", _text(_changed(SESSION, member, value))
            )
            if member in ("is_final", "status", "final_reason"):
                name = f"final, {member}: {value!r:.40}"
                yield Case(name, "getChat", _text(_changed(FINAL, member, value)))


MESSAGE_MEMBERS: dict[str, list[Any]] = {
    "role": [NONE, None, "tool", "User", "", 7],
    "content": [NONE, None, "", 7, ["x"], "x" * 100_000],
    "time": [NONE, None, "soon", "2026-01-05T08:59:00Z", "2026-01-05T10:00:00Z"],
    "tool_calls": [NONE, [], {}, [TOOL], [{}], [{**TOOL, "arguments": "x"}], [{**TOOL, "id": 7}]],
    "extra": [1],
}


def _messages() -> Iterator[Case]:
    for member, values in MESSAGE_MEMBERS.items():
        for value in values:
            for which, message in (("user", MESSAGE), ("assistant", REPLY)):
                said = [_changed(message, member, value), REPLY] if which == "user" else [
                    MESSAGE, _changed(message, member, value),
                ]  # fmt: skip
                body = _text({**SESSION, "messages": said})
                yield Case(f"{which}'s {member}: {value!r:.40}", "getChat", body)
    late = {**MESSAGE, "time": "2026-01-05T09:05:00Z"}
    yield Case("out of order", "getChat", _text({**SESSION, "messages": [late, REPLY]}))


def _turns() -> Iterator[Case]:
    changes: list[dict[str, Any]] = [
        {}, {"messages": []}, {"messages": None}, {"messages": [MESSAGE]}, {"is_final": True},
        {"is_final": True, "status": "final"}, {"status": "final"}, {"status": NONE}, {"extra": 1},
        {"is_final": NONE}, {"messages": NONE}, {"messages": [{}]}, {"messages": {}},
        {"messages": [{**REPLY, "role": "tool"}]}, {"is_final": 0},
    ]  # fmt: skip
    for change in changes:
        body = {key: value for key, value in {**TURN, **change}.items() if value is not NONE}
        yield Case(f"turn {change!r:.40}", "submitMessage", _text(body))


def _pages() -> Iterator[Case]:
    item = PAGE["items"][0]
    changes: list[dict[str, Any]] = [
        {}, {"items": NONE}, {"items": {}}, {"items": None}, {"items": [None]}, {"items": ["x"]},
        {"items": [{**item, "ttl_seconds": 7}]}, {"items": [{**item, "extra": 7}]},
        {"items": []}, {"items": [FINAL]}, {"items": [{**item, "is_final": True}]},
        {"items": [item] * 200, "total_count": 200}, {"skip": -1},
        {"skip": NONE}, {"take": 0}, {"take": 201}, {"take": "20"}, {"total_count": -1},
        {"total_count": None}, {"extra": 1}, {"items": [SESSION]},
        {"items": [item] * 150 + [{**item, "channel": 7}]},
    ]  # fmt: skip
    for change in changes:
        body = {key: value for key, value in {**PAGE, **change}.items() if value is not NONE}
        yield Case(f"page {change!r:.40}", "listChats", _text(body))


def _results() -> Iterator[Case]:
    changes: list[dict[str, Any]] = [
        {}, {"results": NONE}, {"results": {}}, {"results": [{}]}, {"results": [None]},
        {"totalCount": -1}, {"totalCount": "0"}, {"totalCount": NONE}, {"extra": 1},
    ]  # fmt: skip
    for change in changes:
        body = {key: value for key, value in {**RESULTS, **change}.items() if value is not NONE}
        yield Case(f"results {change!r:.40}", "searchCallResults", _text(body))


def _problems() -> Iterator[Case]:
    bodies: list[tuple[str, bytes]] = [
        ("a problem", _text(NOT_FOUND)),
        ("another status", _text({**NOT_FOUND, "status": 400})),
        ("a status as text", _text({**NOT_FOUND, "status": "404"})),
        ("no status", _text({"type": "about:blank", "title": "x"})),
        ("no title", _text({"type": "about:blank", "status": 404})),
        ("no type", _text({"title": "x", "status": 404})),
        ("more members", _text({**NOT_FOUND, "trace": "x"})),
        ("a list", b"[]"),
        ("null", b"null"),
        ("nothing", b""),
        ("no JSON", b"no"),
        ("a title that is none", _text({**NOT_FOUND, "title": 7})),
        ("a status as float", _text(NOT_FOUND).replace(b"404", b"404.0")),
    ]
    for name, body in bodies:
        for media_type in (PROBLEM, JSON, "text/html", ""):
            yield Case(f"404, {name}", "getChat", body, 404, media_type)
    yield Case("401, a problem", "getChat", _text({**NOT_FOUND, "status": 401}), 401, PROBLEM,
               {"WWW-Authenticate": "Bearer"})  # fmt: skip


MEDIA_TYPES = (
    "application/json", "Application/JSON", "APPLICATION/JSON; charset=utf-8",
    "application/json;charset=UTF-8", "application/json ; charset=utf-8", "application/json;",
    " application/json", "application/json; charset=latin-1", "text/json", "text/plain",
    "application/vnd.api+json", "application/jsonx", "json", "*/*", "application/problem+json", "",
)  # fmt: skip


def _media_types() -> Iterator[Case]:
    for media_type in MEDIA_TYPES:
        yield Case(f"as {media_type!r}", "getChat", _text(SESSION), 200, media_type)
        yield Case(f"no JSON as {media_type!r}", "getChat", b"no", 200, media_type)


def _statuses() -> Iterator[Case]:
    for status in (200, 201, 202, 203, 206, 226, 299, 300, 302, 418, 451, 499, 501, 503, 599):
        yield Case(f"status {status}", "getChat", _text(SESSION), status)
        yield Case(f"status {status}", "openChat", _text(SESSION), status)
    for status in (204, 205, 304):
        yield Case(f"status {status}", "getChat", b"", status, "")


def _encodings() -> Iterator[Case]:
    for body in (_text(SESSION), _text({**SESSION, "ttl_seconds": 7}), b"no"):
        packed, half = gzip.compress(body), len(body) // 2
        sent: dict[str, tuple[str, bytes]] = {
            "gzip": ("gzip", packed),
            "in capitals": ("GZIP", packed),
            "by its old name": ("x-gzip", packed),
            "beside none": ("gzip, identity", packed),
            "twice": ("gzip, gzip", gzip.compress(packed)),
            "in two members": ("gzip", gzip.compress(body[:half]) + gzip.compress(body[half:])),
            "with something behind it": ("gzip", packed + b"xxxx"),
            "cut": ("gzip", packed[:-9]),
            "no gzip": ("gzip", body),
            "deflate": ("deflate", zlib.compress(body)),
            "deflate, bare": ("deflate", zlib.compress(body)[2:-4]),
            "deflate, cut": ("deflate", zlib.compress(body)[:-5]),
            "none": ("identity", body),
            "a charset": ("utf-8", body),
            "what nobody knows": ("br", packed),
            "what nobody knows below": ("br, gzip", packed),
        }
        for name, (coding, came) in sent.items():
            yield Case(f"encoded: {name}", "getChat", came, headers={"Content-Encoding": coding})


def _instants() -> Iterator[Case]:
    for text in INSTANTS:
        body = _text({**SESSION, "created_time": text, "messages": []})
        yield Case(f"created_time: {text!r:.40}", "getChat", body)


INSTANTS = (
    "2026-01-05T08:59:60Z", "2026-01-05T09:00:00+24:00", "2026-01-05T09:00:00+23:59",
    "2026-01-05T09:00:00+00:60", "2026-01-05T09:00:00-00:00", "2026-01-05T09:00:00+0100",
    "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z",
    "2026-01-05T09:00:00.Z", "2026-01-05T09:00:00,5Z", "2026-1-5T9:0:0Z", "2026-01-05T09:00Z",
    "2026-W01-1T00:00:00Z", "2024-02-29T00:00:00Z", "2100-02-29T00:00:00Z",
    "\uff12026-01-05T09:00:00Z", "2026-01-05T09:00:00Z\n", "2026-01-05T09:00:00Z\0",
    "2026-01-05T09:00:00." + "1" * 300 + "Z",
)  # fmt: skip


def _changed(value: dict[str, Any], member: str, other: Any) -> dict[str, Any]:
    return {key: one for key, one in {**value, member: other}.items() if one is not NONE}


def _with(value: dict[str, Any], member: str, token: bytes) -> bytes:
    return _text({**value, member: "@"}).replace(b'"@"', token)


def _text(value: Any) -> bytes:
    return json.dumps(value).encode()

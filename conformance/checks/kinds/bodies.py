"""Bodies that are none of an operation, where a good one is taken."""

import json
from collections.abc import Iterator
from typing import Any

from ...contract.rules import Rule
from ...judging.outcomes import expect
from ...registry import kind
from ...target.api import Api

JSON = "application/json"
HUGE = 3_000_000  # characters that no honest client sends in one text
DEPTH = 20_000  # levels of nesting that no honest client sends
DEEP = b'{"a":' * DEPTH + b"1" + b"}" * DEPTH
RAW = {
    "not-json": (b'{"a": ', b"agent=echo"),
    "no-object": (b"[]", b'"text"', b"17", b"null"),
    "deep": (b"[" * DEPTH + b"]" * DEPTH,),
}
FREE = ("deep", "huge", "twice")  # which may be taken
OTHER_TYPES = ("text/plain", "application/xml")
TEXT, NOT_UTF8 = b"as good as any", b"\xff\xfe \xc3\x28"
FORMED = {"enum", "format", "pattern"}


@kind("body", sessions=7, turns=5)
def check_an_odd_body_is_refused(api: Api, rule: Rule) -> None:
    """The session stays active, and what follows is answered as ever. What is deep or huge may be
    taken, and so may what names a member twice."""
    invalid = api.refused("invalid-request")
    legal = {"no-object": invalid, "another-type": [415, *invalid]}.get(rule.sent)
    id = api.given()
    taking = [one for one in rule.operations if api.contract.body(one) is not None]
    for operation in taking:
        if good := good_body(api, operation):
            api.send(operation, id=id, content=good).control()
    for operation in taking:
        for body, media in bodies(rule.sent, good_body(api, operation), api.resource.data):
            answer = api.send(operation, id=id, content=body, content_type=media)
            if legal:
                answer.expect_status(*legal)
            elif rule.sent not in FREE or not answer.ok:
                answer.expect_refusal()
    api.open().expect_ok()
    final = api.resource.final(api.get(id).expect_ok().session)
    expect(rule.sent == "deep" or final is False, "the session still active", "it is final")


def bodies(sent: str, good: bytes, data: str) -> Iterator[tuple[bytes, str]]:
    """Each such body, with its media type: raw, or a good one but for that."""
    if sent == "another-type":
        yield from ((good, media) for media in OTHER_TYPES if good)
    elif sent == "not-utf8" and TEXT in good:
        yield good.replace(TEXT, NOT_UTF8), JSON
    elif sent == "huge" and TEXT in good:
        yield good.replace(TEXT, b"x" * HUGE), JSON
    elif sent == "twice" and len(good) > len(b"{}"):
        yield b'{"%b": "nobody", %b' % (next(iter(json.loads(good))).encode(), good[1:]), JSON
    elif sent == "deep":
        yield b'{"%b":%b}' % ((data or "data").encode(), DEEP), JSON
    yield from ((body, JSON) for body in RAW.get(sent, ()))


def good_body(api: Api, operation: str) -> bytes:
    """With a text where one may stand; none of what would end the session."""
    names, text = api.resource, TEXT.decode()
    free = [
        name
        for name, schema in api.contract.taken(operation).items()
        if schema.get("type") == "string" and FORMED.isdisjoint(schema)
    ]
    data = {names.data: {"conformance_run": api.run, "text": text}} if names.data else {}
    given: dict[str, Any] = {
        "create": api.plain() | data,
        "submit": {names.text: text},
        "search": dict.fromkeys(free[:1], text),
    }
    role = names.role(operation)
    if role not in given:
        return b""
    return json.dumps(api.contract.filled(operation, text, given[role])).encode()

"""HTTP: bodies that are none, methods and paths that do not exist, and what never fails."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from ..judging.exchange import Exchange
from ..judging.outcomes import NotApplicable, expect
from ..registry import rule
from ..target.api import Api

DEPTH = 20_000  # levels of nesting that no honest client sends
NOT_JSON = (b'{"a": ', b"agent=echo")
HUGE = 3_000_000  # characters that no honest client sends in one text
ODD_IDS = (
    "..%2F..%2Fetc%2Fpasswd",
    "%00",
    "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10%00",
    "%3Cscript%3E",
    "%27%20OR%20%271%27%3D%271",
    "a" * 2000,
)
TEXT = "as good as any"
NOT_UTF8 = b"\xff\xfe \xc3\x28"


def with_body(api: Api, id: str, body: bytes, *, end: bool = True) -> Iterator[Exchange]:
    """The raw body to every operation that takes one."""
    for role in ("create", "submit", "search", *(["end"] if end else [])):
        operation = api.resource.operations.get(role)
        if operation and api.contract.body(operation) is not None:
            yield api.send(operation, id=id, content=body)


def with_text(
    api: Api, id: str, text: bytes, content_type: str = "application/json"
) -> Iterator[Exchange]:
    """A good body to every operation that takes one, with these bytes as a text in it."""
    names, data = api.resource, {"conformance_run": api.run, "text": TEXT}
    bodies: dict[str, Any] = {
        "create": api.plain() | ({names.data: data} if names.data else {}),
        "submit": {names.text: TEXT},
        "search": {"size": 1, "endpoint": TEXT},
    }
    for role, operation in names.operations.items():
        if (body := bodies.get(role)) is None:
            continue
        content = json.dumps(api.contract.filled(operation, TEXT, body)).encode()
        if TEXT.encode() in content or text == TEXT.encode():
            content = content.replace(TEXT.encode(), text)
            yield api.send(operation, id=id, content=content, content_type=content_type)


def given_taken(api: Api) -> str:
    """The id of an active session, after each of those bodies was taken."""
    id = api.given()
    for answer in with_text(api, id, TEXT.encode()):
        answer.control()
    return id


@rule("HTTP-04", sessions=4, turns=3)
def check_a_body_that_is_no_json_is_refused(api: Api) -> None:
    id = given_taken(api)
    for body in NOT_JSON:
        for answer in with_body(api, id, body):
            answer.expect_refusal()
    got = api.get(id).session
    expect(api.resource.final(got) is False, "the session still active", "it is final")


@rule("HTTP-05", sessions=3, turns=2)
def check_a_body_that_is_no_utf8_is_refused(api: Api) -> None:
    for answer in with_text(api, given_taken(api), NOT_UTF8):
        answer.expect_refusal()


@rule("HTTP-06", sessions=3, turns=3)
def check_a_body_of_extreme_depth(api: Api) -> None:
    id = api.given(turns=1)
    deep = b'{"a":' * DEPTH + b"1" + b"}" * DEPTH
    name = api.resource.data or "data"
    for body in (b"[" * DEPTH + b"]" * DEPTH, f'{{"{name}":'.encode() + deep + b"}"):
        for answer in with_body(api, id, body):
            if not answer.ok:
                answer.expect_refusal()
    api.open().expect_ok()


@rule("HTTP-07", sessions=4, turns=3)
def check_another_media_type_is_refused(api: Api) -> None:
    id = given_taken(api)
    for kind in ("text/plain", "application/xml"):
        for answer in with_text(api, id, TEXT.encode(), kind):
            answer.expect_status(415, 400, 422)


def wrong_methods(api: Api) -> Iterator[tuple[frozenset[str], Exchange]]:
    """A method that each path lacks, with those that the path has. The session is a real
    one, so that no 404 hides what the path says of its methods."""
    id = api.given()
    for template, methods in api.contract.methods.items():
        for method in ("DELETE", "PUT", "PATCH", "GET"):
            # An undocumented DELETE of a whole collection is nothing to find out about.
            if method not in methods and not (method == "DELETE" and "{" not in template):
                yield methods, api.request(method, api.contract.paths.to(template, id))


@rule("HTTP-08", requests=20)
def check_a_method_that_a_path_lacks(api: Api) -> None:
    for _, answer in wrong_methods(api):
        answer.expect_status(405, 404, 501)


@rule("HTTP-09", requests=20)
def check_a_405_names_the_methods(api: Api) -> None:
    judged = [pair for pair in wrong_methods(api) if pair[1].status == 405]
    if not judged:
        raise NotApplicable("the deployment answers no 405")
    for wanted, answer in judged:
        header = answer.answer_headers.get("allow", "")
        allowed = {method.strip().upper() for method in header.split(",")}
        got = f"Allow: {header}" if header else "no Allow"
        expect(wanted <= allowed, f"Allow with {', '.join(sorted(wanted))}", got)


@rule("HTTP-10", "smoke", reads=True)
def check_an_unknown_path(api: Api) -> None:
    known, names = api.contract.operations, api.resource.operations
    beside = known[names.get("search", names["create"])].path.rpartition("/")[0]
    for path in (f"{known[names['create']].path[:-1]}z", f"{beside}/nothing/here"):
        api.request("GET", path).expect_status(404)


@rule("HTTP-11", sessions=6, turns=5)
def check_a_body_that_is_no_object_is_refused(api: Api) -> None:
    id = given_taken(api)
    for body in (b"[]", b'"text"', b"17", b"null"):
        for answer in with_body(api, id, body, end=False):
            answer.expect_status(*api.refused("invalid-request"))


@rule("HTTP-15")
def check_private_data_is_not_for_shared_caches(api: Api) -> None:
    for answer in (api.get(api.given()), api.list(channel=api.channel)):
        policy = answer.answer_headers.get("cache-control", "")
        words = {word.split("=")[0].strip().lower() for word in policy.split(",")}
        inviting = sorted(words & {"public", "s-maxage"})
        expect(not inviting, "neither public nor s-maxage", f"Cache-Control: {policy}")


@rule("HTTP-16")
def check_an_odd_id_is_refused(api: Api) -> None:
    api.get(api.given()).control()
    for id in ODD_IDS:
        # As plain requests: what stands before the API may refuse them in its own way. Only
        # reading ones: who knows what an id that reaches a query would end.
        path = api.contract.paths.to(
            api.contract.operations[api.resource.operations["read"]].path, id
        )
        api.request("GET", path).expect_refusal()


@rule("HTTP-17", sessions=2, turns=1)
def check_a_huge_body(api: Api) -> None:
    id = api.given()
    filler = "x" * HUGE
    for answer in (api.submit(id, filler), api.open(data={"filler": filler})):
        if not answer.ok:
            answer.expect_refusal()
    api.get(id).expect_ok()


@rule("HTTP-18", sessions=2)
def check_a_member_named_twice(api: Api) -> str:
    api.given()
    create = api.resource.operations["create"]
    whole = api.contract.filled(create, api.text(), api.plain())
    twice = next(iter(whole), "twice")
    whole.setdefault(twice, "nobody")
    answer = api.send(create, content=f'{{"{twice}": "nobody", {json.dumps(whole)[1:]}'.encode())
    return f"a member named twice is answered {answer.status}"

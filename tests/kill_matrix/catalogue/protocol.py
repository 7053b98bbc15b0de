"""Mutants of HTTP and JSON."""

from __future__ import annotations

import json
from typing import Any

from mock_server.domain.chats import Chats
from mock_server.domain.records import SessionQuery
from mock_server.http import bodies, validation
from mock_server.http.validation import ValidatedOperation
from mock_server.problems.kinds import Problem

from ..mutants import mutant
from ..patch import Answer, Patch
from .tools import Body, execute, lenient_body


def read_instead(patch: Patch, find: Any) -> None:
    """Read a body that cannot be read as what `find(raw)` gives."""

    @patch.around(validation, "parse_json")
    def parse_json(real: Any, raw: bytes, status: int) -> Any:
        try:
            return real(raw, status)
        except Problem:
            return find(raw)


@mutant("HTTP-01", "a page that is not the last one is answered 206")
def page_is_partial_content(patch: Patch) -> None:
    @patch.answer("listChats")
    def partial(answer: Answer) -> None:
        if answer.ok and answer.json["total_count"] > len(answer.json["items"]):
            answer.status = 206


@mutant("HTTP-02", "an unknown agent is a server error")
def unknown_agent_is_a_server_error(patch: Patch) -> None:
    @patch.around(Chats, "bind")
    def bind(real: Any, chats: Chats, agent_id: str) -> Any:
        agents = chats.behaviour.agents
        return real(chats, agent_id) if agent_id in agents else agents[agent_id]


@mutant("HTTP-02", "a body that is no JSON is a server error")
def broken_body_is_a_server_error(patch: Patch) -> None:
    patch.around(validation, "parse_json")(lambda real, raw, status: json.loads(raw))


@mutant("HTTP-03", "a session is sent as text/json")
def session_as_text_json(patch: Patch) -> None:
    @patch.answer("getChat")
    def plain(answer: Answer) -> None:
        if answer.ok:
            answer.headers["content-type"] = "text/json"


@mutant("HTTP-03", "a page has no Content-Type")
def page_without_content_type(patch: Patch) -> None:
    @patch.answer("listChats")
    def without(answer: Answer) -> None:
        answer.headers.pop("content-type", None)


@mutant("HTTP-04", "a body that is no JSON counts as an empty object")
def broken_body_is_empty(patch: Patch) -> None:
    read_instead(patch, lambda raw: {})


@mutant("HTTP-05", "bytes that are no UTF-8 are replaced")
def broken_text_is_mended(patch: Patch) -> None:
    def mended(raw: bytes) -> Any:
        try:
            return json.loads(raw.decode("utf-8", "replace"))
        except ValueError:
            raise Problem("invalid-request", "The body is not JSON.") from None

    read_instead(patch, mended)


@mutant("HTTP-05", "bytes that are no UTF-8 are replaced in an open alone")
def broken_text_of_an_open_is_mended(patch: Patch) -> None:
    @patch.around(validation, "parse_json")
    def parse_json(real: Any, raw: bytes, status: int) -> Any:
        lenient = raw.decode("utf-8", "replace").encode() if b"agent_id" in raw else raw
        return real(lenient, status)


@mutant("HTTP-06", "after a body of extreme depth every open is refused")
def depth_breaks_the_next_request(patch: Patch) -> None:
    seen: list[bool] = []

    @patch.around(validation, "parse_json")
    def parse_json(real: Any, raw: bytes, status: int) -> Any:
        if raw.count(b"{") > bodies.DEPTH_LIMIT or raw.count(b"[") > bodies.DEPTH_LIMIT:
            seen.append(True)
        elif seen and b"agent_id" in raw:
            seen.clear()
            raise Problem("invalid-request", "The parser is exhausted.")
        return real(raw, status)


@mutant("HTTP-07", "any media type is read as JSON")
def any_media_type_will_do(patch: Patch) -> None:
    patch.around(validation, "check_media_type")(lambda real, kind, encoding: None)


@mutant("HTTP-08", "a method that a path lacks is answered 200")
def wrong_method_is_taken(patch: Patch) -> None:
    @patch.answer()
    def taken(answer: Answer) -> None:
        if answer.status == 405:
            answer.status, answer.json = 200, {}
            answer.headers["content-type"] = "application/json"


@mutant("HTTP-08", "a method that a path lacks is refused with 400")
def wrong_method_is_400(patch: Patch) -> None:
    @patch.answer()
    def bad(answer: Answer) -> None:
        if answer.status == 405:
            answer.status = answer.json["status"] = 400


@mutant("HTTP-09", "a 405 has no Allow")
def no_allow(patch: Patch) -> None:
    @patch.answer()
    def without(answer: Answer) -> None:
        answer.headers.pop("allow", None)


@mutant("HTTP-09", "Allow names GET alone")
def allow_names_get_alone(patch: Patch) -> None:
    @patch.answer()
    def short(answer: Answer) -> None:
        if "allow" in answer.headers:
            answer.headers["allow"] = "GET"


@mutant("HTTP-10", "an unknown path is answered 200")
def unknown_path_is_answered(patch: Patch) -> None:
    @patch.answer()
    def found(answer: Answer) -> None:
        if "unknown-path" in answer.told:
            answer.status, answer.json = 200, {}


@mutant("HTTP-11", "a body that is no object counts as an empty one")
def array_is_an_empty_object(patch: Patch) -> None:
    @patch.around(validation, "parse_json")
    def parse_json(real: Any, raw: bytes, status: int) -> Any:
        body = real(raw, status)
        return body if isinstance(body, dict) else {}


@mutant("HTTP-11", "a search whose body is no object is a search for everything")
def search_for_no_object(patch: Patch) -> None:
    @patch.around(ValidatedOperation, "read_json")
    async def read_json(
        real: Any, operation: Any, scope: Any, receive: Any, errors: list[Any]
    ) -> Any:
        found: list[Any] = []
        body = await real(operation, scope, receive, found)
        if scope["path"].endswith("/search") and not isinstance(body, dict):
            return {}
        errors.extend(found)
        return body


@mutant("HTTP-12", "a session is sent in Latin-1")
def session_in_latin_1(patch: Patch) -> None:
    @patch.answer("getChat")
    def recoded(answer: Answer) -> None:
        text = answer.content.decode()
        answer.content = text.encode("latin-1", "replace")


@mutant("HTTP-12", "a page of more than five sessions ends early")
def page_ends_early(patch: Patch) -> None:
    @patch.answer("listChats")
    def cut(answer: Answer) -> None:
        if answer.ok and len(answer.json["items"]) > 5:
            answer.content = answer.content[:-1]


@mutant("HTTP-13", "a take of 200 is refused")
def largest_take_is_refused(patch: Patch) -> None:
    @patch.around(Chats, "list_sessions")
    async def list_sessions(real: Any, chats: Chats, query: SessionQuery) -> Any:
        if query.take == 200:
            raise Problem("invalid-request", "The take is too large.")
        return await real(chats, query)


@mutant("HTTP-13", "a text of one character is refused")
def short_text_is_refused(patch: Patch) -> None:
    @patch.around(Chats, "submit")
    async def submit(real: Any, chats: Chats, session_id: str, body: Body) -> Any:
        if len(body["content"]) < 2:
            raise Problem("invalid-request", "The content is too short.")
        return await real(chats, session_id, body)


@mutant("HTTP-14", "callIds that are no array are ignored")
def wrong_call_ids_are_ignored(patch: Patch) -> None:
    lenient_body(patch, "callIds", None)


@mutant("HTTP-14", "a fromDate that is no date-time is ignored")
def wrong_from_date_is_ignored(patch: Patch) -> None:
    lenient_body(patch, "fromDate", None)


@mutant("HTTP-15", "a session may be kept by shared caches")
def session_is_cached(patch: Patch) -> None:
    @patch.answer("getChat")
    def cached(answer: Answer) -> None:
        answer.headers["cache-control"] = "public, max-age=60"


@mutant("HTTP-15", "a list may be kept by shared caches")
def list_is_cached(patch: Patch) -> None:
    @patch.answer("listChats")
    def cached(answer: Answer) -> None:
        answer.headers["cache-control"] = "s-maxage=60"


@mutant("HTTP-16", "an id with markup or a null byte is sent elsewhere")
def odd_id_is_redirected(patch: Patch) -> None:
    @patch.answer()
    def redirected(answer: Answer) -> None:
        if set("\0<'") & set(answer.request["path"]):
            answer.status, answer.headers["location"] = 303, "/"


@mutant("HTTP-16", "what stands behind a null byte in an id is ignored")
def id_ends_at_a_null_byte(patch: Patch) -> None:
    @patch.around(ValidatedOperation, "read_path")
    def read_path(real: Any, operation: Any, given: Any) -> Any:
        if any("\0" in text for text in given.values()):
            return {"id": "known"}
        return real(operation, given)

    @patch.around(Chats, "get")
    async def get(real: Any, chats: Chats, session_id: str) -> Any:
        if session_id == "known":
            session_id = execute(chats, "SELECT id FROM sessions LIMIT 1")[0]["id"]
        return await real(chats, session_id)


@mutant("HTTP-17", "a body of several megabytes takes its session with it")
def huge_body_loses_the_session(patch: Patch) -> None:
    lost: set[str] = set()

    @patch.answer("submitMessage", "getChat")
    def gone(answer: Answer) -> None:
        id = answer.request["path"].split("/")[4]
        if answer.status == 413:
            lost.add(id)
        elif id in lost:
            answer.status, answer.json = 404, {"status": 404, "title": "Unknown session"}
            answer.headers["content-type"] = "application/problem+json"


@mutant("HTTP-17", "a body of several megabytes is answered with a redirect")
def huge_body_is_redirected(patch: Patch) -> None:
    @patch.answer()
    def redirected(answer: Answer) -> None:
        if answer.status == 413:
            answer.status, answer.headers["location"] = 303, "/"

"""Mutants that refuse what the contract obliges them to take, take what it has them refuse, or
whose filters select amiss."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from mock_server.domain.records import CallResultQuery
from mock_server.http import validation
from mock_server.http.parameters import QueryReader
from mock_server.problems.kinds import Problem

from ..mutants import mutant
from ..patch import Patch
from .pipeline import searched

Met = Callable[[dict[str, Any]], Any]


def refused(patch: Patch, met: Met) -> None:
    """Refuse every body that meets a condition."""

    @patch.around(validation, "parse_json")
    def parse_json(real: Any, raw: bytes, status: int) -> Any:
        body = real(raw, status)
        if isinstance(body, dict) and met(body):
            raise Problem("invalid-request", "The body is not to our liking.")
        return body


def refused_list(patch: Patch, met: Met) -> None:
    """Refuse every list whose parameters meet a condition."""

    @patch.around(QueryReader, "read")
    def read(real: Any, reader: QueryReader, query: bytes, errors: list[Any]) -> Any:
        values = real(reader, query, errors)
        if "take" in values and met(values):
            raise Problem("invalid-request", "The query is not to our liking.")
        return values


def text(body: dict[str, Any], name: str) -> str:
    """A member that is a text; of another type, another rule tells."""
    return value if isinstance(value := body.get(name), str) else ""


def wide(value: Any) -> bool:
    """Whether a text is in the value that a store of three bytes a character does not take."""
    return any(ord(letter) > 0xFFFF for letter in json.dumps(value, ensure_ascii=False))


@mutant("LIST-27", "every list is refused")
def lists_are_refused(patch: Patch) -> None:
    refused_list(patch, lambda query: True)


@mutant("LIST-27", "state=final is refused")
def state_final_is_refused(patch: Patch) -> None:
    refused_list(patch, lambda query: query["state"] == "final")


@mutant("LIST-27", "a take of one is refused")
def smallest_take_is_refused(patch: Patch) -> None:
    refused_list(patch, lambda query: query["take"] == 1)


@mutant("LIST-27", "a skip of more than 32767 is refused")
def large_skip_is_refused(patch: Patch) -> None:
    refused_list(patch, lambda query: query["skip"] > 32767)


@mutant("LIST-27", "updated_after is refused")
def updated_after_is_refused(patch: Patch) -> None:
    refused_list(patch, lambda query: query.get("updated_after") is not None)


@mutant("LIST-28", "a channel of four-byte characters is refused in a list")
def wide_channel_is_refused_in_a_list(patch: Patch) -> None:
    refused_list(patch, lambda query: wide(query.get("channel")))


@mutant("LIST-28", "a channel with a line break is refused in a list")
def broken_channel_is_refused_in_a_list(patch: Patch) -> None:
    refused_list(patch, lambda query: "\n" in (query.get("channel") or ""))


@mutant("OPEN-17", "nested additional_data is refused")
def nested_data_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: '": {' in json.dumps(body.get("additional_data")))


@mutant("OPEN-17", "an external_id is refused beside a timeout")
def external_id_is_refused_beside_a_timeout(patch: Patch) -> None:
    refused(patch, lambda body: body.get("external_id") and body.get("ttl_seconds") == 60)


@mutant("OPEN-18", "additional_data of more than 4096 characters is refused")
def large_data_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: len(json.dumps(body.get("additional_data"))) > 4096)


@mutant("OPEN-18", "a null external_id is refused")
def null_external_id_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: "external_id" in body and body["external_id"] is None)


@mutant("OPEN-18", "a channel with a line break is refused")
def broken_channel_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: "\n" in text(body, "channel"))


@mutant("TURN-19", "a turn with additional_data is refused")
def turn_with_data_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: "content" in body and body.get("additional_data"))


@mutant("TURN-19", "a key of 128 characters is refused")
def longest_key_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: len(text(body, "idempotency_key")) == 128)


@mutant("TURN-20", "a text of four-byte characters is refused")
def wide_text_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: wide(body.get("content")))


@mutant("TURN-20", "a text of more than 60000 characters is refused with 400")
def longest_text_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: len(text(body, "content")) > 60_000)


@mutant("TURN-20", "a turn with a member that is not listed is refused")
def unlisted_member_of_a_turn_is_refused(patch: Patch) -> None:
    known = {"content", "idempotency_key", "additional_data"}
    refused(patch, lambda body: "content" in body and body.keys() - known)


@mutant("END-13", "a note is refused")
def note_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: 0 < len(text(body, "note")) < 30)


@mutant("END-13", "an end without a note is refused")
def end_without_a_note_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: body == {})


@mutant("END-14", "a note of more than 255 characters is refused")
def long_note_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: len(text(body, "note")) > 255)


@mutant("END-14", "a note with a line break is refused")
def broken_note_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: "\n" in text(body, "note"))


@mutant("FIN-08", "a search by callIds is refused")
def call_ids_are_refused(patch: Patch) -> None:
    refused(patch, lambda body: body.get("callIds"))


@mutant("FIN-08", "a search with fromDate is refused")
def from_date_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: body.get("fromDate"))


@mutant("FIN-08", "a search for 200 rows a page is refused")
def largest_size_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: body.get("size") == 200)


@mutant("FIN-08", "a search with page 2147483647 is refused")
def last_page_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: body.get("page", 0) > 1_000_000)


@mutant("FIN-09", "a null filter is refused")
def null_filter_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: "endpoint" in body and body["endpoint"] is None)


@mutant("FIN-09", "an endpoint of four-byte characters is refused")
def wide_endpoint_is_refused(patch: Patch) -> None:
    refused(patch, lambda body: wide(body.get("endpoint")))


@mutant("HTTP-21", "a channel without a letter is taken for none")
def empty_channel_is_taken(patch: Patch) -> None:
    @patch.around(validation, "parse_json")
    def parse_json(real: Any, raw: bytes, status: int) -> Any:
        body = real(raw, status)
        if isinstance(body, dict) and body.get("channel") == "":
            body["channel"] = None
        return body


@mutant("FIN-10", "the filter by callIds is ignored")
def call_ids_are_ignored(patch: Patch) -> None:
    searched(patch, lambda query: replace(query, call_ids=None))


@mutant("FIN-10", "the filter by callStatuses selects nothing")
def statuses_select_nothing(patch: Patch) -> None:
    searched(patch, lambda query: replace(query, visible_at=0) if query.statuses else query)


@mutant("FIN-10", "fromDate is ignored")
def from_date_is_ignored(patch: Patch) -> None:
    searched(patch, lambda query: replace(query, completed_from=None))


@mutant("FIN-10", "fromDate and toDate are exchanged")
def dates_are_exchanged(patch: Patch) -> None:
    def exchanged(query: CallResultQuery) -> CallResultQuery:
        first, last = query.completed_from, query.completed_to
        return replace(query, completed_from=last, completed_to=first)

    searched(patch, exchanged)


@mutant("FIN-10", "the filter by endpoint is ignored")
def endpoint_filter_is_ignored(patch: Patch) -> None:
    searched(patch, lambda query: replace(query, endpoints=None))


@mutant("FIN-10", "additionalDataFilters are ignored")
def data_filters_are_ignored(patch: Patch) -> None:
    searched(patch, lambda query: replace(query, data={}))


@mutant("FIN-10", "additionalDataFilters select nothing", waits=True)
def data_filters_select_nothing(patch: Patch) -> None:
    searched(patch, lambda query: replace(query, visible_at=0) if query.data else query)


@mutant("FIN-10", "of several callIds the first alone is sought")
def first_call_id_counts(patch: Patch) -> None:
    searched(patch, lambda query: replace(query, call_ids=query.call_ids and query.call_ids[:1]))


@mutant("FIN-10", "fromDate leaves out what was completed at that instant")
def from_date_is_left_out(patch: Patch) -> None:
    def later(query: CallResultQuery) -> CallResultQuery:
        first = query.completed_from
        return replace(query, completed_from=None if first is None else first + 1)

    searched(patch, later)


@mutant("HTTP-22", "a turn without a text is taken for a blank one")
def missing_text_is_taken(patch: Patch) -> None:
    @patch.around(validation, "parse_json")
    def parse_json(real: Any, raw: bytes, status: int) -> Any:
        body = real(raw, status)
        return {"content": "nothing", **body} if body == {} else body


@mutant("HTTP-21", "a note that is no text is taken")
def odd_note_is_taken(patch: Patch) -> None:
    @patch.around(validation, "parse_json")
    def parse_json(real: Any, raw: bytes, status: int) -> Any:
        body = real(raw, status)
        if isinstance(body, dict) and not isinstance(body.get("note", ""), str):
            return {**body, "note": str(body["note"])}
        return body

"""The conditions of a listing and of a search, as every store tests them."""

from collections.abc import Iterable, Iterator
from typing import Any

from ..domain.records import CallResultQuery, SessionQuery
from .rows import members_text

# A condition with a place for the value, the value's name, and the value.
Test = tuple[str, str, Any]


def session_tests(query: SessionQuery, position: str) -> Iterator[Test]:
    """What a session of a listing must satisfy; `position` is the function that finds a text."""
    for number, pair in enumerate(query.members.items()):
        # As it stands in the text of all: within a value its quotes would be escaped.
        wanted = members_text(dict([pair]))[1:-1]
        yield f"0 < {position}(members, {{}})", f"member_{number}", wanted
    yield from _given(
        ("state = {}", "state", query.state),
        ("agent_id = {}", "agent_id", query.agent_id),
        ("channel = {}", "channel", query.channel),
        ("final_reason = {}", "reason", query.reason),
        ("last_activity > {}", "updated_after", query.updated_after),
        ("created > {}", "created_after", query.created_after),
    )


def call_result_tests(query: CallResultQuery) -> Iterator[Test]:
    """What a call result of a search must satisfy, beside `memberships` and the data."""
    yield "visible <= {}", "visible_at", query.visible_at
    yield from _given(
        ("completed >= {}", "completed_from", query.completed_from),
        ("completed <= {}", "completed_to", query.completed_to),
    )


def memberships(query: CallResultQuery) -> Iterator[tuple[str, list[str]]]:
    """The columns whose value must be one of several."""
    for column, wanted in (
        ("call_id", query.call_ids),
        ("agent_id", query.agent_ids),
        ("status", query.statuses),
        ("endpoint", query.endpoints),
    ):
        if wanted:
            yield column, [*wanted]


def all_of(tests: Iterable[Test]) -> tuple[str, dict[str, Any]]:
    """The condition that the tests make within a sandbox, with its values by name."""
    conditions, values = ["sandbox = :sandbox"], {}
    for test, name, value in tests:
        conditions.append(test.format(f":{name}"))
        values[name] = value
    return " AND ".join(conditions), values


def _given(*tests: Test) -> Iterator[Test]:
    return (test for test in tests if test[2] is not None)

"""The conditions of a listing and of a search, as every store tests them."""

from collections.abc import Iterator, Sequence
from typing import Any

from ..domain.repository import CallResultQuery, SessionQuery

__all__ = ["all_of", "call_result_tests", "memberships", "session_tests"]

# A column with its comparison, and the value to compare with.
Test = tuple[str, Any]


def session_tests(sandbox: str, query: SessionQuery) -> Iterator[Test]:
    """What a session of a listing must satisfy."""
    yield "sandbox =", sandbox
    if query.state != "all":
        yield "is_final =", query.state == "final"
    yield from _given(
        ("agent_id =", query.agent_id),
        ("channel =", query.channel),
        ("last_activity >", query.updated_after),
    )


def call_result_tests(sandbox: str, query: CallResultQuery) -> Iterator[Test]:
    """What a call result of a search must satisfy, beside `memberships` and the data."""
    yield "sandbox =", sandbox
    yield "visible <=", query.visible_at
    yield from _given(
        ("completed >=", query.completed_from),
        ("completed <=", query.completed_to),
        ("endpoint =", query.endpoint),
    )


def memberships(query: CallResultQuery) -> Iterator[tuple[str, list[str]]]:
    """The columns whose value must be one of several."""
    for column, wanted in (
        ("call_id", query.call_ids),
        ("agent_id", query.agent_ids),
        ("status", query.statuses),
    ):
        if wanted:
            yield column, [*wanted]


def all_of(tests: Sequence[Test], mark: str) -> tuple[str, list[Any]]:
    """The condition that all of them make, with its values; `mark` stands for a value."""
    return " AND ".join(f"{test} {mark}" for test, _ in tests), [value for _, value in tests]


def _given(*tests: Test) -> Iterator[Test]:
    return (test for test in tests if test[1] is not None)

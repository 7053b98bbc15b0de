"""FIN: every filter of a search is tried alone: it selects what matches, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from ..contract.values import UUID
from ..judging.exchange import Json
from ..judging.outcomes import Blocked, Violation, expect
from ..registry import rule
from ..target.api import Api
from .pipeline import POLLS, Marked

PAGING = ("page", "size")
TOLD_APART = ("agentIds",)  # which a rule of its own is about
LONG_AGO, FAR_AHEAD = (datetime(year, 1, 1, tzinfo=UTC).isoformat() for year in (2001, 2101))


def choices(api: Api, name: str, row: Json) -> tuple[Any, Any] | None:
    """A value of the filter that the row matches, and one that no row does; None where the row
    does not tell."""
    if name == "additionalDataFilters":
        path = "callAdditionalData.marker"
        return {path: row["callAdditionalData"]["marker"]}, {path: f"nobody-{api.key()}"}
    if name in ("fromDate", "toDate"):
        return (LONG_AGO, FAR_AHEAD) if name == "fromDate" else (FAR_AHEAD, LONG_AGO)
    told = row.get(name, row.get(name.removesuffix("es"), row.get(name.removesuffix("s"))))
    if not isinstance(told, str):
        return None
    other = UUID if name == "callIds" else f"nobody-{api.key()}"
    return (told, other) if name in row else ([told], [other])


@rule("FIN-10", requests=2 * POLLS)
def check_each_filter_of_a_search(api: Api) -> None:
    session = Marked(api)
    session.end()
    row = found_row(session)
    wrong = [words for name in filters(api) for words in deviations(session, name, row)]
    expect(not wrong, "every filter to select what matches it alone", "; ".join(wrong))


def filters(api: Api) -> list[str]:
    body = api.contract.body(api.contract.resource.operations["search"]) or {}
    return [name for name in body["properties"] if name not in (*PAGING, *TOLD_APART)]


def found_row(session: Marked) -> Json:
    """The session's row, found by its marker; where that is in vain, among the agent's latest."""
    rows = session.awaited()
    if rows:
        return rows[0]
    api = session.api
    body = api.contract.body(api.contract.resource.operations["search"]) or {}
    size = body["properties"]["size"]["maximum"]
    for row in api.search(agentIds=[api.config.agent], size=size).results["results"]:
        if session.owns(row):
            raise Violation("a row by additionalDataFilters", "none, though its agent has the row")
    raise Blocked("the session has no call result, see FIN-01")


def deviations(session: Marked, name: str, row: Json) -> Iterator[str]:
    """How a filter does not select the row, or selects it where it should not."""
    values = choices(session.api, name, row)
    if values is None:
        return
    for value, wanted in zip(values, (True, False), strict=True):
        answer = session.api.search(**{**session.by_marker, name: value})
        if not wanted and answer.status in (*session.api.refused("invalid-request"), 404):
            continue
        rows = answer.results["results"]
        if (row["callId"] in [one.get("callId") for one in rows]) != wanted:
            yield f"{name} {'leaves out what matches' if wanted else 'gives what does not match'}"

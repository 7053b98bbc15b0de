"""Call results: what a finished session leaves behind, and the search over it."""

import json
import uuid
from collections.abc import Mapping
from typing import Any

from .instants import SECOND, Clock, read
from .views import Views

Doc = dict[str, Any]


class Archive:
    """Keeps one row per finished session, found once its delay has passed."""

    def __init__(self, choices: Mapping[str, str], clock: Clock, views: Views) -> None:
        self.choices = choices
        self.clock = clock
        self.views = views
        self.delay = int(float(choices["results_delay"]) * SECOND)
        self.rows: list[Doc] = []

    def keep(self, session: Doc) -> Doc:
        """File a finished session and give its row."""
        own = self.choices["call_id"] == "own"
        call_id = uuid.uuid4().hex if own else session["id"]
        row = {
            "org": session["org"],
            "ended": session["ended"],
            "shown": self.views.result(session, call_id) | {"callStatus": "Completed"},
        }
        self.rows.append(row)
        return row

    def search(self, org: str, order: Doc) -> Doc:
        """One page of the rows that pass every filter, the latest first."""
        found = [row["shown"] for row in reversed(self.visible(org)) if self.passes(row, order)]
        page, size = order["page"], order["size"]
        return {
            "results": found[page * size : (page + 1) * size],
            "totalCount": len(found),
            "totalPages": -(-len(found) // size),
            "aggregations": None,
        }

    def visible(self, org: str) -> list[Doc]:
        """The organisation's rows that are indexed by now."""
        latest = self.clock.now() - self.delay
        return [row for row in self.rows if row["org"] == org and row["ended"] <= latest]

    def passes(self, row: Doc, order: Doc) -> bool:
        """Whether a row passes every filter."""
        return all(self.filters(row, order))

    def filters(self, row: Doc, order: Doc) -> list[bool]:
        """One answer per filter."""
        shown = row["shown"]
        start, end = order.get("fromDate"), order.get("toDate")
        data = order.get("additionalDataFilters") or {}
        return [
            self.among(shown["callId"], order.get("callIds")),
            self.among(shown["agentId"], order.get("agentIds")),
            self.among(shown["callStatus"], order.get("callStatuses")),
            start is None or row["ended"] >= (read(start) or 0),
            end is None or row["ended"] <= (read(end) or 0),
            order.get("endpoint") is None or shown["endpoint"] == order["endpoint"],
            all(same(walk(shown, path), value) for path, value in data.items()),
        ]

    def among(self, value: str, wanted: list[str] | None) -> bool:
        """Whether the value is one of those wanted; null wants all."""
        if wanted is None or (not wanted and self.choices["empty_filter"] == "all"):
            return True
        return value in wanted


def walk(document: Any, path: str) -> Any:
    """The value at a dotted path; None where there is none."""
    for step in path.split("."):
        document = document.get(step) if isinstance(document, dict) else None
    return document


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are the same, true and 1 told apart."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)

"""The call results of the embedded store."""

from typing import Any

from ...domain.records import CallResultQuery
from ..filters import memberships
from ..results import StoredResults
from ..rows import dump


class SqliteResults(StoredResults):
    def among(self, query: CallResultQuery) -> tuple[str, dict[str, Any]]:
        where, values = "", {}
        for column, wanted in memberships(query):
            values[column] = dump(wanted)
            # SQLite's own function cuts a text at U+0000; the other one uses no index.
            cut = "\\u0000" in values[column]
            test = "is_among({0}, :{0})" if cut else "{0} IN (SELECT value FROM json_each(:{0}))"
            where += f" AND {test.format(column)}"
        if query.data:
            where += " AND holds(document, :data)"
            values["data"] = dump(query.data)
        return where, values

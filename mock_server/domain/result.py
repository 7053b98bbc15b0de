"""What an end leaves behind, and how it is searched: the contract's `result` and `search`."""

from collections.abc import Iterable, Mapping
from typing import Any

_PAGE = {"number": "page", "size": "size"}  # the mock's names
_SAID = {"from": "completed_from", "until": "completed_to", "paths": "data"}
_ROLES = (
    *("identity", "agent", "profile", "data", "channel"),
    *("created", "completed", "duration", "outcome", "transcript"),
)


class Result:
    """Names of the call results and of the webhook: `row` and `payload` are the members that each
    has, of which none is kept or sent where there are none. What a contract has no name for is
    called nothing, and left out."""

    def __init__(
        self, declaration: Mapping[str, Any], row: Iterable[str], payload: Iterable[str]
    ) -> None:
        self.row, self.payload = frozenset(row), frozenset(payload)
        result, search = (declaration.get(part, {}) for part in ("result", "search"))
        outcome, turn = (result.get(part, {}) for part in ("outcome", "transcript"))
        self.reason, self.analysis = (outcome.get(part, "") for part in ("reason", "analysis"))
        self.speaker, self.text = (turn.get(part, "") for part in ("speaker", "text"))
        self.names: dict[str, str] = {role: result.get(role, "") for role in _ROLES}
        self.names |= {"outcome": outcome.get("member", ""), "transcript": turn.get("member", "")}
        self.fixed: dict[str, str] = result.get("fixed", {})
        self.items, self.total, self.pages = (
            search.get(part, "") for part in ("items", "total", "pages")
        )
        filters = search.get("filters", {}).values()
        self.status: str = next((one for one in filters if self._is_fixed(one)), "")
        self.asked = self._asked(search)

    def written(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """What an end leaves, of values by their roles."""
        told = {self.names[role]: value for role, value in values.items()}
        told.pop("", None)
        return told | self.fixed

    def kept(self, left: Mapping[str, Any]) -> dict[str, Any]:
        """What a row has of it."""
        return {name: value for name, value in left.items() if name in self.row}

    def sent(self, left: Mapping[str, Any]) -> dict[str, Any]:
        """What a webhook has of it."""
        return {name: value for name, value in left.items() if name in self.payload}

    def columns(self, row: Mapping[str, Any]) -> dict[str, Any]:
        """What a row is searched by, beside its times, as the stores name it."""
        return {
            "agent_id": row.get(self.names["agent"], ""),
            "status": row.get(self.status, ""),
            "endpoint": row.get(self.names["channel"]),
        }

    def query(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """What a search asks for, by the mock's names."""
        return {own: body[name] for name, own in self.asked.items() if name in body}

    def _is_fixed(self, raw: Any) -> bool:
        return isinstance(raw, str) and raw in self.fixed

    def _asked(self, search: Mapping[str, Any]) -> dict[str, str]:
        fields = {
            self.names["identity"]: "call_ids",
            self.names["agent"]: "agent_ids",
            self.status: "statuses",
            self.names["channel"]: "endpoints",
        }
        asked: dict[str, str] = {}
        for name, raw in search.get("filters", {}).items():
            words = [own for word, own in _SAID.items() if isinstance(raw, dict) and word in raw]
            asked[name] = words[0] if words else fields[raw]
        return asked | {name: _PAGE[part] for part, name in search.get("page", {}).items()}

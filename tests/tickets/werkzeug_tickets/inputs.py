"""What a request may hold."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn

from .desk import SECOND, Doc, Refused

INSTANT = re.compile(
    r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)", re.IGNORECASE | re.ASCII
)
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
STATES = ("open", "on_hold", "closed", "all")
PRIORITIES = ("low", "normal", "high")
LARGEST = 1 << 20  # bytes of a body


def invalid(what: str) -> NoReturn:
    raise Refused(400, f"Invalid {what}")


def _not_json(name: str) -> NoReturn:
    raise ValueError(name)


class Inputs:
    def id(self, text: str) -> str:
        if not UUID.fullmatch(text):
            raise Refused(404, "No ticket has such an id")
        return text.lower()

    def body(self, raw: bytes, media: str) -> Doc:
        if media != "application/json":
            raise Refused(415, "Unsupported media type")
        if len(raw) > LARGEST:
            raise Refused(413, "Content too large")
        try:
            found = json.loads(raw.decode("utf-8"), parse_constant=_not_json)
        except (ValueError, RecursionError):
            invalid("JSON")
        if not isinstance(found, dict):
            invalid("body")
        return found

    def ticket(self, body: Doc) -> Doc:
        self.text(body, "subject", 200)
        if body.get("priority", "normal") not in PRIORITIES:
            invalid("priority")
        seconds = body.get("expires_after")
        if seconds is not None and not self.fits(seconds):
            invalid("expires_after")
        return body

    def fits(self, seconds: Any) -> bool:
        is_number = isinstance(seconds, int | float) and not isinstance(seconds, bool)
        return is_number and seconds == seconds // 1 and 60 <= seconds <= 2_592_000

    def comment(self, body: Doc) -> Doc:
        self.text(body, "text", 10_000)
        if self.is_blank(body["text"]):
            invalid("text")
        key = body.get("request_key")
        if key is not None and (not isinstance(key, str) or self.is_long(key)):
            invalid("request_key")
        return body

    def is_blank(self, text: str) -> bool:
        return not re.search(r"\S", text)

    def is_long(self, key: str) -> bool:
        return len(key) > 64

    def text(self, body: Doc, name: str, most: int) -> None:
        found = body.get(name)
        if not isinstance(found, str) or not 1 <= len(found) <= most:
            invalid(name)

    def query(self, given: Mapping[str, str]) -> Doc:
        status, priority = given.get("status", "all"), given.get("priority")
        if status not in STATES:
            invalid("status")
        if priority is not None and priority not in PRIORITIES:
            invalid("priority")
        after = given.get("updated_after")
        return {
            "status": status,
            "priority": priority,
            "updated_after": None if after is None else self.instant(after),
            "offset": self.count(given.get("offset", "0"), 0, 1_000_000),
            "limit": self.count(given.get("limit", self.default_limit()), 1, 100),
        }

    def default_limit(self) -> str:
        return "25"

    def count(self, text: str, least: int, most: int) -> int:
        if not re.fullmatch(r"-?[0-9]{1,18}", text) or not least <= int(text) <= most:
            invalid("page")
        return int(text)

    def instant(self, text: str) -> int:
        """Microseconds since 1970."""
        found = INSTANT.fullmatch(text)
        if not found:
            invalid("updated_after")
        day, fraction, offset = found.groups()
        try:
            moment = datetime.fromisoformat(day.upper() + offset.upper())
            since = moment - datetime.fromisoformat("1970-01-01T00:00:00Z")
        except (ValueError, OverflowError):
            invalid("updated_after")
        digits = (fraction or ".0")[1:7].ljust(6, "0")
        return since // timedelta(seconds=1) * SECOND + int(digits)

"""The log on stderr: plain lines, or one JSON object a line."""

import logging
import re

import orjson

from ..http.recorder import REQUEST_ID

# What moves a terminal's cursor, or turns the direction of a text.
_STEERING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class _Text(logging.Formatter):
    """Level, request and message; a traceback follows."""

    def __init__(self) -> None:
        super().__init__("%(levelname)s [%(request_id)s] %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        record.request_id = REQUEST_ID.get()
        return _harmless(super().format(record))


class _Json(logging.Formatter):
    """The same as one object."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "request_id": REQUEST_ID.get(),
            "message": record.getMessage(),
        }
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return _harmless(orjson.dumps(entry).decode())


def _harmless(line: str) -> str:
    """The same line with what clients may have put in to steer a terminal told as escapes, which
    are those of JSON too."""
    return _STEERING.sub(lambda found: f"\\u{ord(found[0]):04x}", line)


def start_log(style: str) -> None:
    """Write warnings and errors in the style `text` or `json`."""
    handler = logging.StreamHandler()
    handler.setFormatter(_Json() if style == "json" else _Text())
    logging.basicConfig(level=logging.WARNING, handlers=[handler])

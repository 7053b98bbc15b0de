"""Which values every deployment can be expected to read alike.

Parsers, stores and frameworks differ at the edges: control characters, large numbers, odd
spellings of dates. A value that lies there is legal, but no request is judged by it.
"""

import re
import unicodedata
from datetime import datetime
from typing import Any

LONGEST_TEXT = 1000  # characters
MOST_ITEMS = 50
DEEPEST = 8
EXACT = 2**53  # integers up to here survive as a double
YEARS = range(1970, 2100)
INSTANT = re.compile(
    r"(\d{4})-\d\d-\d\dT\d\d:\d\d:[0-5]\d(\.\d{1,6})?(Z|[+-](0\d|1[0-3]):[0-5]\d)", re.ASCII
)
INVISIBLE = "\u115f\u1160\u2800\u3164\uffa0"  # letters and symbols that show nothing
WORDS_FOR_DATES = re.compile(
    r"\d|now|today|tomorrow|noon|jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec", re.IGNORECASE
)
PREFIXED = re.compile(r"[+-]?0[xob][0-9a-f]+", re.IGNORECASE)


def is_portable(value: Any, depth: int = 0) -> bool:
    """Whether a JSON value has nothing that a parser or a store may choke on."""
    if isinstance(value, str):
        return not value or is_text(value)
    if isinstance(value, dict):
        if any("$" in key or "." in key or not is_text(key) for key in value):
            return False  # some stores give these keys a meaning
        value = list(value.values())
    if isinstance(value, list):
        return (
            depth < DEEPEST
            and len(value) <= MOST_ITEMS
            and all(is_portable(item, depth + 1) for item in value)
        )
    return value is None or abs(value) <= EXACT  # not so for NaN


def is_text(text: str) -> bool:
    """Whether the text shows something, is no longer than what is usual, and has no control
    characters, surrogates or code points without a character."""
    kinds = [unicodedata.category(char)[0] for char in text]
    shows = any(
        kind in "LNPS" and char not in INVISIBLE for kind, char in zip(kinds, text, strict=True)
    )
    return shows and "C" not in kinds and len(text) <= LONGEST_TEXT


def is_instant(text: str) -> bool:
    """Whether the text is RFC 3339 in its plainest spelling, in the years that stores have."""
    found = INSTANT.fullmatch(text)
    if not found or int(found.group(1)) not in YEARS or text.endswith("-00:00"):
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def may_be_instant(text: str) -> bool:
    """Whether some lenient reader takes the text for an instant: many take any number."""
    return not text.strip() or bool(WORDS_FOR_DATES.search(text))


def may_be_integer(text: str) -> bool:
    """Whether some lenient reader takes the text for an integer: "", " 5", "5.0", "0x5"."""
    text = text.strip()
    if not text or PREFIXED.fullmatch(text):
        return True
    try:
        return float(text).is_integer()
    except ValueError:
        return False

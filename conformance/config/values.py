"""Values of options as flags, environment and file give them: a text may tell any kind."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

WORDS = {
    "str": "text", "Path": "a path", "bool": "true or false", "tuple[str,": "texts",
    "int": "a whole number", "float": "a number",
}  # fmt: skip


def convert(kind: str, value: Any) -> Any:
    """The value as an annotation has it. Raises ValueError, which says what was wanted."""
    kind = kind.split(" ", maxsplit=1)[0]
    try:
        return CONVERTERS[kind](value)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise ValueError(f"wanted {WORDS[kind]}, got {value!r}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _integer(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError
    return int(value)


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return {"1": True, "true": True, "0": False, "false": False}[_text(value).lower()]


def _path(value: Any) -> Path:
    return value if isinstance(value, Path) else Path(_text(value))


def _texts(value: Any) -> tuple[str, ...]:
    """A text is a list by commas or, where it has any, by lines."""
    if isinstance(value, str):
        value = value.strip().split("\n" if "\n" in value.strip() else ",")
    return tuple(_text(item).strip() for item in value)


CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "str": _text,
    "float": _number,
    "int": _integer,
    "bool": _truth,
    "Path": _path,
    "tuple[str,": _texts,
}

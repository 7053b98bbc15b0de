"""Values of options as flags, environment and file give them: a text may tell any kind."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any


def convert(kind: str, value: Any) -> Any:
    """The value as an annotation has it. Raises ValueError, which says what was wanted."""
    wanted, converted = KINDS[kind.split(" ", maxsplit=1)[0]]
    try:
        return converted(value)
    except (ValueError, TypeError, KeyError, OverflowError):
        raise ValueError(f"wanted {wanted}, got {value!r}") from None


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


# The beginnings of annotations, each with the words for it and what makes such a value.
KINDS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "str": ("text", _text),
    "float": ("a number", _number),
    "int": ("a whole number", _integer),
    "bool": ("true or false", _truth),
    "Path": ("a path", _path),
    "tuple[str,": ("texts", _texts),
}

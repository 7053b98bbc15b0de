"""What the contract says of one value: it fits, it breaks the schema, or it is left open.

Open is what lies beyond a range (refused or clamped), what a lenient framework may coerce,
and what not every deployment reads alike.
"""

from dataclasses import dataclass
from typing import Any, Literal

from ..contract.validator import Validator
from ..judging.exchange import Json
from ..judging.outcomes import shown
from .portable import EXACT, is_instant, is_portable, is_text, may_be_instant, may_be_integer

Kind = Literal["fits", "open", "breaks"]


@dataclass(frozen=True)
class Judgement:
    """Of a request, or of a part of it. `why` says what is broken or left open."""

    kind: Kind
    why: str = ""


FITS = Judgement("fits")
OPEN = Judgement("open", "the contract leaves it to the deployment")


def breaks(why: str) -> Judgement:
    return Judgement("breaks", why)


def judge_value(name: str, value: Any, schema: Json, *, needed: bool = False) -> Judgement:
    """The value of a member or parameter; `needed` where the contract requires it. What has the
    type and breaks another word of the schema, such as multipleOf, is left open."""
    if _is_plain(value, schema) and Validator(schema).is_valid(value):
        return FITS
    wrong = _wrong(name, value, schema, needed=needed)
    return breaks(wrong) if wrong else OPEN


def _is_plain(value: Any, schema: Json) -> bool:
    """Whether every deployment reads the value alike, if it has the schema's type."""
    match schema.get("type"), value:
        case "string", str():
            if schema.get("format") == "date-time":
                return is_instant(value)
            if "enum" in schema:
                return is_portable(value)
            return "format" not in schema and _is_short(value, schema)
        case ("integer", int()) | ("object", dict()):
            return is_portable(value)
        case "array", list():
            return is_portable(value) and all(_is_plain(item, schema["items"]) for item in value)
        case "boolean", bool():
            return True
    return False


def _is_short(text: str, schema: Json) -> bool:
    """Whether a text has no more than its length, however characters are counted."""
    return is_text(text) and len(text.encode("utf-16-le")) // 2 <= schema.get("maxLength", EXACT)


def _wrong(name: str, value: Any, schema: Json, *, needed: bool = False) -> str:
    """Why no reader takes the value, however lenient; empty where one may, or may clamp it."""
    kind = schema.get("type", "any value")
    told = f"{name} is {shown(value, 80)}"
    if not _may_have_type(value, schema, needed=needed):
        return f"{told}, not of the type {kind}"
    if kind == "array" and isinstance(value, list):
        wrong = (_wrong(f"an item of {name}", item, schema["items"]) for item in value)
        return next(filter(None, wrong), "")
    if kind == "integer" and schema.get("minimum") == 0 and _is_number(value) and value <= -1:
        return f"{name} is negative"
    if kind != "string" or not isinstance(value, str):
        return ""
    if schema.get("format") == "date-time":
        return "" if may_be_instant(value) else f"{name} is no date-time"
    words = [str(word) for word in schema.get("enum", ())]
    if not words or value.strip().casefold() in ("", *map(str.casefold, words)):
        return ""
    return f"{told}, none of {', '.join(words)}"


def _may_have_type(value: Any, schema: Json, *, needed: bool) -> bool:
    """Whether some reader takes the value for one of the type."""
    if value is None:
        return bool(schema.get("nullable") or not needed)
    match schema.get("type"):
        case "string":  # some frameworks make one of any number; none where it must be there
            return isinstance(value, str) or (isinstance(value, int | float) and not needed)
        case "integer":
            if isinstance(value, str):
                return may_be_integer(value)
            return isinstance(value, bool) or (_is_number(value) and _may_be_whole(value, schema))
        case "array":
            return isinstance(value, list | str)  # a list of one
        case "object":
            return isinstance(value, dict)
        case "boolean":
            return isinstance(value, str | int | float)
    return True


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _may_be_whole(value: float, schema: Json) -> bool:
    """Beyond its range a number may be refused or clamped, whatever it is."""
    within = schema.get("minimum", -EXACT) <= value <= schema.get("maximum", EXACT)
    return not within or float(value).is_integer()

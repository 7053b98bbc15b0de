"""What the contract says of one value: it fits, it breaks the schema, or it is left open.

Open is what lies beyond a range (refused or clamped), what a lenient framework may coerce,
and what not every deployment reads alike.
"""

from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import jsonschema_rs

from ..contract.schemas import json_schema
from ..contract.validator import Validator
from ..judging.exchange import Json
from ..judging.outcomes import shown
from .portable import EXACT, is_instant, is_portable, is_text, may_be_instant, may_be_integer

Kind = Literal["fits", "open", "breaks"]
BESIDE = frozenset(  # words of a schema that its type alone does not judge
    [
        *("multipleOf", "minItems", "maxItems", "uniqueItems", "minProperties", "maxProperties"),
        *("required", "properties", "additionalProperties", "allOf", "anyOf", "oneOf", "not"),
    ]
)


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
    judged = _judged(name, value, schema, needed=needed)
    if judged == FITS and schema.keys() & BESIDE and not _takes(schema, value):
        return OPEN
    return judged


def _takes(schema: Json, value: Any) -> bool:
    return Validator(json_schema(schema)).is_valid(value)


def _judged(name: str, value: Any, schema: Json, *, needed: bool) -> Judgement:
    kind = schema.get("type", "any value")
    if value is None:
        lenient = schema.get("nullable") or not needed
        return OPEN if lenient else _wrong(name, value, kind)
    match kind:
        case "string":
            return _string(name, value, schema, needed=needed)
        case "integer":
            return _whole(name, value, schema)
        case "array":
            return _array(name, value, schema)
        case "object":
            return _object(name, value)
        case "boolean":
            return _truth(name, value)
    return OPEN


def _string(name: str, value: Any, schema: Json, *, needed: bool) -> Judgement:
    if not isinstance(value, str):
        # Some frameworks make a string of any number; none where the member must be there.
        coerced = isinstance(value, int | float) and not needed
        return OPEN if coerced else _wrong(name, value, "string")
    if schema.get("format") == "date-time":
        return _instant(name, value)
    if "enum" in schema:
        return _word(name, value, schema["enum"])
    return FITS if is_text(value) and _has_form(value, schema) else OPEN


def _has_form(value: str, schema: Json) -> bool:
    """Whether a text has the length, however characters are counted, and the form that is
    wanted. What has not is left to the rules on that member: it may be cut, or refused."""
    units = len(value.encode("utf-16-le")) // 2
    longest = schema.get("maxLength", units)
    fits = schema.get("minLength", 0) <= len(value) and max(units, len(value)) <= longest
    return fits and "format" not in schema and _matching(schema.get("pattern", "")).is_valid(value)


@cache
def _matching(pattern: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({"pattern": pattern})


def _truth(name: str, value: Any) -> Judgement:
    if isinstance(value, bool):
        return FITS
    lenient = isinstance(value, str | int | float)  # taken for true or false
    return OPEN if lenient else _wrong(name, value, "boolean")


def _instant(name: str, value: str) -> Judgement:
    if is_instant(value):
        return FITS
    return OPEN if may_be_instant(value) else breaks(f"{name} is no date-time")


def _word(name: str, value: str, words: list[str]) -> Judgement:
    if value in words:
        return FITS
    known = {str(word).casefold() for word in words}
    lenient = not value.strip() or value.strip().casefold() in known
    wrong = f"{name} is {shown(value, 80)}, none of {', '.join(map(str, words))}"
    return OPEN if lenient else breaks(wrong)


def _whole(name: str, value: Any, schema: Json) -> Judgement:
    if isinstance(value, bool):
        return OPEN
    if isinstance(value, str):
        return OPEN if may_be_integer(value) else _wrong(name, value, "integer")
    if isinstance(value, int | float):
        return _integer(name, value, schema)
    return _wrong(name, value, "integer")


def _integer(name: str, value: float, schema: Json) -> Judgement:
    """Beyond its range a number may be refused or clamped, but a count is never negative."""
    least, most = schema.get("minimum", -EXACT), schema.get("maximum", EXACT)
    if value <= -1 and least == 0:
        return breaks(f"{name} is negative")
    if not least <= value <= most or ("enum" in schema and value not in schema["enum"]):
        return OPEN
    if isinstance(value, int):
        return FITS
    return OPEN if value.is_integer() else _wrong(name, value, "integer")


def _object(name: str, value: Any) -> Judgement:
    if not isinstance(value, dict):
        return _wrong(name, value, "object")
    return FITS if is_portable(value) else OPEN


def _array(name: str, value: Any, schema: Json) -> Judgement:
    if not isinstance(value, list):
        lenient = isinstance(value, str)  # taken for a list of one
        return OPEN if lenient else _wrong(name, value, "array")
    judged = [judge_value(f"an item of {name}", item, schema["items"]) for item in value]
    broken = [judgement for judgement in judged if judgement.kind == "breaks"]
    if broken:
        return broken[0]
    return FITS if set(judged) <= {FITS} and is_portable(value) else OPEN


def _wrong(name: str, value: Any, wanted: str) -> Judgement:
    return breaks(f"{name} is {shown(value, 80)}, not of the type {wanted}")

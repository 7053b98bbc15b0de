"""Values that a schema obliges a deployment to take or to refuse, made from the schema alone."""

from collections.abc import Iterator
from typing import Any

from .schemas import sized
from .validator import Validator

Json = dict[str, Any]

LONGEST = 64 * 1024  # characters of a text that the contract gives no bound
# The first and the last moment of a day, a leap day, and what a fraction and an offset may be.
INSTANTS = ("2026-01-05T00:00:00Z", "2026-01-05T14:30:00.123456+05:30", "2024-02-29T23:59:59-09:00")
NO_INSTANTS = (
    *("yesterday", "2026-01-05", "2026-13-45T99:00:00Z"),
    *("2026-01-32T09:00:00Z", "2026-01-05T25:61:00Z"),
)
UUID = "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10"
NESTED: Json = {"text": "a", "number": 1.5, "list": [1, "b", None, True], "nested": {"empty": {}}}
OTHERS: Json = {  # what a type does not take, and nobody takes for it
    **dict.fromkeys(("integer", "number", "boolean", "object"), "x"),
    "string": ["x"],
    "array": {"x": 1},
}
LOOSELY: Json = {"integer": "1.5", "string": 17, "object": [1, 2]}
UNFORMED = {  # texts that are not of a format
    **dict.fromkeys(("date", "email", "ipv4", "ipv6", "uri", "uuid"), ("yesterday",)),
    "date-time": NO_INSTANTS,
    "hostname": ("-not-.-a-host-",),
    "uri-reference": ("not a reference",),
}
EXACT = 2**53  # below which doubles hold each integer
COMBINED = ("allOf", "anyOf", "oneOf")
FORMS = " \tx0-_."  # letters of which a pattern does not take some text
TEXTS = (
    "lines\nthat\r\nbreak\rand\u2028break\u2029",
    "each plane: \u00e9 \u4e2d \U0001f642 \U00020000 \U00030000 \U000e0101 \U000f0000 \U0010fffd",
    "  blanks \t before, within\u00a0 \u3000and after  ",
    "quotes \" ' \\ and <b>markup</b> {{name}} ${x} %s %00 -- ;",
)


def least(schema: Json, candidates: tuple[Any, ...] = ()) -> Any:
    """The first of the candidates that fits, or else what is plain; None where nothing does."""
    validator = Validator(schema)
    values = (*candidates, *plain_values(schema))
    return next((value for value in values if validator.is_valid(value)), None)


def plain_values(schema: Json, examples: tuple[Any, ...] = ()) -> Iterator[Any]:
    """Each value of an enumeration, each edge of a bound, and what else is plain of its type."""
    takes = Validator(schema).is_valid
    return (value for value in _plain_values(schema, examples) if takes(value))


def _plain_values(schema: Json, examples: tuple[Any, ...]) -> Iterator[Any]:
    for part in _parts(schema):
        yield from _plain_values(part, ())
    if "enum" in schema:
        yield from (value for value in schema["enum"] if value is not None)
        return
    match schema.get("type"):
        case "integer" | "number":
            edges = [schema[b] for b in ("minimum", "maximum", "default") if b in schema]
            yield from dict.fromkeys(edges or [1])
        case "boolean":
            yield from (True, False)
        case "string":
            yield from _plain_texts(schema, examples)
        case "array":
            yield from examples
            yield from ([item] for item in plain_values(schema.get("items", {})))
        case _:
            yield from (*examples, NESTED)


def _parts(schema: Json) -> Iterator[Json]:
    """What a schema is put together of, each of its type."""
    for word in COMBINED:
        yield from ({"type": schema.get("type"), **part} for part in schema.get(word, ()))


def _plain_texts(schema: Json, examples: tuple[Any, ...]) -> Iterator[str]:
    if schema.get("format") == "date-time":
        yield from INSTANTS
    elif schema.get("format") == "uuid":
        yield UUID
    else:
        shortest = "x" * max(1, schema.get("minLength", 1))
        longest = ["x" * schema["maxLength"]] if "maxLength" in schema else []
        yield from fitting(schema, [*examples, shortest, *longest])


def odd_values(schema: Json, longest: int = LONGEST) -> Iterator[Any]:
    """Null where that is allowed, empty objects and arrays, and texts that are long or hold what
    is seldom tried: line breaks, characters of every plane, blanks."""
    if schema.get("nullable"):
        yield None
    match schema.get("type"):
        case "string" if "format" not in schema and "enum" not in schema:
            yield from odd_texts(schema, longest)
        case "array" if not schema.get("minItems"):
            yield []
        case "object":
            takes = Validator(schema).is_valid
            odd = ({}, *({"text": text} for text in odd_texts({}, longest)))
            yield from (value for value in odd if takes(value))


def odd_texts(schema: Json, longest: int) -> list[str]:
    most = min(schema.get("maxLength", longest), longest)
    long = ("long " * (most // 5 + 1))[: most - 1] + "."
    return fitting(schema, [*TEXTS, long])


def beyond_values(schema: Json) -> Iterator[Any]:
    """A value of another type, and those that are outside; null where nothing says that it may
    be."""
    if not schema.get("nullable"):
        yield None
    if schema.get("type") in OTHERS:
        yield OTHERS[schema["type"]]
    yield from outside_values(schema)


def mistyped_values(schema: Json, *, in_text: bool = False) -> Iterator[Any]:
    """Values of other types, some of which a careless reader takes for one of this; `in_text`
    where all is text, and a number is no other."""
    yield from (others[schema["type"]] for others in (LOOSELY, OTHERS) if schema["type"] in others)
    fits = least(schema) if schema["type"] == "integer" and not in_text else None
    if fits is not None:
        yield from (str(fits), fits + 0.5)


def outside_values(schema: Json) -> Iterator[Any]:
    """A value of the type just beyond each bound, outside the enumeration, or of another form."""
    takes = Validator(schema).is_valid
    return (value for value in _outside_values(sized(schema)) if not takes(value))


def _outside_values(schema: Json) -> Iterator[Any]:
    yield from plain_values(schema.get("not", {"enum": []}))
    for part in _parts(schema):
        yield from _outside_values(part)
    if "enum" in schema:
        yield from _unlisted(schema)
        return
    match schema.get("type"):
        case "integer" | "number":
            yield from _numbers_beyond(schema)
            if step := schema.get("multipleOf"):
                between = (schema.get("minimum", 0) // step + 1.5) * step
                yield int(between) if schema["type"] == "integer" else between
        case "string":
            yield from _texts_beyond(schema)
        case "array":
            yield from ([item] for item in beyond_values(schema.get("items", {})))
            yield from _lists_beyond(schema)
        case "object":
            yield from _objects_beyond(schema)


def _numbers_beyond(schema: Json) -> Iterator[float]:
    """As far beyond each bound as who counts in doubles can tell."""
    for name, away in (("minimum", -1), ("maximum", 1)):
        if name in schema:
            yield schema[name] + away * (1 if abs(schema[name]) < EXACT else EXACT)


def _unlisted(schema: Json) -> Iterator[Any]:
    listed = [value for value in schema["enum"] if value is not None]
    match schema.get("type") if listed else None:
        case "string":
            longest = max(map(str, listed), key=len)
            yield from (f"{longest}-other", longest.upper())
        case "integer" | "number":
            yield max(listed) + 1
        case "boolean":
            yield from (True, False)


def _lists_beyond(schema: Json) -> Iterator[list[Any]]:
    item = least(schema.get("items", {}))
    if schema.get("minItems"):
        yield [item] * (schema["minItems"] - 1)
    if "maxItems" in schema:
        yield [item] * (schema["maxItems"] + 1)
    if schema.get("uniqueItems"):
        yield [item, item]


def _objects_beyond(schema: Json) -> Iterator[Json]:
    if schema.get("minProperties") or schema.get("required"):
        yield {}
    if schema.get("additionalProperties") is False:
        yield {**NESTED}
    if "maxProperties" in schema:
        yield {f"x{number}": "x" for number in range(schema["maxProperties"] + 1)}
    others = schema.get("additionalProperties")
    inner = {**schema.get("properties", {}), **({"x": others} if isinstance(others, dict) else {})}
    for name, member in inner.items():
        yield from ({name: value} for value in beyond_values(member))


def _texts_beyond(schema: Json) -> Iterator[str]:
    yield from UNFORMED.get(str(schema.get("format")), ())
    if schema.get("minLength"):
        yield "x" * (schema["minLength"] - 1)
    if "maxLength" in schema:
        yield "x" * (schema["maxLength"] + 1)
    if "pattern" in schema:
        lengths: Json = {
            name: schema[name] for name in ("minLength", "maxLength") if name in schema
        }
        others = fitting(lengths, [letter * max(1, schema.get("minLength", 1)) for letter in FORMS])
        fit = fitting(schema, others)
        yield from [text for text in others if text not in fit][:2]


def fitting(schema: Json, texts: list[str]) -> list[str]:
    """Those of the texts that fit, each once."""
    words = {"minLength", "maxLength", "pattern"}
    validator = Validator({name: schema[name] for name in words & schema.keys()})
    return [text for text in dict.fromkeys(texts) if validator.is_valid(text)]

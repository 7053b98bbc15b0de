"""What is wrong with a contract, in words: what was wanted, and what is there."""

import json
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

Steps = tuple[str | int, ...]

SHOWN = 60  # characters of a value
NAMED = 12  # words that are told one by one
OF_NAMES = ("additionalProperties", "not", "propertyNames")
KINDS = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "an integer",
    "null": "null",
    "number": "a number",
    "object": "an object",
    "string": "a text",
}
BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "more than {}",
    "minItems": "at least {}",
    "minProperties": "at least {}",
    "maximum": "at most {}",
    "maxItems": "at most {}",
}


class Defect(NamedTuple):
    """What is wrong at a place of the document without references: with what stands there or, if
    it `is_name`, with the name of it."""

    steps: Steps
    reason: str
    is_name: bool = False


def unmet(steps: Steps, wanted: str, got: str, *, is_name: bool = False) -> Defect:
    return Defect(steps, f"wanted {wanted}, got {got}", is_name)


def quoted(text: str, most: int = SHOWN) -> str:
    return json.dumps(text if len(text) <= most else f"{text[:most]}…", ensure_ascii=False)


def shown(value: Any, most: int = SHOWN) -> str:
    """A value in a few words."""
    if isinstance(value, str):
        return quoted(value, most)
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    if len(text) <= most:
        return text
    return f"a list of {len(value)}" if isinstance(value, list) else "an object"


def leaves(errors: Iterable[Any]) -> Iterator[Any]:
    """The errors; in the place of one that says that no alternative fits, those of the nearest."""
    for error in errors:
        alternatives = [list(some) for some in error.kind.as_dict().get("context", ())]
        if alternatives and all(alternatives):
            nearest = min(alternatives, key=_distance)
            yield from leaves(nearest)
        else:
            yield error


def defect_of(error: Any, schema: Mapping[str, Any], document: Any) -> Defect:
    """Where in a document an error of JSON Schema lies, and what it says. `schema` is what it
    comes from: its `errorMessage` and `absent` go before words of our own."""
    holder: Any = schema
    for step in error.schema_path[:-1]:
        holder = holder[step if isinstance(holder, list) else str(step)]
    steps, kind, value = _steps(error.instance_path, document), error.kind, error.instance
    if kind.name == "propertyNames":
        kind, value = kind.error.kind, kind.error.instance
        steps = (*steps, value)
    if kind.name == "required":
        member = holder.get("properties", {}).get(kind.property, {})
        wanted = member.get("absent", "this member")
        return unmet((*steps, kind.property), wanted, "none")
    if kind.name == "additionalProperties":
        value = kind.unexpected[0]
        steps = (*steps, value)
    wanted = holder.get("errorMessage") or _wanted(kind, holder, value)
    return unmet(steps, wanted, shown(value), is_name=error.kind.name in OF_NAMES)


def described(error: Any) -> str:
    """How a value does not fit a schema of the contract."""
    kind = error.kind
    if kind.name == "required":
        return f"wanted the member {quoted(kind.property)}, got none"
    if kind.name == "additionalProperties":
        return f"wanted no member {', '.join(map(quoted, kind.unexpected[:5]))}"
    return f"wanted {_wanted(kind, {}, error.instance)}, got {shown(error.instance)}"


def listed(words: list[str]) -> str:
    """Words as a sentence has them: a, b or c."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def _steps(path: Iterable[str | int], document: Any) -> Steps:
    """The path; a name of digits, which is told as a number, is a text again."""
    found: list[str | int] = []
    for step in path:
        found.append(str(step) if isinstance(document, dict) else step)
        document = document[found[-1]]
    return tuple(found)


def _distance(errors: list[Any]) -> tuple[bool, int]:
    """A member with one legal value tells which alternative is meant."""
    return any(_has_one_value(error) for error in errors), len(errors)


def _has_one_value(error: Any) -> bool:
    return error.kind.name == "enum" and len(error.kind.as_dict()["options"]) == 1


def _wanted(kind: Any, holder: Mapping[str, Any], got: Any) -> str:
    facts = kind.as_dict()
    if kind.name in BOUNDS:
        return BOUNDS[kind.name].format(facts["limit"])
    match kind.name:
        case "additionalProperties":
            return _options(holder.get("properties", {}), got)
        case "enum":
            return _options(facts["options"], got)
        case "const":
            return shown(facts["expected_value"])
        case "type":
            return " or ".join(KINDS[name] for name in sorted(facts["types"]))
        case "pattern":
            return f"text that matches {facts['pattern']}"
        case "format":
            return "a regular expression" if facts["format"] == "regex" else str(facts["format"])
        case "minLength":
            return "a text that is not empty" if facts["limit"] == 1 else "a longer text"
        case "uniqueItems":
            return "each once"
    return f"what satisfies {kind.name}"


def _options(words: Iterable[Any], got: Any) -> str:
    known = [word if isinstance(word, str) else shown(word) for word in words]
    if len(known) > NAMED:
        near = get_close_matches(str(got), known, n=3, cutoff=0.5) or known[:3]
        return f"one of {len(known)} words, such as {listed(near)}"
    return listed(known) if known else "no member"


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """A question with the nearest names to one that there is not, or what is said `otherwise`."""
    near = get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"did you mean {', '.join(near)}?" if near else otherwise

"""Whether a contract's `x-resource` goes together with its operations and its lifecycle."""

from collections.abc import Iterator, Mapping
from typing import Any

from ..problems.violations import quote
from .definition import Defect
from .parts import JSON, acts, at, each_operation, each_schema, holds, shown
from .references import Steps

_Part = Mapping[str, Any]

# What a list is filtered by, in words.
_COMPARED = {"string": "a string", "integer": "an integer", "boolean": "a boolean"}

# The operations that refuse for each reason in any state, by what they are asked for.
_REFUSED = {
    "unknown-session": ("read", "submit", "end"),
    "malformed-id": ("read", "submit", "end"),
    "invalid-request": ("create", "list", "submit", "end", "search"),
    "unknown-agent": ("create",),
    "agent-disabled": ("create",),
    "agent-failed": ("submit",),
    "turn-in-flight": ("submit",),
}


def refusing(document: _Part) -> dict[str, tuple[str, ...]]:
    """The operations that refuse for each reason."""
    table, declared = document["x-lifecycle"], document["x-resource"]
    causes = {name: event["operation"] for name, event in table["events"].items()}
    found = {
        reason: {declared["operations"][role] for role in roles if role in declared["operations"]}
        for reason, roles in _REFUSED.items()
        if reason in declared["refusals"]
    }
    for reason in ("unknown-session", "malformed-id"):
        found[reason].update(acts(document).values())
    bare = {op["operationId"] for _, op in each_operation(document) if "requestBody" not in op}
    found["invalid-request"] -= bare & {declared["operations"]["end"]}
    for row in table["transitions"]:
        if "refusal" in row:
            found.setdefault(row["refusal"], set()).add(causes[row["event"]])
    return {reason: (*sorted(ids),) for reason, ids in found.items()}


def disagreements(document: _Part) -> Iterator[Defect]:
    """What the declaration names and the contract does not have, or the other way round."""
    declared = document["x-resource"]
    found = {operation["operationId"]: steps for steps, operation in each_operation(document)}
    yield from _unlisted_refusals(document, found)
    yield from _members(document)
    if (listing := declared["operations"]["list"]) in found:
        yield from _filters(document, declared, found[listing])
    if (search := declared["operations"].get("search")) in found:
        yield from _searched(document, (*found[search], "requestBody", *JSON, "properties"))


def shared_names(document: _Part) -> Iterator[Defect]:
    """Names of which each is to stand for one thing and stands for two."""
    declared = document["x-resource"]
    initial = document["x-lifecycle"]["initial"]
    if initial in (final := declared["state"]["final"]):
        wanted = f"wanted another state than the initial one, got {quote(initial)}"
        yield Defect(("x-resource", "state", "final", final.index(initial)), wanted)
    key: list[Steps] = [("unique", "key", 1), ("idempotency", "member")]
    shown = [*_names(declared, "members"), *_names(declared, "state"), *_names(declared, "timer")]
    taken = [*_names(declared, "request"), ("members", "agent"), ("timer", "after")]
    paged: list[Steps] = [("list", "items"), ("list", "total")]
    pages: list[Steps] = [("list", "page", "offset"), ("list", "page", "limit")]
    inner: list[Steps] = [("result", part, "member") for part in ("outcome", "transcript")]
    outcome: list[Steps] = [("result", "outcome", part) for part in ("reason", "analysis")]
    line: list[Steps] = [("result", "transcript", part) for part in ("speaker", "text")]
    said: list[Steps] = [("message", part) for part in ("role", "text", "calls", "time")]
    speakers: list[Steps] = [("message", part) for part in ("user", "agent")]
    body: list[Steps] = [("search", "page", part) for part in ("number", "size")]
    together = (
        [*_names(declared, "result"), *inner],
        outcome,
        line,
        said,
        speakers,
        _names(declared, "search"),
        body,
        _names(declared, "operations"),
        shown,
        [*taken, ("members", "channel"), *key],
        [*paged, *pages],
    )
    for places in together:
        seen: set[str] = set()
        for steps in (steps for steps in places if holds(declared, steps)):
            name = at(declared, steps)
            if name in seen:
                wanted = f"wanted a name of its own, got {quote(name)} twice"
                yield Defect(("x-resource", *steps), wanted)
            seen.add(name)


def _names(declared: _Part, part: str) -> list[Steps]:
    return [(part, role) for role, name in declared.get(part, {}).items() if isinstance(name, str)]


def _unlisted_refusals(document: _Part, places: Mapping[str, Steps]) -> Iterator[Defect]:
    known, given = document["x-resource"]["refusals"], refusing(document)
    for reason, ids in given.items():
        statuses = [str(status) for status in known[reason]]
        for steps in (places[id] for id in ids if id in places):
            if at(document, steps)["responses"].keys().isdisjoint(statuses):
                wanted = f"wanted {' or '.join(statuses)}, which x-resource has for {reason}"
                yield Defect((*steps, "responses"), f"{wanted}, got none")


def _members(document: _Part) -> Iterator[Defect]:
    """Members of sessions that need not be what an open has given."""
    names, state = shown(document), document["x-resource"]["state"]["member"]
    body = _opening(document)
    given = body.get("properties", {})
    yield from _narrowed(document, given)
    certain = {name for name in names if _is_certain(name, body)}
    for steps, schema in each_schema(document):
        properties = schema.get("properties", {})
        for name in names if names and {state, *names} <= properties.keys() else ():
            place = (*steps, "properties", name)
            if properties[name].get("nullable") is not True and name not in certain:
                wanted = f"wanted nullable: true, as an open need not give {name}"
                yield Defect(place, f"{wanted}, got none")
            elif _plain(properties[name]) != _plain(given[name]):
                wanted = "wanted the schema that it has in the open's body"
                yield Defect(place, f"{wanted}, got another of {quote(name)}")


def _narrowed(document: _Part, given: _Part) -> Iterator[Defect]:
    """Members of sessions that cannot hold what an open gives; the bounds of a timeout are
    compared where they are tried."""
    declared, free = document["x-resource"], ("minimum", "maximum", "format")
    names = [declared["members"].get(role) for role in ("agent", "channel")]
    names = [name for name in (*names, declared.get("timer", {}).get("after")) if name in given]
    for steps, schema in each_schema(document):
        properties = schema.get("properties", {})
        for name in names if declared["state"]["member"] in properties else ():
            for word, value in _plain(properties.get(name, {})).items():
                tried = given[name].get("type") == "integer" and word in free
                if not tried and given[name].get(word) != value:
                    place = (*steps, "properties", name, word)
                    wanted = f"wanted what {quote(name)} has in the open's body"
                    yield Defect(place, f"{wanted}, got more")


def _opening(document: _Part) -> Any:
    """The schema of what an open holds; empty where there is no such operation."""
    id = document["x-resource"]["operations"]["create"]
    found = (steps for steps, one in each_operation(document) if one["operationId"] == id)
    return next((at(document, (*steps, "requestBody", *JSON)) for steps in found), {})


def _is_certain(name: str, body: _Part) -> bool:
    """Whether each open gives a member that is not null, or has it by default."""
    schema = body["properties"][name]
    given = name in body.get("required", ()) or "default" in schema
    return given and schema.get("nullable") is not True


def _plain(schema: _Part) -> dict[str, Any]:
    """What a schema says of a value that is not null."""
    words = ("nullable", "default", "title", "description", "example", "deprecated")
    return {key: value for key, value in schema.items() if key not in words}


def _filters(document: _Part, declared: _Part, operation: Steps) -> Iterator[Defect]:
    """Filters of a list that cannot be compared, or that there are already."""
    filters, steps = declared["list"]["filters"], (*operation, "parameters")
    for number, one in enumerate(at(document, steps)):
        known = (*filters, *declared["list"]["page"].values())
        if one["name"] not in known:
            wanted = f"wanted a filter of x-resource: {', '.join(known)}"
            yield Defect((*steps, number, "name"), f"{wanted}, got {quote(one['name'])}")
        elif one["name"] in filters:
            if reason := _misread(document, filters[one["name"]], one["schema"]):
                yield Defect((*steps, number, "schema"), reason)
    members = [raw["member"] if isinstance(raw, dict) else raw for raw in filters.values()]
    for number, name in enumerate(filters):
        if members[number] in members[:number]:
            wanted = f"wanted one filter of {members[number]}, got another one"
            yield Defect(("x-resource", "list", "filters", name), wanted)


def _searched(document: _Part, body: Steps) -> Iterator[Defect]:
    """Filters of a search that cannot be compared, or that there are already."""
    declared = document["x-resource"]["search"]
    filters, members = declared["filters"], at(document, body)
    for name, schema in members.items():
        if name in filters and (reason := _unread(filters[name], schema)):
            yield Defect((*body, name), reason)
        elif name not in (*filters, *declared["page"].values()):
            known = ", ".join((*filters, *declared["page"].values()))
            wanted = f"wanted a filter of x-resource: {known}, got {quote(name)}"
            yield Defect((*body, name), wanted, is_name=True)
    told = [*filters.values()]
    for number, name in enumerate(filters):
        if told[number] in told[:number]:
            wanted = "wanted one filter of each kind by a member, got another one"
            yield Defect(("x-resource", "search", "filters", name), wanted)
    fixed = document["x-resource"]["result"].get("fixed", {})
    alike = [name for name, raw in filters.items() if isinstance(raw, str) and raw in fixed]
    for name in alike[1:]:
        wanted = "wanted one filter by a member that is fixed, got another one"
        yield Defect(("x-resource", "search", "filters", name), wanted)


def _unread(raw: Any, schema: _Part) -> str | None:
    """Why what a search gives cannot be compared as its filter says."""
    if "default" in schema:
        return "wanted no default, as none is used, got one"
    kind, is_time = schema.get("type"), schema.get("format") == "date-time"
    if isinstance(raw, dict) and "paths" in raw:
        return None if kind == "object" else "wanted an object, got another schema"
    if isinstance(raw, dict):
        return None if is_time and kind == "string" else "wanted a date-time, got another schema"
    inner = schema.get("items", {}) if kind == "array" else schema
    if inner.get("type") == "string" and inner.get("format") != "date-time":
        return None
    return "wanted a string or an array of strings, got another schema"


def _misread(document: _Part, raw: Any, schema: _Part) -> str | None:
    """Why a parameter cannot be compared with the member that its filter names."""
    if isinstance(raw, dict) and "all" in raw:
        words = [*document["x-lifecycle"]["states"], raw["all"]]
        if "default" in schema and {*schema.get("enum", ())} <= {*words} and "enum" in schema:
            return None
        return f"wanted an enum of {', '.join(words)} with a default, got another schema"
    if "default" in schema:
        return "wanted no default, as none is used, got one"
    later, kind = isinstance(raw, dict), "string"
    if not later:
        kind = _opening(document).get("properties", {}).get(raw, {}).get("type", kind)
    if kind not in _COMPARED:
        return f"wanted a filter by a text, an integer or a boolean, got one by {quote(raw)}"
    if schema.get("type") == kind and (schema.get("format") == "date-time") == later:
        return None
    return f"wanted {'a date-time' if later else _COMPARED[kind]}, got another schema"

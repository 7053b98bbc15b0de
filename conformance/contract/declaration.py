"""Whether the rest of a contract has it as its `x-resource` says."""

from collections.abc import Iterator
from typing import Any

from .parts import BODY, Json, at, holds, operations, schemas
from .resource import Filter, Resource
from .words import Defect, Steps, quoted

# What a list is filtered by, in words.
COMPARED = {"string": "a string", "integer": "an integer", "boolean": "a boolean"}

# What an operation can be refused for in any state, by its role.
REASONS = {
    "create": ("invalid-request", "unknown-agent", "agent-disabled"),
    "read": ("unknown-session", "malformed-id"),
    "list": ("invalid-request",),
    "submit": ("unknown-session", "malformed-id", "invalid-request"),
    "end": ("unknown-session", "malformed-id", "invalid-request"),
    "search": ("invalid-request",),
}


def mismatches(document: Json) -> Iterator[Defect]:
    """Where a name, a status or a filter of `x-resource` has no counterpart."""
    declared = Resource(**document["x-resource"])
    known = {operation["operationId"]: steps for steps, operation in operations(document)}
    for name, steps in known.items():
        yield from _refusals(document, (*steps, "responses"), declared, name)
    yield from _unused(document, declared)
    yield from _shown(document, declared)
    if declared.operations["list"] in known:
        yield from _queries(document, known[declared.operations["list"]], declared)


def repeated_names(document: Json) -> Iterator[Defect]:
    """Where a name that is to stand for one thing stands for another one too."""
    declared = document["x-resource"]
    for place, state in enumerate(declared["state"]["final"]):
        if state == document["x-lifecycle"]["initial"]:
            wanted = f"wanted another state than the initial one, got {quoted(state)}"
            yield Defect(("x-resource", "state", "final", place), wanted)
    sides = (
        ("operations",),
        ("members", "state.member", "state.mirror", "state.reason", "timer"),
        (
            *("request", "members.agent", "timer.after", "members.channel"),
            *("unique.key.1", "idempotency.member"),
        ),
        ("list.items", "list.total", "list.page"),
        ("result", "result.outcome.member", "result.transcript.member"),
        ("result.outcome.reason", "result.outcome.analysis"),
        ("result.transcript.speaker", "result.transcript.text"),
        ("search",),
        ("search.page",),
    )
    for side in sides:
        first: dict[str, Steps] = {}
        for steps in (steps for place in side for steps in _leaves(declared, place)):
            name = at(declared, steps)
            if first.setdefault(name, steps) != steps:
                wanted = f"wanted a name of its own, got {quoted(name)} twice"
                yield Defect(("x-resource", *steps), wanted)


def _leaves(declared: Json, place: str) -> list[Steps]:
    steps: Steps = tuple(int(step) if step.isdigit() else step for step in place.split("."))
    if not holds(declared, steps):
        return []
    found = at(declared, steps)
    if isinstance(found, dict):
        return [(*steps, role) for role, name in found.items() if isinstance(name, str)]
    return [steps]


def acts(document: Json) -> list[str]:
    """The operations that bring about an event and that `x-resource` does not name."""
    named = [None, *document["x-resource"]["operations"].values()]
    causes = [event["operation"] for event in document["x-lifecycle"]["events"].values()]
    return [cause for cause in causes if cause not in named]


def shown(document: Json) -> list[str]:
    """What a body of an open may hold and a session shows, and `x-resource` does not name."""
    declared = document["x-resource"]
    known = {operation["operationId"]: operation for _, operation in operations(document)}
    asked = known.get(declared["operations"]["create"], {}).get("requestBody", {})
    told = known.get(declared["operations"]["read"], {}).get("responses", {}).get("200", {})
    named = [*declared["members"].values(), *declared["request"].values()]
    named += [*declared.get("timer", {}).values(), declared["state"]["member"]]
    held = {name for one in _forms(told) for name in one}
    given = [name for one in _forms(asked) for name in one]
    return [name for name in given if name in held and name not in named]


def _forms(holder: Json) -> list[dict[str, Any]]:
    """The properties of each form that a body or an answer has."""
    schema = holder.get("content", {}).get("application/json", {}).get("schema", {})
    return [one.get("properties", {}) for one in schema.get("oneOf", [schema])]


def _shown(document: Json, declared: Resource) -> Iterator[Defect]:
    """Members that sessions show and that differ from what an open gives."""
    names, opening = shown(document), open_body(document)
    given, needed = opening.get("properties", {}), opening.get("required", ())
    yield from _stricter(document, declared, given)
    certain = {
        name
        for name in names
        if not given[name].get("nullable") and (name in needed or "default" in given[name])
    }
    for steps, schema in schemas(document):
        held = schema.get("properties", {})
        for name in names:
            if name not in held or declared.status not in held:
                continue
            reason = ""
            if not held[name].get("nullable") and name not in certain:
                reason = f"wanted nullable: true, as an open need not give it, got {quoted(name)}"
            elif _bare(held[name]) != _bare(given[name]):
                wanted = "wanted the schema that it has in the open's body"
                reason = f"{wanted}, got another of {quoted(name)}"
            if reason:
                yield Defect((*steps, "properties", name), reason)


def _stricter(document: Json, declared: Resource, given: Json) -> Iterator[Defect]:
    """Members that sessions show and that take less than an open does."""
    echoed = {declared.agent, declared.members.get("channel", ""), declared.timeout} & {*given}
    for steps, schema in schemas(document):
        held = schema.get("properties", {})
        for name in sorted(echoed & {*held}) if declared.status in held else ():
            said = _bare(held[name])
            whole = said.get("type") == "integer"  # whose bounds are tried
            for word in said.keys() - ({"minimum", "maximum", "format"} if whole else set()):
                if given[name].get(word) != said[word]:
                    wanted = f"wanted what {quoted(name)} has in the open's body"
                    yield Defect((*steps, "properties", name, word), f"{wanted}, got more")


def open_body(document: Json) -> Json:
    """The schema of what an open holds."""
    id = document["x-resource"]["operations"]["create"]
    found = (at(o["requestBody"], BODY) for _, o in operations(document) if o["operationId"] == id)
    return next(found, {})


def _bare(schema: Json) -> Json:
    said = {"nullable", "default", "title", "description", "example", "deprecated"}
    return {word: value for word, value in schema.items() if word not in said}


def _unused(document: Json, declared: Resource) -> Iterator[Defect]:
    """Refusals that nothing is refused with, and operations that bring about two events."""
    table, own = document["x-lifecycle"], acts(document)
    used = {"session-final", *(reason for reasons in REASONS.values() for reason in reasons)}
    used |= {row["refusal"] for row in table["transitions"] if "refusal" in row}
    for reason in declared.refusals:
        if reason not in used:
            wanted = f"wanted a refusal of x-lifecycle, got {quoted(reason)}"
            yield Defect(("x-resource", "refusals", reason), wanted, is_name=True)
    for name, event in table["events"].items():
        if own.count(event["operation"]) > 1:
            wanted = f"wanted an operation of its own, got {quoted(event['operation'])}"
            yield Defect(("x-lifecycle", "events", name, "operation"), wanted)


def _refusals(document: Json, steps: Steps, declared: Resource, id: str) -> Iterator[Defect]:
    table = document["x-lifecycle"]
    roles = {name: role for role, name in declared.operations.items()}
    own = {
        row["refusal"]
        for row in table["transitions"]
        if "refusal" in row and table["events"][row["event"]]["operation"] == id
    }
    reasons = {*REASONS[roles.get(id, "read")], *own} & {*declared.refusals}
    if roles.get(id) == "end" and "requestBody" not in at(document, steps[:-1]):
        reasons.discard("invalid-request")  # nothing is given that could be
    for reason in sorted(reasons):
        statuses = [str(status) for status in declared.refusals[reason]]
        if not any(status in at(document, steps) for status in statuses):
            wanted = f"wanted {' or '.join(statuses)}, which x-resource has for {reason}"
            yield Defect(steps, f"{wanted}, got none")


def _queries(document: Json, operation: Steps, declared: Resource) -> Iterator[Defect]:
    filters = {one.parameter: one for one in declared.filters}
    pages: dict[str, str] = declared.list["page"]
    queries = [one["name"] for one in at(document, operation).get("parameters", [])]
    for place, name in enumerate(queries):
        steps = (*operation, "parameters", place)
        if name in filters:
            schema = at(document, (*steps, "schema"))
            given = open_body(document).get("properties", {}).get(filters[name].member, {})
            states, kind = [*document["x-lifecycle"]["states"]], given.get("type", "string")
            for reason in _unfit(filters[name], schema, states, kind):
                yield Defect((*steps, "schema"), reason)
        elif name not in pages.values():
            words = ", ".join([*filters, *pages.values()])
            wanted = f"wanted a filter of x-resource: {words}"
            yield Defect((*steps, "name"), f"{wanted}, got {quoted(name)}")
    for role, name in pages.items():
        if name not in queries:
            wanted = f"wanted a parameter of the list, got {quoted(name)}"
            yield Defect(("x-resource", "list", "page", role), wanted)
    compared = [one.member for one in declared.filters]
    for place, name in enumerate(filters):
        if compared[place] in compared[:place]:
            wanted = f"wanted one filter of {compared[place]}, got another one"
            yield Defect(("x-resource", "list", "filters", name), wanted)
        if name not in queries:
            wanted = f"wanted a parameter of the list, got {quoted(name)}"
            yield Defect(("x-resource", "list", "filters", name), wanted, is_name=True)


def _unfit(told: Filter, schema: Json, states: list[str], kind: str) -> Iterator[str]:
    """Why the values of a parameter are not what its filter compares."""
    if told.all is not None:
        words = [*states, told.all]
        listed = schema.get("enum")
        if listed is None or "default" not in schema or any(one not in words for one in listed):
            yield f"wanted an enum of {', '.join(words)} with a default, got another schema"
    elif "default" in schema:
        yield "wanted no default, as none is used, got one"
    else:
        kind = "string" if told.later else kind
        if kind not in COMPARED:
            wanted = "wanted a filter by a text, an integer or a boolean"
            yield f"{wanted}, got one by {quoted(told.member)}"
            return
        if schema.get("type") != kind or told.later != (schema.get("format") == "date-time"):
            wanted = "a date-time" if told.later else COMPARED[kind]
            yield f"wanted {wanted}, got another schema"

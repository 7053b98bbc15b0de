"""Whether the rest of a contract has it as its `x-resource` says."""

from collections.abc import Iterator

from .parts import BODY, Json, at, forms, holds, parameters, places, schemas
from .resource import Resource
from .results import Filter
from .words import Defect, Steps, quoted, unmet

# What a list is filtered by, in words.
COMPARED = {"string": "a string", "integer": "an integer", "boolean": "a boolean"}

# What an operation can be refused for in any state, by its role.
REASONS = {
    "create": ("invalid-request", "unknown-agent", "agent-disabled"),
    "read": ("unknown-session", "malformed-id"),
    "list": ("invalid-request",),
    "submit": (
        *("unknown-session", "malformed-id", "invalid-request"),
        *("agent-failed", "turn-in-flight"),
    ),
    "end": ("unknown-session", "malformed-id", "invalid-request"),
    "search": ("invalid-request",),
}


def mismatches(document: Json) -> Iterator[Defect]:
    """Where a status, a member or a filter is not as `x-resource` has it."""
    declared = Resource(**document["x-resource"])
    for name, steps in places(document).items():
        yield from _refusals(document, (*steps, "responses"), declared, name)
    yield from _shown(document, declared)
    yield from _filters(document, declared)


def repeated_names(document: Json) -> Iterator[Defect]:
    """Where a name that is to stand for one thing stands for another one too."""
    declared = document["x-resource"]
    for place, state in enumerate(declared["state"]["final"]):
        if state == document["x-lifecycle"]["initial"]:
            there = ("x-resource", "state", "final", place)
            yield unmet(there, "another state than the initial one", quoted(state))
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
        ("message.role", "message.text", "message.calls", "message.time"),
        ("message.user", "message.agent"),
        ("search",),
        ("search.page",),
    )
    for side in sides:
        first: dict[str, Steps] = {}
        for steps in (steps for place in side for steps in _leaves(declared, place)):
            name = at(declared, steps)
            if first.setdefault(name, steps) != steps:
                yield unmet(("x-resource", *steps), "a name of its own", f"{quoted(name)} twice")


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
    asked = forms(document, declared["operations"]["create"], "requestBody")
    told = forms(document, declared["operations"]["read"], "responses", "200")
    named = [*declared["members"].values(), *declared["request"].values()]
    named += [*declared.get("timer", {}).values(), declared["state"]["member"]]
    held = {name for one in told for name in one}
    given = [name for one in asked for name in one]
    return [name for name in given if name in held and name not in named]


def queries(document: Json) -> list[str] | None:
    """The parameters of the list; None where it has none."""
    steps = places(document).get(document["x-resource"]["operations"]["list"])
    return [one["name"] for one in parameters(document, steps)] or None if steps else None


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
            place = (*steps, "properties", name)
            if not held[name].get("nullable") and name not in certain:
                yield unmet(place, f"nullable: true, as an open need not give {name}", "none")
            elif _bare(held[name]) != _bare(given[name]):
                wanted = "the schema that it has in the open's body"
                yield unmet(place, wanted, f"another of {quoted(name)}")


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
                    wanted = f"what {quoted(name)} has in the open's body"
                    yield unmet((*steps, "properties", name, word), wanted, "more")


def open_body(document: Json) -> Json:
    """The schema of what an open holds."""
    steps = places(document).get(document["x-resource"]["operations"]["create"])
    found: Json = at(document, (*steps, "requestBody", *BODY)) if steps else {}
    return found


def _bare(schema: Json) -> Json:
    said = {"nullable", "default", "title", "description", "example", "deprecated"}
    return {word: value for word, value in schema.items() if word not in said}


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
            wanted = f"{' or '.join(statuses)}, which x-resource has for {reason}"
            yield unmet(steps, wanted, "none")


def _filters(document: Json, declared: Resource) -> Iterator[Defect]:
    """Filters of a list that cannot be compared, or that are there already."""
    operation = places(document).get(declared.operations["list"])
    if operation is None:
        return
    steps, filters = (*operation, "parameters"), {one.parameter: one for one in declared.filters}
    given, states = open_body(document).get("properties", {}), [*document["x-lifecycle"]["states"]]
    known = [*filters, *declared.list["page"].values()]
    for place, one in enumerate(at(document, steps)):
        if one["name"] not in known:
            wanted = f"a filter of x-resource: {', '.join(known)}"
            yield unmet((*steps, place, "name"), wanted, quoted(one["name"]))
        elif filtered := filters.get(one["name"]):
            kind = given.get(filtered.member, {}).get("type", "string")
            if reason := _unfit(filtered, one["schema"], states, kind):
                yield Defect((*steps, place, "schema"), f"wanted {reason}")
    compared = [one.member for one in declared.filters]
    for place, name in enumerate(filters):
        if compared[place] in compared[:place]:
            wanted = f"one filter of {compared[place]}"
            yield unmet(("x-resource", "list", "filters", name), wanted, "another one")


def _unfit(told: Filter, schema: Json, states: list[str], kind: str) -> str:
    """What is wanted of a parameter whose values its filter compares; empty where it is that."""
    if told.all is not None:
        words = [*states, told.all]
        fits = "default" in schema and "enum" in schema and {*schema["enum"]} <= {*words}
        return "" if fits else f"an enum of {', '.join(words)} with a default, got another schema"
    if "default" in schema:
        return "no default, as none is used, got one"
    if told.how == "later":
        is_time = schema.get("type") == "string" and schema.get("format") == "date-time"
        return "" if is_time else "a date-time, got another schema"
    if kind not in COMPARED:
        return f"a filter by a text, an integer or a boolean, got one by {quoted(told.member)}"
    fits = schema.get("type") == kind and schema.get("format") != "date-time"
    return "" if fits else f"{COMPARED[kind]}, got another schema"

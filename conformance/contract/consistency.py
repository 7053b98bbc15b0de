"""Whether the parts of a contract go together, as far as no schema can say it."""

import re
from collections.abc import Iterator
from itertools import product
from urllib.parse import urlsplit

from .declaration import mismatches
from .leavings import misread
from .lifecycle import END, EXPIRE, REPLAY, TURN, Lifecycle
from .parts import (
    METHODS,
    Json,
    at,
    forms,
    holders,
    operations,
    parameters,
    places,
    schemas,
    server_urls,
)
from .words import Defect, Steps, listed, quoted, unmet

# Events that are the same ones in each state that turns lead to.
ALIKE = (TURN, REPLAY, END, EXPIRE)
ASKING = ("beyond", "lacking", "clamped")  # kinds of rules about what is asked for
BOUNDS = {"minimum": "maximum", "minLength": "maxLength", "minItems": "maxItems"}


def contradictions(document: Json) -> Iterator[Defect]:
    """Every part of a document, well-formed in itself, that does not go with another."""
    yield from _repeated_operations(document)
    yield from _paths(document)
    yield from _servers(document)
    yield from _security(document)
    yield from _parameters(document)
    yield from _schemas(document)
    yield from _links(document)
    yield from _lifecycle(document)
    yield from mismatches(document)
    yield from misread(document)
    yield from _rules(document)


def _repeated_operations(document: Json) -> Iterator[Defect]:
    first: dict[str, Steps] = {}
    for steps, operation in operations(document):
        name = operation["operationId"]
        if first.setdefault(name, steps) is not steps:
            got = f"{quoted(name)} twice"
            yield unmet((*steps, "operationId"), "each operationId once", got)


def _paths(document: Json) -> Iterator[Defect]:
    first: dict[str, str] = {}
    for path in document["paths"]:
        same = first.setdefault(re.sub(r"{[^}]*}", "{}", path), path)
        if same != path:
            yield unmet(("paths", path), "each path once", f"that of {quoted(same)}")


def _servers(document: Json) -> Iterator[Defect]:
    for place, url in enumerate(server_urls(document)):
        steps: Steps = ("servers", place)
        variables = document["servers"][place].get("variables", {})
        for name, variable in variables.items():
            default, possible = variable["default"], variable.get("enum")
            if possible and default not in possible:
                wanted = f"one of the enum: {', '.join(possible)}"
                yield unmet((*steps, "variables", name, "default"), wanted, quoted(default))
        for name in re.findall(r"{([^}]*)}", url):
            wanted = f"only variables of the server: {', '.join(variables) or 'it has none'}"
            yield unmet((*steps, "url"), wanted, quoted(name))
        if urlsplit(url).path[:1] not in ("", "/"):
            wanted = "an http or https URL or a path, with the variables' defaults"
            yield unmet((*steps, "url"), wanted, quoted(url))


def _security(document: Json) -> Iterator[Defect]:
    known = document["components"].get("securitySchemes", {})
    whole = document.get("security", [])
    for place, requirement in enumerate(whole):
        for name in sorted(requirement.keys() - known.keys()):
            wanted = f"one of the securitySchemes: {', '.join(known) or 'there are none'}"
            yield unmet(("security", place, name), wanted, quoted(name))
    for steps, operation in operations(document):
        if operation.get("security", whole) not in ([], whole):
            wanted = "[] or the security of the contract as a whole"
            yield unmet((*steps, "security"), wanted, "another")


def _parameters(document: Json) -> Iterator[Defect]:
    for path, item in document["paths"].items():
        in_path = set(re.findall(r"{([^}]*)}", path))
        lists: list[tuple[Steps, Json]] = [(("paths", path), item)]
        lists += [(("paths", path, m), item[m]) for m in METHODS if m in item]
        for steps, holder in lists:
            yield from _each_parameter((*steps, "parameters"), holder, in_path)
        for steps, _ in lists[1:]:
            told = {one["name"] for one in parameters(document, steps) if one["in"] == "path"}
            for name in sorted(in_path - told):
                wanted = f"the parameter {quoted(name)} of the path"
                yield unmet((*steps, "parameters"), wanted, "none")


def _each_parameter(steps: Steps, holder: Json, in_path: set[str]) -> Iterator[Defect]:
    keys = [(one["name"], one["in"]) for one in holder.get("parameters", ())]
    for place, (name, where) in enumerate(keys):
        if keys.count((name, where)) > 1:
            yield unmet((*steps, place, "name"), "each parameter once", f"{quoted(name)} twice")
        if where == "path" and name not in in_path:
            yield unmet((*steps, place, "name"), "a parameter of the path", quoted(name))


def _schemas(document: Json) -> Iterator[Defect]:
    for steps, schema in schemas(document):
        for low, high in BOUNDS.items():
            if low in schema and high in schema and schema[low] > schema[high]:
                wanted = f"at most {schema[high]}, which is {high}"
                yield unmet((*steps, low), wanted, str(schema[low]))
        try:
            re.compile(schema.get("pattern", ""))
        except re.error:
            wanted = "a regular expression that Python reads too"
            yield unmet((*steps, "pattern"), wanted, quoted(schema["pattern"]))
        for place, name in enumerate(schema.get("required", ())):
            if name not in schema.get("properties", {name}):
                yield unmet((*steps, "required", place), "one of the properties", quoted(name))


def _links(document: Json) -> Iterator[Defect]:
    known = places(document)
    for steps, holder in holders(document, "links"):
        for name, link in holder["links"].items():
            place, id = (*steps, "links", name), link["operationId"]
            if id not in known:
                wanted = f"an operation: {', '.join(known)}"
                yield unmet((*place, "operationId"), wanted, quoted(id))
                continue
            names = [one["name"] for one in parameters(document, known[id])]
            for parameter in sorted(link.get("parameters", {}).keys() - {*names}):
                wanted = f"a parameter of the operation: {', '.join(names) or 'it has none'}"
                yield unmet((*place, "parameters", parameter), wanted, quoted(parameter))


def _lifecycle(document: Json) -> Iterator[Defect]:
    """One transition for each state and event, to a state that it can lead to; a state that
    nothing leads to is of no use, and cannot be looked at."""
    steps: Steps = ("x-lifecycle", "transitions")
    table = document["x-lifecycle"]
    pairs = [(row["state"], row["event"]) for row in table["transitions"]]
    for state, event in product(table["states"], table["events"]):
        if (state, event) not in pairs:
            yield unmet(steps, f"a transition of {state} by {event}", "none")
    for place, (state, event) in enumerate(pairs):
        if pairs.count((state, event)) > 1:
            yield unmet((*steps, place), f"one transition of {state} by {event}", "several")
    for place, row in enumerate(table["transitions"]):
        for member, wanted in _ways(row, document["x-resource"]):
            yield unmet((*steps, place, member), wanted, quoted(row[member]))
    for state in sorted(table["states"].keys() - Lifecycle(table).reachable(table["initial"])):
        yield unmet(steps, f"a transition that leads to {state}", "none")
    yield from _timed(table, steps)
    yield from _turned(document, steps)


def _timed(table: Json, steps: Steps) -> Iterator[Defect]:
    """Other events that are told as a timeout is, by whose reason a run knows it."""
    reasons = [
        row["reason"] for row in table["transitions"] if row["event"] == EXPIRE and "reason" in row
    ]
    for place, row in enumerate(table["transitions"]):
        if row["event"] != EXPIRE and row.get("reason") in reasons:
            got = quoted(row["reason"])
            yield unmet((*steps, place, "reason"), "another reason than that of a timeout", got)


def _turned(document: Json, steps: Steps) -> Iterator[Defect]:
    """Where turns alone lead to another state, all goes on there as it began."""
    table, unique = document["x-lifecycle"], document["x-resource"].get("unique")
    rows = {(row["state"], row["event"]): row for row in table["transitions"]}
    first, states = table["initial"], [table["initial"]]
    while (state := rows.get((states[-1], TURN), {"to": first})["to"]) not in states:
        states.append(state)
    for state in states[1:]:
        if unique and state not in unique["while"]:
            wanted = f"{state} too, as turns lead to it"
            yield unmet(("x-resource", "unique", "while"), wanted, "another list")
    for place, row in enumerate(table["transitions"]):
        if row["state"] not in states[1:] or row["event"] not in ALIKE:
            continue
        begun = rows.get((first, row["event"]), row)
        for member in ("reason", "refusal", "effects"):
            if row.get(member) != begun.get(member):
                wanted = f"what {first} has, as turns lead from there to {row['state']}"
                yield unmet((*steps, place, member), wanted, f"other {member}")


def _ways(row: Json, declared: Json) -> Iterator[tuple[str, str]]:
    """Why a transition cannot lead where it does."""
    final = {row["state"], row["to"]} <= {*declared["state"]["final"]}
    taken = declared.get("unique", {}).get("while", ())
    if "refusal" in row or row["event"] == REPLAY or final:
        if row["to"] != row["state"]:
            yield "to", f"{row['state']}, as nothing is done"
    elif row["to"] in taken and row["state"] not in taken:
        yield "state", f"a state that x-resource.unique has in `while` beside {row['to']}"


def _rules(document: Json) -> Iterator[Defect]:
    ids = [rule["id"] for rule in document["x-rules"]]
    for place, rule in enumerate(document["x-rules"]):
        if rule["id"] in ids[:place]:
            yield unmet(("x-rules", place, "id"), "each id once", f"{quoted(rule['id'])} twice")
        for steps, wanted, got in (*_kind(document["x-lifecycle"], rule), *_asked(document, rule)):
            yield unmet(("x-rules", place, *steps), wanted, quoted(got))


def _kind(table: Json, rule: Json) -> Iterator[tuple[Steps, str, str]]:
    """What the parameters of a rule's kind name that the lifecycle does not have."""
    given = str(rule.get("given", table["initial"]))
    rows = [row for row in table["transitions"] if row["to"] == given != row["state"]]
    ways = [*dict.fromkeys(row["event"] for row in rows)]
    frozen = [*table["immutable"]["always"], *table["immutable"].get(rule.get("given"), ())]
    if "by" in rule and rule["by"] not in ways:
        yield ("by",), listed(ways or ["none"]), rule["by"]
    if rule.get("kind") == "reachable" and Lifecycle(table).reachable(given) >= {*table["states"]}:
        yield ("given",), "a state from which another one is never reached", given
    for place, member in enumerate(rule.get("members", ())):
        if rule.get("kind") == "immutable" and member not in frozen:
            yield ("members", place), "a member that x-lifecycle has as immutable", member


def _asked(document: Json, rule: Json) -> Iterator[tuple[Steps, str, str]]:
    """The members of a rule about what is asked for that none of its operations takes, or that
    have no bounds to lie beyond."""
    if rule.get("kind") not in ASKING:
        return
    taken: Json = {}
    for steps in (steps for id, steps in places(document).items() if id in rule["operations"]):
        taken |= {one["name"]: one["schema"] for one in parameters(document, steps)}
        for form in forms(document, at(document, steps)["operationId"], "requestBody"):
            taken |= form
    for place, member in enumerate(rule.get("members", ())):
        if member not in taken:
            yield ("members", place), "a member or parameter that the operation takes", member
        elif rule["kind"] == "clamped" and taken[member].get("type") != "integer":
            yield ("members", place), "an integer, which has bounds", member

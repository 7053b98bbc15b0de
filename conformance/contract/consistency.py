"""Whether the parts of a contract go together, as far as no schema can say it."""

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from .declaration import mismatches
from .leavings import misread
from .lifecycle import END, EXPIRE, REPLAY, TURN, Lifecycle
from .parts import METHODS, Json, holders, operations, parameters, places, schemas, server_urls
from .words import Defect, Steps, listed, quoted

# Events that are the same ones in each state that turns lead to.
ALIKE = (TURN, REPLAY, END, EXPIRE)
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
            wanted = "wanted each operationId once"
            yield Defect((*steps, "operationId"), f"{wanted}, got {quoted(name)} twice")


def _paths(document: Json) -> Iterator[Defect]:
    first: dict[str, str] = {}
    for path in document["paths"]:
        same = first.setdefault(re.sub(r"{[^}]*}", "{}", path), path)
        if same != path:
            yield Defect(("paths", path), f"wanted each path once, got that of {quoted(same)}")


def _servers(document: Json) -> Iterator[Defect]:
    for place, url in enumerate(server_urls(document)):
        steps: Steps = ("servers", place)
        variables = document["servers"][place].get("variables", {})
        for name, variable in variables.items():
            possible = variable.get("enum", [variable["default"]])
            if variable["default"] not in possible:
                wanted = f"wanted one of the enum: {', '.join(possible)}"
                at = (*steps, "variables", name, "default")
                yield Defect(at, f"{wanted}, got {quoted(variable['default'])}")
        for name in re.findall(r"{([^}]*)}", url):
            wanted = f"wanted only variables of the server: {', '.join(variables) or 'it has none'}"
            yield Defect((*steps, "url"), f"{wanted}, got {quoted(name)}")
        if urlsplit(url).path[:1] not in ("", "/"):
            wanted = "wanted an http or https URL or a path, with the variables' defaults"
            yield Defect((*steps, "url"), f"{wanted}, got {quoted(url)}")


def _security(document: Json) -> Iterator[Defect]:
    known = document["components"].get("securitySchemes", {})
    whole = document.get("security", [])
    for place, requirement in enumerate(whole):
        for name in requirement:
            if name not in known:
                wanted = (
                    f"wanted one of the securitySchemes: {', '.join(known) or 'there are none'}"
                )
                yield Defect(("security", place, name), f"{wanted}, got {quoted(name)}")
    for steps, operation in operations(document):
        own = operation.get("security", whole)
        if own and own != whole:
            wanted = "wanted [] or the security of the contract as a whole"
            yield Defect((*steps, "security"), f"{wanted}, got another")


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
                wanted = f"wanted the parameter {quoted(name)} of the path, got none"
                yield Defect((*steps, "parameters"), wanted)


def _each_parameter(steps: Steps, holder: Json, in_path: set[str]) -> Iterator[Defect]:
    keys = [(one["name"], one["in"]) for one in holder.get("parameters", ())]
    for place, (name, where) in enumerate(keys):
        if keys.count((name, where)) > 1:
            yield Defect(
                (*steps, place, "name"), f"wanted each parameter once, got {quoted(name)} twice"
            )
        if where == "path" and name not in in_path:
            yield Defect(
                (*steps, place, "name"), f"wanted a parameter of the path, got {quoted(name)}"
            )


def _schemas(document: Json) -> Iterator[Defect]:
    for steps, schema in schemas(document):
        for low, high in BOUNDS.items():
            if low in schema and high in schema and schema[low] > schema[high]:
                wanted = f"wanted at most {schema[high]}, which is {high}"
                yield Defect((*steps, low), f"{wanted}, got {schema[low]}")
        try:
            re.compile(schema.get("pattern", ""))
        except re.error:
            wanted = "wanted a regular expression that Python reads too"
            yield Defect((*steps, "pattern"), f"{wanted}, got {quoted(schema['pattern'])}")
        if "properties" in schema:
            for place, name in enumerate(schema.get("required", ())):
                if name not in schema["properties"]:
                    wanted = "wanted one of the properties"
                    yield Defect((*steps, "required", place), f"{wanted}, got {quoted(name)}")


def _links(document: Json) -> Iterator[Defect]:
    known = places(document)
    for steps, holder in holders(document, "links"):
        for name, link in holder["links"].items():
            place, target = (*steps, "links", name), known.get(link["operationId"])
            if target is None:
                wanted = f"wanted an operation: {', '.join(known)}"
                yield Defect(
                    (*place, "operationId"), f"{wanted}, got {quoted(link['operationId'])}"
                )
                continue
            names = [one["name"] for one in parameters(document, target)]
            for parameter in link.get("parameters", {}):
                if parameter not in names:
                    wanted = (
                        f"wanted a parameter of the operation: {', '.join(names) or 'it has none'}"
                    )
                    yield Defect(
                        (*place, "parameters", parameter), f"{wanted}, got {quoted(parameter)}"
                    )


def _lifecycle(document: Json) -> Iterator[Defect]:
    """One transition for each state and event."""
    steps: Steps = ("x-lifecycle", "transitions")
    table = document["x-lifecycle"]
    pairs = [(row["state"], row["event"]) for row in table["transitions"]]
    for pair in ((state, event) for state in table["states"] for event in table["events"]):
        if pair not in pairs:
            yield Defect(steps, f"wanted a transition of {pair[0]} by {pair[1]}, got none")
    for place, pair in enumerate(pairs):
        if pairs.count(pair) > 1:
            wanted = f"wanted one transition of {pair[0]} by {pair[1]}, got several"
            yield Defect((*steps, place), wanted)
    for place, row in enumerate(table["transitions"]):
        for member, wanted in _ways(row, document["x-resource"]):
            yield Defect((*steps, place, member), f"wanted {wanted}, got {quoted(row[member])}")
    yield from _reached(table, steps)
    yield from _turned(document, steps)


def _reached(table: Json, steps: Steps) -> Iterator[Defect]:
    """A state that nothing leads to is of no use, and cannot be looked at."""
    ahead = Lifecycle(table).reachable(table["initial"])
    for state in table["states"]:
        if state not in ahead:
            yield Defect(steps, f"wanted a transition that leads to {state}, got none")


def _turned(document: Json, steps: Steps) -> Iterator[Defect]:
    """Where turns alone lead to another state, all goes on there as it began."""
    table, unique = document["x-lifecycle"], document["x-resource"].get("unique")
    rows = {(row["state"], row["event"]): row for row in table["transitions"]}
    first, states = table["initial"], [table["initial"]]
    while (state := rows.get((states[-1], TURN), {"to": first})["to"]) not in states:
        states.append(state)
    for state in states[1:]:
        if unique and state not in unique["while"]:
            wanted = f"wanted {state} too, as turns lead to it"
            yield Defect(("x-resource", "unique", "while"), f"{wanted}, got another list")
    for place, row in enumerate(table["transitions"]):
        if row["state"] not in states[1:] or row["event"] not in ALIKE:
            continue
        begun = rows.get((first, row["event"]), row)
        for member in ("reason", "refusal", "effects"):
            if row.get(member) != begun.get(member):
                wanted = f"wanted what {first} has, as turns lead from there to {row['state']}"
                yield Defect((*steps, place, member), f"{wanted}, got other {member}")


def _ways(row: Json, declared: Json) -> Iterator[tuple[str, str]]:
    """Why a transition cannot lead where it does."""
    final = {row["state"], row["to"]} <= {*declared["state"]["final"]}
    stays = "refusal" in row or row["event"] == REPLAY or final
    taken = declared.get("unique", {}).get("while", ())
    free = row["state"] not in taken
    if stays and row["to"] != row["state"]:
        yield "to", f"{row['state']}, as nothing is done"
    elif free and row["to"] in taken:
        yield "state", f"a state that x-resource.unique has in `while` beside {row['to']}"


def _rules(document: Json) -> Iterator[Defect]:
    ids = [rule["id"] for rule in document["x-rules"]]
    for place, rule in enumerate(document["x-rules"]):
        if rule["id"] in ids[:place]:
            yield Defect(
                ("x-rules", place, "id"), f"wanted each id once, got {quoted(rule['id'])} twice"
            )
        for name, wanted in _kind(document["x-lifecycle"], rule):
            yield Defect(("x-rules", place, *name), wanted)


def _kind(table: Json, rule: Json) -> Iterator[tuple[Steps, str]]:
    """What the parameters of a rule's kind name that the lifecycle does not have."""
    given = str(rule.get("given", table["initial"]))
    rows = [row for row in table["transitions"] if row["to"] == given != row["state"]]
    ways = [*dict.fromkeys(row["event"] for row in rows)]
    frozen = {*table["immutable"]["always"], *table["immutable"].get(rule.get("given", ""), ())}
    if "by" in rule and rule["by"] not in ways:
        yield ("by",), f"wanted {listed(ways or ['none'])}, got {quoted(rule['by'])}"
    if rule.get("kind") == "reachable" and Lifecycle(table).reachable(given) >= {*table["states"]}:
        wanted = "wanted a state from which another one is never reached"
        yield ("given",), f"{wanted}, got {quoted(given)}"
    if rule.get("kind") == "immutable":
        for place, member in enumerate(rule.get("members", ())):
            if member not in frozen:
                wanted = "wanted a member that x-lifecycle has as immutable"
                yield ("members", place), f"{wanted}, got {quoted(member)}"

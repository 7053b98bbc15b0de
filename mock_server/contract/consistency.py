"""What no schema can say of a contract: that its parts go together."""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain
from typing import Any
from urllib.parse import urlsplit

from ..problems.violations import quote
from .declaration import disagreements
from .definition import Defect
from .parts import (
    METHODS,
    each_operation,
    each_schema,
    each_with,
    parameters_of,
    schemas_of,
    server_urls,
)
from .references import Steps

_Document = Mapping[str, Any]
_ASKING = ("beyond", "lacking", "clamped")  # kinds of rules about what is asked for
_ALIKE = ("submit", "replay", "end", "expire")
_BOUNDS = (("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"))


def contradictions(document: _Document) -> Iterator[Defect]:
    """Each part of a document, a contract by its form, that another part contradicts."""
    checks = (
        _operations,
        _paths,
        _servers,
        _security,
        _parameters,
        _schemas,
        _links,
        _rows,
        disagreements,
        _rules,
    )
    return chain.from_iterable(check(document) for check in checks)


def _operations(document: _Document) -> Iterator[Defect]:
    seen: set[str] = set()
    for steps, operation in each_operation(document):
        id = operation["operationId"]
        if id in seen:
            yield Defect(
                (*steps, "operationId"), f"wanted each operationId once, got {quote(id)} twice"
            )
        seen.add(id)


def _paths(document: _Document) -> Iterator[Defect]:
    known: dict[str, str] = {}
    for path in document["paths"]:
        form = re.sub(r"\{.*?\}", "{}", path)
        if form in known:
            yield Defect(
                ("paths", path), f"wanted each path once, got that of {quote(known[form])}"
            )
        known[form] = path


def _servers(document: _Document) -> Iterator[Defect]:
    for number, url in enumerate(server_urls(document)):
        known = document["servers"][number].get("variables", {})
        steps: Steps = ("servers", number)
        for name, variable in known.items():
            default, options = variable["default"], variable.get("enum")
            if options and default not in options:
                place = (*steps, "variables", name, "default")
                yield Defect(
                    place, f"wanted one of the enum: {', '.join(options)}, got {quote(default)}"
                )
        for name in re.findall(r"\{(.*?)\}", url):
            wanted = f"wanted only variables of the server: {', '.join(known) or 'it has none'}"
            yield Defect((*steps, "url"), f"{wanted}, got {quote(name)}")
        path = urlsplit(url).path
        if path and not path.startswith("/"):
            wanted = "wanted an http or https URL or a path, with the variables' defaults"
            yield Defect((*steps, "url"), f"{wanted}, got {quote(url)}")


def _security(document: _Document) -> Iterator[Defect]:
    known, whole = document["components"].get("securitySchemes", {}), document.get("security", [])
    for number, requirement in enumerate(whole):
        for name in requirement.keys() - known.keys():
            wanted = f"wanted one of the securitySchemes: {', '.join(known) or 'there are none'}"
            yield Defect(("security", number, name), f"{wanted}, got {quote(name)}")
    for steps, operation in each_operation(document):
        if operation.get("security", whole) not in ([], whole):
            wanted = "wanted [] or the security of the contract as a whole"
            yield Defect((*steps, "security"), f"{wanted}, got another")


def _parameters(document: _Document) -> Iterator[Defect]:
    for path, item in document["paths"].items():
        yield from _listed(("paths", path), item, path)
        for method in (method for method in METHODS if method in item):
            steps = ("paths", path, method)
            yield from _listed(steps, item[method], path)
            known = [one["name"] for one in parameters_of(document, steps) if one["in"] == "path"]
            for name in re.findall(r"\{(.*?)\}", path):
                if name not in known:
                    wanted = f"wanted the parameter {quote(name)} of the path, got none"
                    yield Defect((*steps, "parameters"), wanted)


def _listed(steps: Steps, holder: Mapping[str, Any], path: str) -> Iterator[Defect]:
    parameters = holder.get("parameters", ())
    count = Counter((one["name"], one["in"]) for one in parameters)
    for number, one in enumerate(parameters):
        place, name = (*steps, "parameters", number, "name"), one["name"]
        if count[name, one["in"]] > 1:
            yield Defect(place, f"wanted each parameter once, got {quote(name)} twice")
        if one["in"] == "path" and f"{{{name}}}" not in path:
            yield Defect(place, f"wanted a parameter of the path, got {quote(name)}")


def _schemas(document: _Document) -> Iterator[Defect]:
    for steps, schema in each_schema(document):
        for least, most in _BOUNDS:
            if {least, most} <= schema.keys() and schema[least] > schema[most]:
                wanted = f"wanted at most {schema[most]}, which is {most}"
                yield Defect((*steps, least), f"{wanted}, got {schema[least]}")
        if not _is_pattern(schema.get("pattern", "")):
            wanted = "wanted a regular expression that Python reads too"
            yield Defect((*steps, "pattern"), f"{wanted}, got {quote(schema['pattern'])}")
        for number, name in enumerate(schema.get("required", ())):
            if name not in schema.get("properties", {name}):
                wanted = "wanted one of the properties"
                yield Defect((*steps, "required", number), f"{wanted}, got {quote(name)}")


def _is_pattern(text: str) -> bool:
    try:
        re.compile(text)
    except re.error:
        return False
    return True


def _links(document: _Document) -> Iterator[Defect]:
    targets = {operation["operationId"]: steps for steps, operation in each_operation(document)}
    for steps, node in each_with(document, "links"):
        for name, link in node["links"].items():
            place, id = (*steps, "links", name), link["operationId"]
            if id not in targets:
                wanted = f"wanted an operation: {', '.join(targets)}"
                yield Defect((*place, "operationId"), f"{wanted}, got {quote(id)}")
                continue
            known = [one["name"] for one in parameters_of(document, targets[id])]
            for argument in link.get("parameters", {}).keys() - {*known}:
                wanted = f"wanted a parameter of the operation: {', '.join(known) or 'it has none'}"
                yield Defect((*place, "parameters", argument), f"{wanted}, got {quote(argument)}")


def _rows(document: _Document) -> Iterator[Defect]:
    table, steps = document["x-lifecycle"], ("x-lifecycle", "transitions")
    rows = Counter((row["state"], row["event"]) for row in table["transitions"])
    held, final = (
        document["x-resource"].get("unique", {}).get("while", ()),
        document["x-resource"]["state"]["final"],
    )
    for state in table["states"]:
        for event in table["events"]:
            if not rows[state, event]:
                yield Defect(steps, f"wanted a transition of {state} by {event}, got none")
    for number, row in enumerate(table["transitions"]):
        if rows[row["state"], row["event"]] > 1:
            wanted = f"wanted one transition of {row['state']} by {row['event']}, got several"
            yield Defect((*steps, number), wanted)
        if row["to"] != row["state"] and (
            "refusal" in row or row["event"] == "replay" or {row["state"], row["to"]} <= {*final}
        ):
            wanted = f"wanted {row['state']}, as nothing is done"
            yield Defect((*steps, number, "to"), f"{wanted}, got {quote(row['to'])}")
        elif row["state"] not in held and row["to"] in held:
            wanted = f"wanted a state that x-resource.unique has in `while` beside {row['to']}"
            yield Defect((*steps, number, "state"), f"{wanted}, got {quote(row['state'])}")
    yield from _timed(table, steps)
    yield from _unreached(table, steps)
    yield from _after_turns(document, steps)


def _timed(table: _Document, steps: Steps) -> Iterator[Defect]:
    """What is told by the reason of a timeout and is none."""
    told = {row.get("reason") for row in table["transitions"] if row["event"] == "expire"} - {None}
    for number, row in enumerate(table["transitions"]):
        if row["event"] != "expire" and row.get("reason") in told:
            wanted = "wanted another reason than that of a timeout"
            yield Defect((*steps, number, "reason"), f"{wanted}, got {quote(row['reason'])}")


def _unreached(table: _Document, steps: Steps) -> Iterator[Defect]:
    """States that no transition leads to."""
    reached = _reachable(table, table["initial"])
    for state in (state for state in table["states"] if state not in reached):
        yield Defect(steps, f"wanted a transition that leads to {state}, got none")


def _reachable(table: _Document, state: str) -> set[str]:
    reached, count = {state}, 0
    while len(reached) > count:
        count = len(reached)
        reached |= {row["to"] for row in table["transitions"] if row["state"] in reached}
    return reached


def _after_turns(document: _Document, steps: Steps) -> Iterator[Defect]:
    """What differs from the initial state in those that turns lead to from there."""
    table, initial = document["x-lifecycle"], document["x-lifecycle"]["initial"]
    rows = {(row["state"], row["event"]): row for row in table["transitions"]}
    after: list[str] = []
    state = initial
    while (row := rows.get((state, "submit"))) and row["to"] not in (initial, *after):
        state = row["to"]
        after.append(state)
    unique = document["x-resource"].get("unique", {"while": after})
    for state in after:
        if state not in unique["while"]:
            wanted = f"wanted {state} too, as turns lead to it"
            yield Defect(("x-resource", "unique", "while"), f"{wanted}, got another list")
    for number, row in enumerate(table["transitions"]):
        first = rows.get((initial, row["event"]), row)
        if row["state"] in after and row["event"] in _ALIKE:
            for member in ("reason", "refusal", "effects"):
                if row.get(member) != first.get(member):
                    wanted = (
                        f"wanted what {initial} has, as turns lead from there to {row['state']}"
                    )
                    yield Defect((*steps, number, member), f"{wanted}, got other {member}")


def _rules(document: _Document) -> Iterator[Defect]:
    seen: set[str] = set()
    for number, rule in enumerate(document["x-rules"]):
        if rule["id"] in seen:
            yield Defect(
                ("x-rules", number, "id"), f"wanted each id once, got {quote(rule['id'])} twice"
            )
        seen.add(rule["id"])
        yield from _parameters_of_kind(document["x-lifecycle"], rule, number)
        if rule.get("kind") in _ASKING:
            yield from _untaken(document, rule, ("x-rules", number, "members"))


def _parameters_of_kind(table: _Document, rule: _Document, number: int) -> Iterator[Defect]:
    """States, events and members of a rule's kind that stand in no row of the lifecycle."""
    given = rule.get("given", table["initial"])
    rows = [row for row in table["transitions"] if row["state"] != given == row["to"]]
    ways = [*dict.fromkeys(row["event"] for row in rows)]
    if "by" in rule and rule["by"] not in ways:
        wanted = f"wanted {' or '.join(ways) or 'none'}"
        yield Defect(("x-rules", number, "by"), f"{wanted}, got {quote(rule['by'])}")
    if rule.get("kind") == "reachable" and _reachable(table, given) >= {*table["states"]}:
        wanted = "wanted a state from which another one is never reached"
        yield Defect(("x-rules", number, "given"), f"{wanted}, got {quote(given)}")
    immutable = table["immutable"]
    for place, member in enumerate(
        rule.get("members", ()) if rule.get("kind") == "immutable" else ()
    ):
        if member not in (*immutable["always"], *immutable.get(rule.get("given", ""), ())):
            wanted = "wanted a member that x-lifecycle has as immutable"
            yield Defect(("x-rules", number, "members", place), f"{wanted}, got {quote(member)}")


def _untaken(document: _Document, rule: _Document, steps: Steps) -> Iterator[Defect]:
    """Members that a rule is about and that nobody is asked for, or that cannot be clamped."""
    known: dict[str, Any] = {}
    for operation, raw in each_operation(document):
        if raw["operationId"] in rule["operations"]:
            known.update(schemas_of(document, raw["operationId"], "requestBody"))
            given = parameters_of(document, operation)
            known.update({one["name"]: one["schema"] for one in given})
    for number, name in enumerate(rule.get("members", ())):
        if name not in known:
            wanted = "wanted a member or parameter that the operation takes"
            yield Defect((*steps, number), f"{wanted}, got {quote(name)}")
        elif rule["kind"] == "clamped" and known[name].get("type") != "integer":
            wanted = "wanted an integer, which has bounds"
            yield Defect((*steps, number), f"{wanted}, got {quote(name)}")

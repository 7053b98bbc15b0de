"""Whether call results, their search and the webhook are as `x-resource` has them."""

from collections.abc import Iterator

from .parts import BODY, Json, at, operations
from .resource import Resource
from .words import Defect, Steps, quoted


def misnamed(document: Json) -> Iterator[Defect]:
    """Where a name of `result` or a filter of `search` has no counterpart."""
    declared = Resource(**document["x-resource"])
    known = {operation["operationId"]: steps for steps, operation in operations(document)}
    search = declared.operations.get("search")
    if search is None or search in known:
        yield from _nameless(document, declared)
    if search in known:
        yield from _searches(document, (*known[search], "requestBody", *BODY), declared)


def rows_of(document: Json) -> Json:
    """The members of a row that a search finds; none where there is no search."""
    return _turns(_page(document), document["x-resource"].get("search", {}).get("items", ""))


def _page(document: Json) -> Json:
    id = document["x-resource"]["operations"].get("search")
    for steps, operation in operations(document):
        if operation["operationId"] == id:
            found: Json = at(document, (*steps, "responses", "200", *BODY)).get("properties", {})
            return found
    return {}


def _turns(members: Json, name: str) -> Json:
    """The members of each object of a list."""
    found: Json = members.get(name, {}).get("items", {}).get("properties", {})
    return found


def _nameless(document: Json, declared: Resource) -> Iterator[Defect]:
    """Names of what an end leaves that stand in no schema of it."""
    left, rows = declared.left, rows_of(document)
    sent = [at(one["post"]["requestBody"], BODY) for one in document.get("x-webhooks", {}).values()]
    objects = [_page(document), rows, *(schema.get("properties", {}) for schema in sent)]
    objects += [_turns(one, left.transcript.get("member", "")) for one in objects[1:]]
    held = {name for one in objects for name in one}
    named: list[tuple[Steps, str]] = [
        ((role, "member") if role in ("outcome", "transcript") else (role,), name)
        for role, name in left.members.items()
    ]
    named += [(("further", place), name) for place, name in enumerate(left.further)]
    named += [(("fixed", name), name) for name in left.fixed]
    for steps, name in named:
        if name not in held:
            wanted = f"wanted a member of a call result or of the webhook, got {quoted(name)}"
            yield Defect(("x-resource", "result", *steps), wanted, is_name=steps[0] == "fixed")


def _searches(document: Json, body: Steps, declared: Resource) -> Iterator[Defect]:
    """Filters of a search, and members of its body, that are not each other's."""
    members: Json = at(document, (*body, "properties"))
    search, place = declared.searched, ("x-resource", "search", "filters")
    known = [*search.filters, *search.page.values()]
    for name, schema in members.items():
        steps = (*body, "properties", name)
        if name not in known:
            wanted = f"wanted a filter of x-resource: {', '.join(known)}, got {quoted(name)}"
            yield Defect(steps, wanted, is_name=True)
        elif name in search.filters:
            for reason in _incomparable(search.by_parameter[name].how, schema):
                yield Defect(steps, reason)
    seen = set()
    for name, one in search.by_parameter.items():
        if name not in members:
            wanted = f"wanted a member of the search, got {quoted(name)}"
            yield Defect((*place, name), wanted, is_name=True)
        if (one.member, one.how) in seen:
            wanted = "wanted one filter of each kind by a member, got another one"
            yield Defect((*place, name), wanted)
        seen.add((one.member, one.how))
    filtered = search.by_parameter.items()
    for name in [name for name, one in filtered if one.member in declared.left.fixed][1:]:
        wanted = "wanted one filter by a member that is fixed, got another one"
        yield Defect((*place, name), wanted)


def _incomparable(how: str, schema: Json) -> Iterator[str]:
    told, is_time = schema.get("type"), schema.get("format") == "date-time"
    if "default" in schema:
        yield "wanted no default, as none is used, got one"
    elif how == "paths" and told != "object":
        yield "wanted an object, got another schema"
    elif how in ("from", "until") and not (told == "string" and is_time):
        yield "wanted a date-time, got another schema"
    elif not how:
        one = schema.get("items", {}) if told == "array" else schema
        if one.get("type") != "string" or one.get("format") == "date-time":
            yield "wanted a string or an array of strings, got another schema"

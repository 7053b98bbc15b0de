"""What an end leaves behind, as a contract has it: call results, their search and the webhook."""

from collections.abc import Iterator

from .parts import BODY, Json, at, forms, places
from .resource import Resource
from .words import Defect, quoted, unmet


def rows_of(document: Json) -> Json:
    """The members of a row that a search finds; none where there is no search."""
    return _turns(_page(document), document["x-resource"].get("search", {}).get("items", ""))


def held(document: Json) -> list[str] | None:
    """The members of what an end leaves: of a page, a row, a webhook, a turn. None where the
    search that is named is not there."""
    declared = document["x-resource"]
    if "search" in declared["operations"] and searched(document) is None:
        return None
    turns = declared.get("result", {}).get("transcript", {}).get("member", "")
    sent = [at(one["post"]["requestBody"], BODY) for one in document.get("x-webhooks", {}).values()]
    objects = [rows_of(document), *(schema.get("properties", {}) for schema in sent)]
    return [name for one in objects for name in (*one, *_turns(one, turns))] + [*_page(document)]


def searched(document: Json) -> list[str] | None:
    """The members of a search; None where there is none."""
    id = document["x-resource"]["operations"].get("search", "")
    return [*forms(document, id, "requestBody")[0]] if id in places(document) else None


def misread(document: Json) -> Iterator[Defect]:
    """Members of a search that are no filter, and filters that cannot be compared or that are
    there already."""
    declared = document["x-resource"]
    search = Resource(**declared).searched
    operation = places(document).get(declared["operations"].get("search", ""))
    if operation is None:
        return
    body = (*operation, "requestBody", *BODY, "properties")
    known = [*search.by_parameter, search.number, search.size]
    for name, schema in at(document, body).items():
        if name not in known:
            wanted = f"a filter of x-resource: {', '.join(known)}"
            yield unmet((*body, name), wanted, quoted(name), is_name=True)
        elif name in search.by_parameter:
            if reason := _incomparable(search.by_parameter[name].how, schema):
                yield Defect((*body, name), f"wanted {reason}")
    filters, fixed = search.by_parameter.values(), declared["result"].get("fixed", {})
    told = [(one.member, one.how) for one in filters]
    alike = [one.parameter for one in filters if one.member in fixed]
    for place, one in enumerate(filters):
        steps = ("x-resource", "search", "filters", one.parameter)
        if told[place] in told[:place]:
            yield unmet(steps, "one filter of each kind by a member", "another one")
        if one.parameter in alike[1:]:
            yield unmet(steps, "one filter by a member that is fixed", "another one")


def _page(document: Json) -> Json:
    id = document["x-resource"]["operations"].get("search", "")
    return forms(document, id, "responses", "200")[0]


def _turns(members: Json, name: str) -> Json:
    """The members of each object of a list."""
    found: Json = members.get(name, {}).get("items", {}).get("properties", {})
    return found


def _incomparable(how: str, schema: Json) -> str:
    """What is wanted of a member that a filter compares so; empty where it is that."""
    told, is_time = schema.get("type"), schema.get("format") == "date-time"
    if "default" in schema:
        return "no default, as none is used, got one"
    if how == "paths":
        return "" if told == "object" else "an object, got another schema"
    if how:
        return "" if told == "string" and is_time else "a date-time, got another schema"
    one = schema.get("items", {}) if told == "array" else schema
    is_text = one.get("type") == "string" and one.get("format") != "date-time"
    return "" if is_text else "a string or an array of strings, got another schema"

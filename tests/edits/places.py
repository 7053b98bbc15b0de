"""Places of openapi.yaml that edits name, and parts of it that they write again."""

from __future__ import annotations

import copy
import json
import re
from typing import Any

from tests.contracts.edits import WHOLE

Doc = dict[str, Any]
CONTRACT: Doc = json.loads(WHOLE)

PATHS = "/paths/~1api~1v1~1"
OPEN, LIST = f"{PATHS}chats/post", f"{PATHS}chats/get"
GET = f"{PATHS}chats~1{{id}}/get"
SUBMIT, END = f"{PATHS}chats~1{{id}}~1messages/post", f"{PATHS}chats~1{{id}}~1end/post"
SEARCH = f"{PATHS}callresults~1search/post"
SCHEMAS = "/components/schemas"
OPENING = f"{SCHEMAS}/OpenRequest/properties"
TURN = f"{SCHEMAS}/SubmitRequest/properties"
ENDING = f"{SCHEMAS}/EndRequest/properties"
SEARCHING = f"{SCHEMAS}/CallResultSearch/properties"
FORMS = ("ActiveSession", "FinalSession", "ListedActiveSession", "ListedFinalSession")
PARAMETERS = {
    p["name"]: n for n, p in enumerate(CONTRACT["paths"]["/api/v1/chats"]["get"]["parameters"])
}
ROWS = {
    (row["state"], row["event"]): f"/x-lifecycle/transitions/{n}"
    for n, row in enumerate(CONTRACT["x-lifecycle"]["transitions"])
}
RULES = {rule["id"]: f"/x-rules/{n}" for n, rule in enumerate(CONTRACT["x-rules"])}
JSON_CONTENT = "content/application~1json/schema"


def parameter(name: str) -> str:
    """The place of a parameter of a list."""
    return f"{LIST}/parameters/{PARAMETERS[name]}"


def at(pointer: str) -> Any:
    """A copy of what stands at a place of openapi.yaml."""
    found: Any = CONTRACT
    for step in pointer.split("/")[1:]:
        step = step.replace("~1", "/").replace("~0", "~")
        found = found[int(step) if isinstance(found, list) else step]
    return copy.deepcopy(found)


def words(**names: str) -> Doc:
    """The change that writes names otherwise wherever they stand as words of their own."""
    text = WHOLE
    for old, new in names.items():
        text = re.sub(rf"(?<![\w-]){old}(?![\w-])", new, text)
    return {f"/{part}": value for part, value in json.loads(text).items()}


def everywhere(texts: dict[str, str]) -> Doc:
    """The change that writes other texts in the place of some, wherever they stand."""
    text = WHOLE
    for old, new in texts.items():
        assert old in text, f"openapi.yaml has no {old}"
        text = text.replace(old, new)
    return {f"/{part}": value for part, value in json.loads(text).items()}


def operations() -> list[str]:
    """The place of every operation."""
    return [OPEN, LIST, GET, SUBMIT, END, SEARCH]


EXAMPLES = {
    "opens": [
        f"{OPEN}/requestBody/content/application~1json/examples/{n}/value" for n in ("web", "sms")
    ],
    "turns": [
        f"{SUBMIT}/requestBody/content/application~1json/examples/{n}/value"
        for n in ("turn", "override")
    ],
    "ends": [f"{END}/requestBody/content/application~1json/examples/plain/value"],
}


def changed(values: Doc, **members: Doc) -> Doc:
    """A change of a request that its examples follow: they have more members."""
    examples = {
        f"{place}/{name}": value
        for kind, more in members.items()
        for place in EXAMPLES[kind]
        for name, value in more.items()
    }
    return {**values, **examples}


def every_session(name: str, schema: Any, *, required: bool = False, value: Any = None) -> Doc:
    """A further member of each session, in its examples too where it is required."""
    made: Doc = {f"{SCHEMAS}/{form}/properties/{name}": schema for form in FORMS}
    if required:
        made |= {f"{SCHEMAS}/{f}/required": [*at(f"{SCHEMAS}/{f}/required"), name] for f in FORMS}
        made |= {f"{place}/{name}": value for place in _shown(CONTRACT, "", SESSION)}
    return made


def every_message(values: Doc, name: str, value: Any) -> Doc:
    """A change of messages that their examples follow: those without the member have it."""
    places = _shown(CONTRACT, "", MESSAGE)
    return {**values, **{f"{one}/{name}": value for one in places if name not in at(one)}}


SESSION, MESSAGE = {"id", "messages", "is_final"}, {"role", "content", "time"}


def _shown(node: Any, place: str, members: set[str]) -> list[str]:
    """Where the examples hold an object with these members."""
    if isinstance(node, list):
        return [f for n, part in enumerate(node) for f in _shown(part, f"{place}/{n}", members)]
    if not isinstance(node, dict):
        return []
    found = [place] if members <= {*node} and not place.endswith("/properties") else []
    for name, part in node.items():
        step = name.replace("~", "~0").replace("/", "~1")
        found += _shown(part, f"{place}/{step}", members)
    return found

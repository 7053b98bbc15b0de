"""What the contract says of a request: must it be accepted, must it be refused, or neither?

The oracle looks at what was sent, not at what a generator meant to send: a generator's
"negative" value often turns out valid on the wire. Pure: no I/O, no clock.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit
from uuid import UUID

from ..contract.document import Contract
from ..contract.ids import UUID as ID
from ..contract.resource import Resource
from ..contract.results import Search
from ..judging.exchange import Exchange, Json
from ..judging.outcomes import shown
from .portable import is_portable, is_text
from .values import FITS, OPEN, Judgement, breaks, judge_value

LARGEST_BODY = 64 * 1024  # bytes that every deployment takes
CLEAN_SEGMENT = re.compile(r"(?!\.+\Z)[\w.,~-]+", re.ASCII)
JSON_IN_UTF8 = re.compile(r"application/json(\s*;\s*charset=\"?utf-8\"?)?", re.IGNORECASE)
INTEGER = re.compile(r"0|-?[1-9]\d{0,17}", re.ASCII)
EXTENSIBLE = ("create", "submit", "end")  # roles of operations
KINDS = ("fits", "open", "breaks")
WORD = re.compile(r"\w{1,64}", re.ASCII)


class Oracle:
    """Judges requests by the contract. `agent` is the one agent known to take sessions."""

    def __init__(self, contract: Contract, agent: str) -> None:
        self.contract = contract
        self.doubts = doubts(contract.resource, agent)

    def names(self, operation: str, url: str) -> bool:
        """Whether the URL's path is the operation's, however servers and proxies tidy paths."""
        return self._segment(operation, url) is not None

    def judge(self, request: Exchange) -> Judgement:
        """The request as a whole: broken where any part is, open where any part is."""
        if request.operation is None:
            return OPEN
        judged = [FITS, *self._judged(request, request.operation)]
        return max(judged, key=lambda judgement: KINDS.index(judgement.kind))

    def _judged(self, request: Exchange, operation: str) -> Iterator[Judgement]:
        segment = self._segment(operation, request.url)
        if segment is None:
            yield OPEN
        elif segment:
            yield _id(segment)
        yield from self._query(operation, urlsplit(request.url).query)
        yield from self._body(operation, request)

    def _segment(self, operation: str, url: str) -> str | None:
        """The id in the path, "" where the operation has none, None for an unclean path."""
        template = re.escape(self.contract.operations[operation].path).replace(r"\{", "{")
        pattern = self.contract.paths.to(template, "([^/]+)") + r"\Z"
        found = re.search(pattern, urlsplit(url).path)
        if not found or not found.groups():
            return "" if found else None
        segment = unquote(found[1])
        return segment if CLEAN_SEGMENT.fullmatch(segment) else None

    def _query(self, operation: str, query: str) -> Iterator[Judgement]:
        try:
            pairs = parse_qsl(query, keep_blank_values=True, errors="strict")
        except ValueError:
            yield OPEN
            return
        names = [name for name, _ in pairs]
        schemas = self.contract.query(operation)
        for name, text in pairs:
            if name not in schemas or names.count(name) > 1:
                yield OPEN
            else:
                yield _query_value(name, text, schemas[name])
                yield self._doubt(operation, name, text)

    def _body(self, operation: str, request: Exchange) -> Iterator[Judgement]:
        schema, body = self.contract.body(operation), request.body
        if schema is None:
            yield OPEN if body else FITS
            return
        if not body:
            needed = schema.get("required")
            yield breaks("the body is missing") if needed else OPEN
            return
        if not JSON_IN_UTF8.fullmatch(request.headers.get("content-type", "")):
            yield OPEN
            return
        if len(body) > LARGEST_BODY:
            yield OPEN
        try:
            value = json.loads(body.decode(), object_pairs_hook=_distinct, parse_constant=_constant)
        except (UnclearError, RecursionError, UnicodeDecodeError):
            yield OPEN
        except ValueError:
            yield breaks("the body is not JSON")
        else:
            yield from self._members(operation, schema, value)

    def _members(self, operation: str, schema: Json, value: Any) -> Iterator[Judgement]:
        needed = schema.get("required", ())
        if not isinstance(value, dict):
            lenient = value is None and not needed
            yield OPEN if lenient else breaks("the body is no JSON object")
            return
        for name in needed:
            if name not in value:
                yield breaks(f"the member {name} is missing")
        names = self.contract.resource
        extensible = names.role(operation) in EXTENSIBLE
        search = names.searched if names.role(operation) == "search" else Search()
        paths = search.parameter(names.left.data, "paths")  # of which a doubt tells
        folded = {_folded(name) for name in schema["properties"]}
        for name, given in value.items():
            member = schema["properties"].get(name)
            if member is not None:
                if name != paths or not isinstance(given, dict):
                    yield judge_value(name, given, member, needed=name in needed)
                yield self._doubt(operation, name, given)
            elif not (extensible and is_portable({name: given})) or _folded(name) in folded:
                yield OPEN
        if all(value.get(search.parameter(names.left.completed, how)) for how in ("from", "until")):
            yield OPEN  # a range that runs backwards may be refused

    def _doubt(self, operation: str, name: str, value: Any) -> Judgement:
        doubtful = self.doubts.get((self.contract.resource.role(operation), name))
        return OPEN if doubtful and doubtful(value) else FITS


class UnclearError(Exception):
    """JSON that parsers read in different ways."""


def _distinct(pairs: list[tuple[str, Any]]) -> Json:
    if len({name for name, _ in pairs}) < len(pairs):
        raise UnclearError
    return dict(pairs)


def _constant(_: str) -> Any:
    raise UnclearError


def _folded(name: str) -> str:
    """The name as a reader that cares for neither case nor separators sees it."""
    return re.sub(r"[\W_]", "", name).casefold()


def _id(segment: str) -> Judgement:
    if ID.fullmatch(segment):
        return FITS
    try:
        UUID(segment)
    except ValueError:
        return breaks(f"the id {shown(segment, 80)} is no UUID")
    return OPEN  # braces, or no hyphens


def _query_value(name: str, text: str, schema: Json) -> Judgement:
    whole = schema["type"] == "integer" and INTEGER.fullmatch(text)
    return judge_value(name, int(text) if whole else text, schema)


def _is_no_filter(data: str, value: Any) -> bool:
    """Whether an object does not filter by texts that stand in the data, one level deep."""
    return isinstance(value, dict) and not all(
        path.startswith(f"{data}.")
        and WORD.fullmatch(path.removeprefix(f"{data}."))
        and isinstance(text, str)
        and is_text(text)
        for path, text in value.items()
    )


def _is_another(text: str, value: Any) -> bool:
    return value not in (text, [], [text])


def doubts(names: Resource, agent: str) -> dict[tuple[str, str], Callable[[Any], bool]]:
    """Members of which the contract says less than a deployment may want, by role and name."""
    left, search = names.left, names.searched
    known = {
        ("create", names.agent): agent,
        ("list", names.filtering.get(names.agent, "")): agent,
        ("search", search.parameter(left.agent)): agent,
        **{("search", search.parameter(name)): text for name, text in left.fixed.items()},
    }
    return {
        **{place: partial(_is_another, text) for place, text in known.items()},
        ("search", search.parameter(left.identity)): bool,
        ("search", search.parameter(left.data, "paths")): partial(_is_no_filter, left.data),
    }

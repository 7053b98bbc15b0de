"""What the contract says of a request: must it be accepted, must it be refused, or neither?

The oracle looks at what was sent, not at what a generator meant to send: a generator's
"negative" value often turns out valid on the wire. Pure: no I/O, no clock.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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
WORD = re.compile(r"\w{1,64}", re.ASCII)


class Oracle:
    """Judges requests by the contract. `agent` is the one agent known to take sessions."""

    def __init__(self, contract: Contract, agent: str) -> None:
        self.agent = agent
        self.parts = {id: Parts.of(contract, id) for id in contract.operations}
        self.doubts = doubts(contract.resource)

    def names(self, operation: str, url: str) -> bool:
        """Whether the URL's path is the operation's, however servers and proxies tidy paths."""
        return self._segment(operation, url) is not None

    def judge(self, request: Exchange) -> Judgement:
        """The request as a whole: broken where any part is, open where any part is."""
        if request.operation is None:
            return OPEN
        judged = list(self._judged(request, request.operation))
        for kind in ("breaks", "open"):
            for judgement in judged:
                if judgement.kind == kind:
                    return judgement
        return FITS

    def _judged(self, request: Exchange, operation: str) -> Iterator[Judgement]:
        parts = self.parts[operation]
        segment = self._segment(operation, request.url)
        if segment is None:
            yield OPEN
        elif parts.has_id:
            yield _id(segment)
        yield from self._query(parts, urlsplit(request.url).query)
        yield from self._body(parts, request)

    def _segment(self, operation: str, url: str) -> str | None:
        """The id in the path, "" where the operation has none, None for an unclean path."""
        found = self.parts[operation].path.search(urlsplit(url).path)
        if not found:
            return None
        segment = unquote("".join(found.groups()))
        clean = CLEAN_SEGMENT.fullmatch(segment) or not self.parts[operation].has_id
        return segment if clean else None

    def _query(self, parts: Parts, query: str) -> Iterator[Judgement]:
        try:
            pairs = parse_qsl(query, keep_blank_values=True, errors="strict")
        except ValueError:
            yield OPEN
            return
        names = [name for name, _ in pairs]
        for name, text in pairs:
            schema = parts.query.get(name)
            if schema is None or names.count(name) > 1:
                yield OPEN
            else:
                yield _query_value(name, text, schema)
                yield self._doubt(parts.role, name, text)

    def _body(self, parts: Parts, request: Exchange) -> Iterator[Judgement]:
        schema, body = parts.body, request.body
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
            yield from self._members(parts, schema, value)

    def _members(self, parts: Parts, schema: Json, value: Any) -> Iterator[Judgement]:
        needed = schema.get("required", ())
        if not isinstance(value, dict):
            lenient = value is None and not needed
            yield OPEN if lenient else breaks("the body is no JSON object")
            return
        for name in needed:
            if name not in value:
                yield breaks(f"the member {name} is missing")
        folded = {_folded(name) for name in schema["properties"]}
        for name, given in value.items():
            member = schema["properties"].get(name)
            if member is not None:
                if name != parts.paths or not isinstance(given, dict):
                    yield judge_value(name, given, member, needed=name in needed)
                yield self._doubt(parts.role, name, given)
            elif not (parts.extensible and is_portable({name: given})) or _folded(name) in folded:
                yield OPEN
        if parts.range and parts.range <= value.keys():
            yield OPEN  # a range that runs backwards may be refused

    def _doubt(self, role: str, name: str, value: Any) -> Judgement:
        doubtful = self.doubts.get((role, name))
        return OPEN if doubtful and doubtful(value, self.agent) else FITS


@dataclass(frozen=True)
class Parts:
    """What the contract says of one operation's requests."""

    role: str
    path: re.Pattern[str]
    has_id: bool
    query: dict[str, Json]
    body: Json | None
    extensible: bool  # whether members that the contract does not list are ignored
    range: frozenset[str]  # the two members that begin and end one
    paths: str  # the member of what is wanted at paths, of which a doubt tells

    @classmethod
    def of(cls, contract: Contract, id: str) -> Parts:
        operation, names = contract.operations[id], contract.resource
        search = names.searched if names.role(id) == "search" else Search()
        ends = [search.parameter(names.left.completed, how) for how in ("from", "until")]
        path = contract.paths.to(re.escape(operation.path).replace(r"\{", "{"), "([^/]+)")
        return cls(
            role=contract.resource.role(id),
            path=re.compile(path + r"\Z"),
            has_id="{" in operation.path,
            query=contract.query(id),
            body=contract.body(id),
            extensible=contract.resource.role(id) in EXTENSIBLE,
            range=frozenset(ends if all(ends) else ()),
            paths=search.parameter(names.left.data, "paths"),
        )


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


def _no_data_filter(member: str) -> Callable[[Any, str], bool]:
    def doubtful(value: Any, _: str) -> bool:
        return isinstance(value, dict) and not all(
            key.startswith(f"{member}.")
            and WORD.fullmatch(key.removeprefix(f"{member}."))
            and isinstance(item, str)
            and is_text(item)
            for key, item in value.items()
        )

    return doubtful


def _another_than(text: str) -> Callable[[Any, str], bool]:
    return lambda value, _: value not in (text, [], [text])


def _another_agent(value: Any, agent: str) -> bool:
    return bool(value not in (agent, [], [agent]))


def doubts(names: Resource) -> dict[tuple[str, str], Callable[[Any, str], bool]]:
    """Members of which the contract says less than a deployment may want, by role and name."""
    left, search = names.left, names.searched
    fixed = {search.parameter(name): text for name, text in left.fixed.items()}
    return {
        ("create", names.agent): _another_agent,
        ("list", names.filtering.get(names.agent, "")): _another_agent,
        ("search", search.parameter(left.agent)): _another_agent,
        ("search", search.parameter(left.identity)): lambda value, _: value != [],
        ("search", search.parameter(left.data, "paths")): _no_data_filter(left.data),
        **{("search", name): _another_than(text) for name, text in fixed.items() if name},
    }

"""The contract, read once: its document, its lifecycle and its table of paths."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..domain.lifecycle import Lifecycle
from ..domain.resource import Resource
from ..domain.result import Result
from .consistency import contradictions
from .declaration import shared_names
from .definition import Defect, Definition
from .locations import resource
from .parts import JSON, METHODS, acts, at, each_operation, operation_of, row_of, server_urls, shown
from .references import Resolved
from .samples import Samples
from .source import read_source

# The rules are the suite's business, and the largest part of the file.
_UNSERVED = ("x-rules", "x-sources")
_OWN = ("x-lifecycle", "x-resource")  # which Connexion does not know
_FIRST = ("openapi",), ("x-resource",), ("x-lifecycle",)


@dataclass(frozen=True, slots=True)
class Contract:
    """What the mock takes from the contract: the `document` as Connexion serves it, the same
    `resolved`, and the `files` that it was read from."""

    path: Path
    document: dict[str, Any]
    resolved: dict[str, Any]
    files: tuple[Path, ...]
    lifecycle: Lifecycle
    resource: Resource

    @property
    def version(self) -> str:
        return str(self.document["info"]["version"])

    @property
    def base_path(self) -> str:
        """What is served before every path: the path of the first server, as Connexion has it."""
        return urlsplit((*server_urls(self.document), "")[0]).path.rstrip("/")

    def operations(self) -> Iterator[tuple[str, str, str, str]]:
        """Each operation as method, path as it is served, operationId and summary."""
        for (_, path, method), operation in each_operation(self.resolved):
            served = f"{self.base_path}{path}"
            id, summary = operation["operationId"], operation.get("summary", "")
            yield str(method).upper(), served, id, summary

    @property
    def webhook(self) -> dict[str, Any] | None:
        """What is sent when a session has ended; None where nothing is."""
        return next((one["post"] for one in self.resolved.get("x-webhooks", {}).values()), None)

    @property
    def webhook_id(self) -> str:
        """The operationId of the webhook; empty where there is none."""
        return str(self.webhook["operationId"]) if self.webhook else ""

    def allowed(self, path: str) -> str | None:
        """The value of Allow for a concrete path, `*` for any, or None for one that does not
        exist."""
        if path == "*":
            every = chain.from_iterable(map(_methods_of, self.document["paths"].values()))
            return ", ".join(dict.fromkeys(every))
        if not path.startswith(self.base_path):
            return None
        return allowed_methods(self.document["paths"], path.removeprefix(self.base_path))

    def statuses(self, operation_id: str) -> set[str]:
        return {*operation_of(self.resolved, operation_id)["responses"]}

    def answer(self, operation_id: str, status: str = "200") -> dict[str, Any]:
        """The schema of an answer in JSON, without references."""
        answer = operation_of(self.resolved, operation_id)["responses"][status]
        schema: dict[str, Any] = answer["content"]["application/json"]["schema"]
        return schema


def _resource(document: dict[str, Any]) -> Resource:
    hooks = document.get("x-webhooks", {}).values()
    sent = [name for one in hooks for name in at(one["post"]["requestBody"], JSON)["properties"]]
    result = Result(document["x-resource"], row_of(document), sent)
    return Resource.load(document["x-resource"], acts(document), shown(document), result)


def load_contract(path: Path | None = None, *, executed: bool = True) -> Contract:
    """Read a contract. Raises FixtureError, with file, line and pointer, for one that is unsound,
    or that says what is not `executed`."""
    source = read_source(path or resource("openapi.yaml"))
    resolved = Resolved(source)
    definition = Definition()
    for stage in _stages(resolved.document, definition, executed):
        if defects := [*stage]:
            raise resolved.error(*min(defects, key=lambda one: _order(one, resolved)))
    document = resolved.document
    if len(resolved.files) == 1:  # so that what is served keeps its references
        document = {**source.value, **{part: document[part] for part in _OWN}}
    served, plain = (
        {k: v for k, v in d.items() if k not in _UNSERVED} for d in (document, resolved.document)
    )
    table = document["x-lifecycle"]
    words = _resource(resolved.document)
    lifecycle = Lifecycle.load(table, words)
    return Contract(source.path, served, plain, resolved.files, lifecycle, words)


def _order(defect: Defect, resolved: Resolved) -> tuple[int, tuple[int, int]]:
    """As a reader meets them; but what is written in another OpenAPI, or without what makes it
    executable, differs everywhere."""
    first = _FIRST.index(defect.steps) if defect.steps in _FIRST else len(_FIRST)
    return first, resolved.position(defect.steps, defect.is_name)


def allowed_methods(paths: Mapping[str, Any], path: str) -> str | None:
    """The value of Allow for a concrete path among templates, or None for no such path."""
    known = [path] if path in paths else paths
    found = (one for one in known if one == path or path_pattern(one).fullmatch(path))
    template = next(found, None)
    return None if template is None else ", ".join(_methods_of(paths[template]))


def path_pattern(template: str) -> re.Pattern[str]:
    """What matches the paths of a template, with a group for each parameter."""
    return re.compile(re.sub(r"\\\{(.+?)\\\}", r"(?P<\1>[^/]+)", re.escape(template)))


def _stages(document: Any, definition: Definition, executed: bool) -> Iterator[Iterator[Defect]]:
    """What can be wrong, each where nothing before it is."""
    yield definition.written(document)
    if executed:
        yield shared_names(document)
        yield definition.executed(document)
    yield contradictions(document)
    if executed:
        yield definition.missing(document)
    samples = Samples(document, definition.samples(document))
    yield samples.examples()
    if executed:
        yield samples.served()


def _methods_of(item: Mapping[str, Any]) -> Iterator[str]:
    for method in METHODS:
        if method in item:
            yield method.upper()
            if method == "get":
                yield "HEAD"
    yield "OPTIONS"

"""The contract file, read once: its document, its lifecycle and its table of paths."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..domain.lifecycle import Lifecycle, LifecycleError
from ..problems.violations import json_pointer
from .defects import METHODS, find_defect
from .fixtures import FixtureError, load_document
from .locations import resource

__all__ = ["Contract", "allowed_methods", "load_contract"]

# The rules are the suite's business, and the largest part of the file.
_UNSERVED = ("x-rules", "x-sources")


@dataclass(frozen=True, slots=True)
class Contract:
    """What the mock takes from the contract file."""

    path: Path
    document: dict[str, Any]
    lifecycle: Lifecycle

    @property
    def version(self) -> str:
        """The contract's version."""
        return str(self.document["info"]["version"])

    @property
    def base_path(self) -> str:
        """What is served before every path: the path of the first server, as Connexion has it."""
        server = (self.document.get("servers") or [{}])[0]
        url: str = server.get("url", "")
        for name, variable in server.get("variables", {}).items():
            url = url.replace(f"{{{name}}}", str(variable["default"]))
        return urlsplit(url).path.rstrip("/")

    def operations(self) -> Iterator[tuple[str, str, str, str]]:
        """Each operation as method, path as it is served, operationId and summary."""
        for path, item in self.document["paths"].items():
            for method in METHODS:
                if operation := item.get(method):
                    yield (
                        method.upper(),
                        self.base_path + path,
                        operation["operationId"],
                        operation.get("summary", ""),
                    )

    def webhooks(self) -> list[str]:
        """The operationIds of the webhooks."""
        return [item["post"]["operationId"] for item in self.document["x-webhooks"].values()]

    def allowed(self, path: str) -> str | None:
        """The value of Allow for a concrete path, or None for a path that does not exist."""
        if not path.startswith(self.base_path):
            return None
        return allowed_methods(self.document["paths"], path.removeprefix(self.base_path))


def load_contract(path: Path | None = None) -> Contract:
    """Read the contract file. Raises FixtureError, with file and pointer, if it is unusable."""
    bundled = resource("openapi.yaml")
    path = path or bundled
    document = load_document(path)
    if not isinstance(document, dict) or "openapi" not in document:
        raise FixtureError(path, "is no OpenAPI document", "/openapi")
    served = {key: value for key, value in document.items() if key not in _UNSERVED}
    try:
        lifecycle = Lifecycle.load(document["x-lifecycle"])
    except LifecycleError as error:
        raise FixtureError(path, str(error), error.pointer) from None
    except (KeyError, TypeError) as error:
        raise FixtureError(path, f"the table is incomplete: {error}", "/x-lifecycle") from None
    _check_paths(path, document.get("paths"))
    _check_webhook(path, document.get("x-webhooks"))
    # The one that comes along is known to be sound, and a start is to be quick.
    if path != bundled and (defect := find_defect(served)):
        raise FixtureError(path, defect[1], defect[0])
    return Contract(path, served, lifecycle)


def allowed_methods(paths: Mapping[str, Any], path: str) -> str | None:
    """The value of Allow for a concrete path among templates, or None for no such path."""
    for template, item in paths.items():
        if re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            return ", ".join(_methods_of(item))
    return None


def _check_paths(file: Path, paths: Any) -> None:
    """Raise FixtureError unless each path has operations with an operationId."""
    if not isinstance(paths, dict):
        raise FixtureError(file, "wanted an object", "/paths")
    for path, item in paths.items():
        if not isinstance(item, dict):
            raise FixtureError(file, "wanted an object", json_pointer(["paths", path]))
        for method in (method for method in METHODS if method in item):
            if not isinstance(item[method], dict) or "operationId" not in item[method]:
                pointer = json_pointer(["paths", path, method])
                raise FixtureError(file, "wanted an operation with an operationId", pointer)


def _check_webhook(file: Path, webhooks: Any) -> None:
    """Raise FixtureError unless there is one webhook, a post of JSON with an example."""
    if not isinstance(webhooks, dict) or len(webhooks) != 1:
        raise FixtureError(file, "wanted an object with one webhook", "/x-webhooks")
    ((name, value),) = webhooks.items()
    place = ["x-webhooks", name]
    for member in ("post", "requestBody", "content", "application/json", "example"):
        value = value.get(member) if isinstance(value, dict) else None
        place.append(member)
        if not isinstance(value, dict):
            raise FixtureError(file, "wanted an object", json_pointer(place))
        if member == "post" and not isinstance(value.get("operationId"), str):
            raise FixtureError(file, "wanted an operation with an operationId", json_pointer(place))


def _methods_of(item: Mapping[str, Any]) -> Iterator[str]:
    for method in METHODS:
        if method in item:
            yield method.upper()
            if method == "get":
                yield "HEAD"
    yield "OPTIONS"

"""Connexion's routing with a table in front of it.

Connexion's router tries every route in turn. The table finds the operation of a request that
fits the contract at once; whatever it does not find goes Connexion's way as ever.
"""

import re
from typing import Any

from connexion.exceptions import InvalidSpecification
from connexion.http_facts import METHODS
from connexion.middleware import ConnexionMiddleware
from connexion.middleware.abstract import ROUTING_CONTEXT
from connexion.middleware.routing import RoutingMiddleware
from connexion.spec import Specification
from starlette.types import ASGIApp, Receive, Scope, Send

from ..contract.document import Contract, path_pattern
from ..contract.source import FixtureError
from ..problems.violations import json_pointer
from .specification import add_document


class Routing(RoutingMiddleware):  # type: ignore[misc]
    """Routes to operations, without redirects: a slash too many is another path."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app)
        self.exact: dict[tuple[str, str], dict[str, str]] = {}
        self.templates: list[tuple[str, re.Pattern[str], dict[str, str]]] = []

    def add_api(self, specification: Specification, *args: Any, **kwargs: Any) -> None:
        super().add_api(specification, *args, **kwargs)
        self.router.redirect_slashes = False
        for mount in self.router.routes:
            mount.app.redirect_slashes = False
        for path, item in specification["paths"].items():
            for method in METHODS & item.keys():
                self._add(method.upper(), specification.base_path, path, item[method])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and (found := self.find(scope["method"], scope["path"])):
            scope["path_params"], context = found
            scope.setdefault("extensions", {})[ROUTING_CONTEXT] = context
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)

    def find(self, method: str, path: str) -> tuple[dict[str, str], dict[str, str]] | None:
        """The path's parameters and the routing context of an operation, or None."""
        context = self.exact.get((method, path))
        if context is not None:
            return {}, context
        for wanted, pattern, context in self.templates:
            if wanted == method and (match := pattern.fullmatch(path)):
                return match.groupdict(), context
        return None

    def _add(self, method: str, base: str, path: str, operation: dict[str, Any]) -> None:
        context = {"api_base_path": base, "operation_id": operation["operationId"]}
        if "{" not in path:
            self.exact[method, base + path] = context
        else:
            self.templates.append((method, path_pattern(base + path), context))


def add_contract(connexion: ConnexionMiddleware, contract: Contract) -> None:
    """Have Connexion serve a contract. Raises FixtureError for one that it refuses."""
    try:
        add_document(connexion, contract.document)
    except InvalidSpecification as error:
        pointer = json_pointer(error.absolute_path)
        raise FixtureError(contract.path, error.message[:200], pointer) from None
    except Exception as error:  # whatever a library makes of a document that is none
        raise FixtureError(contract.path, f"cannot be served: {error}") from None

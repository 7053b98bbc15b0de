"""A layer of Connexion's stack, which puts something around each operation."""

from collections.abc import Callable
from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.operations import AbstractOperation
from connexion.spec import Specification
from starlette.types import ASGIApp

Make = Callable[[ASGIApp, AbstractOperation], ASGIApp]


class LayerAPI(RoutedAPI[ASGIApp]):  # type: ignore[misc]
    """The operations of one specification, as `make` has them."""

    def __init__(self, *args: Any, make: Make, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.make = make
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> ASGIApp:
        """The operation around what comes next."""
        return self.make(self.next_app, operation)


class Layer(RoutedMiddleware[LayerAPI]):  # type: ignore[misc]
    """Hands a request to its operation, which `make` makes of what comes next and the contract."""

    api_cls = LayerAPI

    def __init__(self, app: ASGIApp, make: Make) -> None:
        super().__init__(app)
        self.make = make

    def add_api(self, specification: Specification, **kwargs: Any) -> LayerAPI:
        """Register the operations of a contract."""
        api: LayerAPI = super().add_api(specification, make=self.make, **kwargs)
        return api

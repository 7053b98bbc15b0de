"""What stands around each operation, as one layer of Connexion's stack."""

from collections.abc import Callable, Sequence
from typing import Any

from connexion.middleware.abstract import RoutedAPI, RoutedMiddleware
from connexion.operations import AbstractOperation
from connexion.spec import Specification
from starlette.types import ASGIApp

Make = Callable[[ASGIApp, AbstractOperation], ASGIApp]


class LayersAPI(RoutedAPI[ASGIApp]):  # type: ignore[misc]
    """The operations of one specification, as `makes` have them."""

    def __init__(self, *args: Any, makes: Sequence[Make], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.makes = makes
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> ASGIApp:
        """The operation around what comes next."""
        app: ASGIApp = self.next_app
        for make in reversed(self.makes):
            app = make(app, operation)
        return app


class Layers(RoutedMiddleware[LayersAPI]):  # type: ignore[misc]
    """Hands a request to its operation; each of `makes`, the outermost first, puts around what
    comes next something that it makes of the contract."""

    api_cls = LayersAPI

    def __init__(self, app: ASGIApp, makes: Sequence[Make]) -> None:
        super().__init__(app)
        self.makes = makes

    def add_api(self, specification: Specification, **kwargs: Any) -> LayersAPI:
        api: LayersAPI = super().add_api(specification, makes=self.makes, **kwargs)
        return api

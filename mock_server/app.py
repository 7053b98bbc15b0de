"""The application: the API of a mock, and the control plane beside it."""

from functools import partial

from starlette.types import ASGIApp, Scope

from .admin.front import Front
from .files import Files, read_files
from .http.cors import CorsMiddleware
from .http.sandboxes import InSandbox
from .http.security import Scheme
from .mock import Mock
from .problems.kinds import Problem
from .reload import Watcher
from .settings import Settings


class App:
    """A mock as it is served; `asgi` is the application. It reads the files that the settings
    name, unless they are given."""

    def __init__(self, settings: Settings, files: Files | None = None) -> None:
        self.mock = Mock(settings, files or read_files(settings))
        self.stopping = self.mock.stopping
        if settings.watch:
            self.mock.beside.append(Watcher(self.mock).run)
        style = settings.choices["error_body"]
        api = InSandbox(self.mock.api, self.mock.sandboxes, style, may_create=self.may_create)
        self.asgi: ASGIApp = Front(CorsMiddleware(api, settings.cors_origins), self.plane)

    def may_create(self, scope: Scope) -> bool:
        """Whether a request may bring a sandbox about: whoever has no key is refused anyway."""
        document = self.mock.contract.resolved
        schemes = document["components"].get("securitySchemes", {})
        scheme = Scheme.of(document.get("security") or (), schemes)
        try:
            if scheme:
                scheme.check(scope, self.mock.settings.token)
        except Problem:
            return False
        return True

    def plane(self) -> ASGIApp:
        """The control plane of the mock."""
        from .admin.plane import Plane
        from .admin.safety import is_page, is_webhook

        def may_create(scope: Scope) -> bool:
            if is_webhook(scope) and self.mock.settings.admin_token:
                raise Problem("unknown-sandbox", "Webhooks are taken in sandboxes that are there.")
            return not is_page(scope)  # whoever reads a page needs no token

        within = partial(
            InSandbox,
            sandboxes=self.mock.sandboxes,
            style="problem",
            in_query=True,
            may_create=may_create,
        )
        return Plane(self.mock, within)


def create_app(settings: Settings | None = None) -> ASGIApp:
    """The mock as an ASGI application.

    Raises FixtureError for an unusable contract, fixture or seed, StoreError for a database.
    """
    return App(settings or Settings()).asgi

"""Modules that Connexion imports and a running mock seldom needs, loaded at first use.

They make up half of the time to the first answer. Import this before Connexion.
"""

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import Any


class _StandIn(ModuleType):
    """Looks like a module, and loads the real one when it is looked into."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return getattr(import_module(self.__name__), name)


@contextmanager
def deferred(*names: str) -> Iterator[None]:
    """While this lasts, whoever imports one of these modules gets a stand-in for it."""
    absent = [name for name in names if name not in sys.modules]
    sys.modules.update({name: _StandIn(name) for name in absent})
    try:
        yield
    finally:
        for name in absent:
            del sys.modules[name]


def _test_client(*args: Any, **options: Any) -> Any:
    return import_module("starlette.testclient").TestClient(*args, **options)


with deferred("httpx", "requests", "starlette.testclient"):
    # Connexion takes this name out of its module at once, so the name has a stand-in of its own.
    client_module = sys.modules["starlette.testclient"]
    if isinstance(client_module, _StandIn):
        client_module.__dict__["TestClient"] = _test_client
    with warnings.catch_warnings():
        # What it imports is deprecated, which would fail the tests of users who forbid warnings.
        warnings.simplefilter("ignore", DeprecationWarning)
        import connexion  # noqa: F401

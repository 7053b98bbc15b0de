"""A stateful mock of the Chats API, served from its contract.

What a user may import: `running_mock`, `attached_mock` and `open_sandbox`, with the handles
`RunningMock` and `Sandbox` that they give, for tests; `create_app` and `Settings` for a server of
one's own. Each is loaded when it is asked for, so that importing the package costs nothing.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .app import create_app
    from .settings import Settings
    from .testing import RunningMock, Sandbox, attached_mock, open_sandbox, running_mock

__all__ = [
    "RunningMock",
    "Sandbox",
    "Settings",
    "attached_mock",
    "create_app",
    "open_sandbox",
    "running_mock",
]

_HOMES = {"create_app": "app", "Settings": "settings"}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__} has no attribute {name}")
    return getattr(import_module(f".{_HOMES.get(name, 'testing')}", __name__), name)

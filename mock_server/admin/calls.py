"""What an operation of the control plane is given, and what it may answer with."""

from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..mock import Mock
from ..problems.kinds import Problem, Reply
from ..problems.violations import violation
from ..sandbox.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class AdminCall:
    """A call that fits its contract: whom it acts on, and what it asks for.

    A proxy serves the operations that need no more of a mock and its sandbox than it has.
    """

    mock: Mock
    sandbox: Sandbox
    path: Mapping[str, str]
    query: Mapping[str, Any]
    body: Any
    headers: Sequence[tuple[bytes, bytes]]


@dataclass(frozen=True, slots=True)
class Stream:
    """A response of server-sent events, which come one by one."""

    parts: AsyncIterator[bytes]


@dataclass(frozen=True, slots=True)
class Waiting:
    """A response that is waited for as long as its client does."""

    answer: Coroutine[Any, Any, tuple[int, Any]]


# A status with a JSON value (None: no body), a whole response, one in parts, or one to come.
Answer = tuple[int, Any] | Reply | Stream | Waiting
AdminHandler = Callable[[AdminCall], Awaitable[Answer]]


def invalid(pointer: str, detail: str, place: str = "body") -> Problem:
    """The refusal of a call for one value of it."""
    return Problem(
        "invalid-request",
        f"The call breaks the contract: {detail}.",
        errors=[violation(place, pointer, detail)],
    )

"""Where a server listens."""

import errno
import socket
from collections.abc import Sequence
from typing import Any

from .errors import AddressError

_LOCALHOST = ("127.0.0.1", "::1")
_BACKLOG = 2048
_TRIES = 20  # at a port that is free in both address families
# Of an address that the name has and this machine has not; another one may do.
_ABSENT = (errno.EADDRNOTAVAIL, errno.EAFNOSUPPORT)
_Place = tuple[int, tuple[Any, ...]]  # an address family and an address of it


def bind(host: str, port: int, advice: str = "check --host and --port") -> list[socket.socket]:
    """A listening socket for each address of a host, all on one port. Raises AddressError."""
    try:
        places = _places(host.removeprefix("[").removesuffix("]"), port)
        for _ in range(_TRIES if port == 0 else 1):
            if listeners := _listen(places, port):
                return listeners
    except (OSError, UnicodeError) as error:  # of a name that DNS cannot have
        raise AddressError(_reason(host, port, error, advice)) from None
    raise AddressError(f"{host} has no port that is free in both address families; {advice}")


def address(host: str, listeners: Sequence[socket.socket], scheme: str = "http") -> str:
    """The URL at which listeners are reached."""
    name = host.removeprefix("[").removesuffix("]")
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(name, name)
    shown = f"[{name.replace('%', '%25')}]" if ":" in name else name
    return f"{scheme}://{shown}:{listeners[0].getsockname()[1]}"


def _places(host: str, port: int) -> list[_Place]:
    """Every address of a host. Clients try that of either family first for `localhost`, which
    therefore has both here, whatever this machine's table of names says."""
    names = _LOCALHOST if host.lower() == "localhost" else (host,)
    found: dict[_Place, None] = {}
    for name in names:
        for family, _, _, _, where in socket.getaddrinfo(
            name, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        ):
            found[family, where] = None
    return [*found]


def _listen(places: Sequence[_Place], port: int) -> list[socket.socket]:
    """Listen at all places; nowhere if the free port that the first one got is taken at another.

    Raises OSError.
    """
    listeners: list[socket.socket] = []
    absent: OSError | None = None
    for family, (name, _, *zone) in places:
        where = (name, listeners[0].getsockname()[1] if listeners else port, *zone)
        try:
            # `::` alone takes both families; beside an address of IPv4 each has its own socket.
            both = len(places) == 1 and family == socket.AF_INET6 and socket.has_dualstack_ipv6()
            listener = socket.create_server(
                where, family=family, backlog=_BACKLOG, dualstack_ipv6=both
            )
            listeners.append(listener)
        except OSError as error:
            if error.errno in _ABSENT:
                absent = error
                continue
            for listener in listeners:
                listener.close()
            if port == 0 and listeners and error.errno == errno.EADDRINUSE:
                return []
            raise
    if absent and not listeners:
        raise absent
    return listeners


def _reason(host: str, port: int, error: OSError | UnicodeError, advice: str) -> str:
    if isinstance(error, OSError) and error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use; stop what listens there, or take --port 0"
    cause = (isinstance(error, OSError) and error.strerror) or str(error)
    cause, _, _ = cause.partition(" (while attempting")
    return f"cannot listen on {host}, port {port}: {cause}; {advice}"

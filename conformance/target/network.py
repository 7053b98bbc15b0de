"""Sockets that never wait beyond the end of an exchange, however little the other side sends.

An HTTP library limits each wait alone: a head that drips a byte a second, or provisional
responses without end, would hold an exchange for ever.
"""

import math
import socket
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

import httpcore

from .interrupt import cut_at

SLICE = 0.2  # seconds of one wait, after which it is looked whether the run is to stop


class _Exchange(threading.local):
    """The exchange that a thread is in."""

    ends_at = math.inf


_exchange = _Exchange()


@contextmanager
def exchange(seconds: float, at_most: float = math.inf) -> Iterator[None]:
    """Whatever this thread sends and receives in here ends within so many seconds, and before
    that moment of the monotonic clock. One within another, as to get a key, has its own time."""
    outer, _exchange.ends_at = _exchange.ends_at, min(time.monotonic() + seconds, at_most)
    try:
        yield
    finally:
        _exchange.ends_at = outer


def seconds_left() -> float:
    """Until the exchange must end."""
    return min(_exchange.ends_at, cut_at()) - time.monotonic()


class Network(httpcore.NetworkBackend):
    """Opens sockets; the timeouts that it is given are those of the library, and not used."""

    def __init__(self) -> None:
        self.backend = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _positive(httpcore.ConnectTimeout)
        host = host.replace("%25", "%")  # before the zone of an IPv6 address, as in RFC 6874
        return Stream(self.backend.connect_tcp(host, port, left, local_address, socket_options))

    def connect_unix_socket(
        self,
        path: str,
        timeout: float | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        left = _positive(httpcore.ConnectTimeout)
        try:
            with socket.socket(socket.AF_UNIX) as trial:  # httpcore leaves open what fails
                trial.settimeout(left)
                trial.connect(path)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        return Stream(self.backend.connect_unix_socket(path, left, socket_options))


class Stream(httpcore.NetworkStream):
    """A connection that reads and writes in short waits until the exchange must end."""

    def __init__(self, inner: httpcore.NetworkStream) -> None:
        self.inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        while True:
            left = _positive(httpcore.ReadTimeout)
            try:
                return self.inner.read(max_bytes, min(SLICE, left))
            except httpcore.ReadTimeout:
                continue

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        sock: socket.socket = self.inner.get_extra_info("socket")
        view = memoryview(buffer)
        while view:
            sock.settimeout(min(SLICE, _positive(httpcore.WriteTimeout)))
            try:
                view = view[sock.send(view) :]
            except TimeoutError:
                continue
            except OSError as error:
                raise httpcore.WriteError(str(error)) from error

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        left = _positive(httpcore.ConnectTimeout)
        inner = self.inner.start_tls(ssl_context, server_hostname, left)
        same = inner.get_extra_info("socket") is self.inner.get_extra_info("socket")
        return TunnelStream(inner) if same else Stream(inner)

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


class TunnelStream(Stream):
    """TLS within TLS, where the socket alone does not know what to send."""

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, _positive(httpcore.WriteTimeout))


def _positive(error: type[Exception]) -> float:
    """Seconds left; raises this timeout where there are none."""
    left = seconds_left()
    if left <= 0:
        raise error("the answer did not end in time")
    return left

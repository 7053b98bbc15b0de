"""Running the application: bind, announce, serve, stop."""

import asyncio
import errno
import gc
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import orjson
import uvicorn
from starlette.types import ASGIApp

from ..http import lazy  # noqa: F401  (loads Connexion, for less than it costs alone)

# isort: split
from ..app import App
from ..contract.fixtures import FixtureError
from ..domain.repository import StoreError
from ..mock import Mock
from ..sandbox.coverage import coverage_table
from ..settings import Settings
from .errors import AddressError, OptionError, StartError
from .logs import start_log
from .protocol import MockProtocol

_GRACE_SECONDS = 5
_COLLECTING = (20_000, 20, 20)


class Served(Protocol):
    """What is served: an application, and an event that ends its streams."""

    asgi: ASGIApp
    stopping: asyncio.Event


_S = TypeVar("_S", bound=Served)


@dataclass(frozen=True, slots=True)
class Running:
    """Where and how to serve; without a certificate it is plain http."""

    host: str
    port: int
    as_json: bool = False
    coverage: bool = False
    log_format: str = "text"
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None

    def __post_init__(self) -> None:
        if self.ssl_keyfile and not self.ssl_certfile:
            pair = "--ssl-keyfile goes with --ssl-certfile; give both, or neither"
            raise OptionError(pair)


def serve(settings: Settings, running: Running, version: str) -> None:
    """Serve a mock until a signal comes, then tell the clients' coverage if wanted.

    Raises StartError or AddressError when that cannot be.
    """
    announce = announce_json if running.as_json else banner
    app = run(lambda: App(settings), running, lambda app, url: announce(app.mock, url, version))
    if running.coverage:
        print(coverage_table(app.mock.coverage, app.mock.contract), flush=True)


def run(
    make: Callable[[], _S],
    running: Running,
    announce: Callable[[_S, str], str],
    dated: bool = True,
) -> _S:
    """Make what is to be served, say that it is there, and serve it until a signal comes.

    `dated` False leaves Date to the application. Raises StartError or AddressError when that
    cannot be.
    """
    start_log(running.log_format)
    listener = bind(running.host, running.port)
    try:
        served = make()
    except (FixtureError, StoreError, FileNotFoundError) as error:
        listener.close()
        raise StartError(str(error)) from None
    try:
        config = configure(served.asgi, running.ssl_certfile, running.ssl_keyfile, dated)
    except OSError as error:  # of TLS too
        listener.close()
        raise StartError(_certificate_advice(running, error)) from None
    url = address(running.host, listener, "https" if running.ssl_certfile else "http")
    _Server(config, announce(served, url), served.stopping).run(sockets=[listener])
    return served


def configure(
    app: ASGIApp, certificate: Path | None = None, key: Path | None = None, dated: bool = True
) -> uvicorn.Config:
    """How uvicorn is to serve the application. Raises OSError for a bad certificate."""
    config = uvicorn.Config(
        app,
        loop="auto",  # uvloop where there is one, which is not on Windows
        http=MockProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=dated,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ssl_certfile=certificate,
        ssl_keyfile=key,
    )
    config.load()
    return config


def bind(host: str, port: int) -> socket.socket:
    """A listening socket. Raises AddressError."""
    try:
        family, kind, protocol, _, where = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with ExitStack() as unless_listening:
            listener = unless_listening.enter_context(socket.socket(family, kind, protocol))
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(where)
            listener.listen(2048)
            listener.set_inheritable(True)
            unless_listening.pop_all()
    except OSError as error:
        raise AddressError(_address_advice(host, port, error)) from None
    return listener


def address(host: str, listener: socket.socket, scheme: str = "http") -> str:
    """The URL at which a listener is reached."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"{scheme}://{shown}:{listener.getsockname()[1]}"


def announce_json(mock: Mock, url: str, version: str) -> str:
    """One line for programs."""
    operations = [
        {"operationId": operation_id, "method": method, "path": path}
        for method, path, operation_id, _ in mock.contract.operations()
    ]
    facts = {
        "url": url,
        "pid": os.getpid(),
        "version": version,
        "contract": mock.contract.version,
        "operations": operations,
        "agents": [*mock.agents],
    }
    return orjson.dumps(facts).decode()


def banner(mock: Mock, url: str, version: str) -> str:
    """A few lines for people."""
    token = "TOKEN" if mock.settings.token else "any"
    operations = [
        f"  {method:5}{path:28} {summary}"
        for method, path, _, summary in mock.contract.operations()
    ]
    agents = [f"  {agent.id:17}{agent.description}" for agent in mock.agents.values()]
    return "\n".join(
        [
            f"Chats API mock {version} at {url} (docs: {url}/ui/)",
            *operations,
            "Agents",
            *agents,
            "Try",
            f"  curl -s {url}/api/v1/chats -H 'Authorization: Bearer {token}' "
            """--json '{"agent_id": "agent-echo"}'""",
        ]
    )


class _Server(uvicorn.Server):
    """Announces itself when it answers, and exits with 0 when it is told to stop."""

    def __init__(self, config: uvicorn.Config, announcement: str, stopping: asyncio.Event) -> None:
        super().__init__(config)
        self.announcement = announcement
        self.stopping = stopping

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            collect_seldom()
            print(self.announcement, flush=True)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.stopping.set()  # streams have no end of their own
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM):
            try:
                loop.add_signal_handler(number, self.handle_exit, number, None)
            except NotImplementedError:  # Windows
                signal.signal(number, self.handle_exit)
        yield


def collect_seldom() -> None:
    """Have the garbage collector pass over all that there is by now, and look seldom.

    What a mock is made of stays, and a request leaves hardly a cycle behind.
    """
    gc.freeze()
    gc.set_threshold(*_COLLECTING)
    gc.enable()


def _certificate_advice(running: Running, error: OSError) -> str:
    files = [file for file in (running.ssl_certfile, running.ssl_keyfile) if file]
    at_fault = [file for file in files if not file.is_file()] or files
    cause = error.strerror or error
    return f"{' or '.join(map(str, at_fault))}: {cause}; check --ssl-certfile and --ssl-keyfile"


def _address_advice(host: str, port: int, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return f"port {port} on {host} is in use; stop what listens there, or take --port 0"
    cause = error.strerror or error
    return f"cannot listen on {host}, port {port}: {cause}; check --host and --port"

"""Running the application: bind, announce, serve, stop."""

import asyncio
import gc
import signal
import socket
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import uvicorn
from starlette.types import ASGIApp

from ..http import lazy  # noqa: F401  (loads Connexion, for less than it costs alone)

# isort: split
from ..app import App
from ..contract.source import FixtureError
from ..domain.store import StoreError
from ..outgoing.faults import OutgoingFault
from ..sandbox.coverage import coverage_table
from ..settings import Settings
from .announcing import announce_json, banner
from .cycle import IDLE_SECONDS, KEEP_ALIVE
from .errors import OptionError, StartError
from .listening import address, bind
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
    """Where and how to serve; without a certificate it is plain http.

    What the proxies of `trust_forwarded`, addresses or networks, say of their clients is believed.
    """

    host: str
    port: int
    as_json: bool = False
    coverage: bool = False
    log_format: str = "text"
    ssl_certfile: Path | None = None
    ssl_keyfile: Path | None = None
    trust_forwarded: tuple[str, ...] = ()
    address_advice: str = "check --host and --port"

    def __post_init__(self) -> None:
        if self.ssl_keyfile and not self.ssl_certfile:
            pair = "--ssl-keyfile goes with --ssl-certfile; give both, or neither"
            raise OptionError(pair)


def serve(settings: Settings, running: Running, version: str) -> None:
    """Serve a mock until a signal comes, then tell the clients' coverage if wanted.

    Raises OptionError, StartError or AddressError when that cannot be.
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

    `dated` False leaves Date to the application. Raises OptionError, StartError or
    AddressError when that cannot be.
    """
    start_log(running.log_format)
    listeners = bind(running.host, running.port, running.address_advice)
    try:
        served = make()
    except (FixtureError, StoreError, OutgoingFault, FileNotFoundError) as error:
        _close(listeners)
        kind = StartError if isinstance(error, StoreError) else OptionError
        raise kind(str(error)) from None
    try:
        config = configure(served.asgi, running, dated)
    except OSError as error:  # of TLS too
        _close(listeners)
        raise OptionError(_certificate_advice(running, error)) from None
    url = address(running.host, listeners, "https" if running.ssl_certfile else "http")
    _Server(config, announce(served, url), served.stopping).run(sockets=listeners)
    return served


def configure(app: ASGIApp, running: Running | None = None, dated: bool = True) -> uvicorn.Config:
    """How uvicorn is to serve the application. Raises OSError for a bad certificate."""
    running = running or Running("127.0.0.1", 0)
    config = uvicorn.Config(
        app,
        loop="auto",  # uvloop where there is one, which is not on Windows
        http=MockProtocol,
        ws="none",  # the contract has no WebSocket
        lifespan="on",  # a store that does not start is no warning
        interface="asgi3",  # known, so that nothing is guessed from the application
        workers=1,  # whatever WEB_CONCURRENCY says: listeners and state are of one process
        log_config=None,  # `start_log` has set the log up
        access_log=False,  # the journal tells more
        server_header=False,  # it would say uvicorn
        date_header=dated,
        headers=[(name.decode(), value.decode()) for name, value in (KEEP_ALIVE,)],
        timeout_keep_alive=IDLE_SECONDS,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        # By default loopback is believed, or whom FORWARDED_ALLOW_IPS names.
        proxy_headers=bool(running.trust_forwarded),
        forwarded_allow_ips=[*running.trust_forwarded],
        ssl_certfile=running.ssl_certfile,
        ssl_keyfile=running.ssl_keyfile,
        ssl_keyfile_password="none",  # else the terminal is asked for that of an encrypted key
    )
    config.load()
    return config


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


def _close(listeners: Sequence[socket.socket]) -> None:
    for listener in listeners:
        listener.close()


def _certificate_advice(running: Running, error: OSError) -> str:
    files = [file for file in (running.ssl_certfile, running.ssl_keyfile) if file]
    at_fault = [file for file in files if not file.is_file()] or files
    missing = not all(file.is_file() for file in files)
    cause = error.strerror if missing else "wanted a certificate and its key in PEM, not encrypted"
    reason = getattr(error, "reason", None) or ""
    if reason.endswith(("TOO_SMALL", "TOO_WEAK", "MISMATCH")):  # as OpenSSL has it of sound files
        cause = reason.lower().replace("_", " ")
    return f"{' or '.join(map(str, at_fault))}: {cause}; check --ssl-certfile and --ssl-keyfile"

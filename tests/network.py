"""What stands between a client and a server: certificates of an authority of one's own, a proxy."""

import select
import socket
import socketserver
import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

from tests.serving import running, wait_until

_POLL_SECONDS = 0.02
_START_SECONDS = 30
_NO_APPLICATION_PROTOCOL = b"\x15\x03\x03\x00\x02\x02\x78"  # an alert of TLS
_HYPERCORN = """
import json
async def app(scope, receive, send):
    if scope["type"] == "http":
        while (await receive()).get("more_body"):
            pass
        headers = {name.decode(): value.decode() for name, value in scope["headers"]}
        facts = {"items": [], "version": scope["http_version"], "headers": headers}
        kind = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": kind})
        await send({"type": "http.response.body", "body": json.dumps(facts).encode()})
"""


class Authority:
    """A certificate authority that nobody knows; its certificates as PEM files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.made = trustme.CA()
        self.file = folder / "authority.pem"
        self.made.cert_pem.write_to_path(self.file)

    def issue(self, *names: str) -> tuple[Path, Path]:
        """A certificate of some names, and its key."""
        issued = self.made.issue_cert(*names)
        certificate, key = self.folder / f"{names[0]}.pem", self.folder / f"{names[0]}.key"
        for number, blob in enumerate(issued.cert_chain_pems):
            blob.write_to_path(certificate, append=number > 0)
        issued.private_key_pem.write_to_path(key)
        return certificate, key


@contextmanager
def answering_tls(
    handler: type[BaseHTTPRequestHandler],
    certificate: tuple[Path, Path],
    clients_of: Authority | None = None,
) -> Iterator[str]:
    """A handler behind TLS on a free port, for clients with a certificate of `clients_of`."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)
    if clients_of:
        context.verify_mode = ssl.CERT_REQUIRED
        clients_of.made.configure_trust(context)
    server = _Quiet(("127.0.0.1", 0), handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with running(server):
        yield f"https://localhost:{server.server_address[1]}"


@contextmanager
def forwarding(folder: Path, *options: str) -> Iterator[str]:
    """An ordinary forwarding proxy; its URL."""
    port = folder / "port"
    command = [sys.executable, "-m", "proxy", "--hostname", "127.0.0.1", "--port", "0"]
    own = ["--port-file", str(port), "--num-workers", "1", "--num-acceptors", "1"]
    with subprocess.Popen(
        [*command, *own, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=folder
    ) as process:
        try:
            wait_until(lambda: port.exists() and port.read_text().strip(), _START_SECONDS)
            yield f"http://127.0.0.1:{port.read_text().strip()}"
        finally:
            process.terminate()


@contextmanager
def hypercorn(folder: Path, *options: str) -> Iterator[int]:
    """A server of HTTP/1.1 and HTTP/2, which tells the version and the headers; its port."""
    (folder / "served.py").write_text(_HYPERCORN)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
    words = ["-m", "hypercorn", "--bind", f"127.0.0.1:{port}", *options, "served:app"]
    with subprocess.Popen([sys.executable, *words], cwd=folder, stderr=-3) as process:
        try:
            wait_until(lambda: _reachable(port), _START_SECONDS)
            yield port
        finally:
            process.terminate()


@contextmanager
def http2_alone(folder: Path, authority: Authority) -> Iterator[str]:
    """A server that agrees in TLS on HTTP/2 and on nothing else; its URL."""
    certificate, key = authority.issue("localhost", "http2")
    with hypercorn(folder, "--certfile", str(certificate), "--keyfile", str(key)) as port:

        class Front(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                hello = self.request.recv(65536)
                if b"http/1.1\x02h2" not in hello:
                    self.request.sendall(_NO_APPLICATION_PROTOCOL)
                    return
                with socket.create_connection(("127.0.0.1", port)) as far:
                    far.sendall(hello)
                    _pass_on(self.request, far)

        class Server(socketserver.ThreadingTCPServer):
            daemon_threads = True

        with Server(("127.0.0.1", 0), Front) as server:
            threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,)).start()
            try:
                yield f"https://localhost:{server.server_address[1]}"
            finally:
                server.shutdown()


def _pass_on(one: socket.socket, other: socket.socket) -> None:
    while True:
        for ready in select.select([one, other], [], [])[0]:
            try:
                part = ready.recv(65536)
            except ConnectionError:
                return
            if not part:
                return
            (other if ready is one else one).sendall(part)


def _reachable(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port)).close()
    except OSError:
        return False
    return True


class _Quiet(ThreadingHTTPServer):
    """A server that says nothing of a client which breaks off."""

    def handle_error(self, *_: object) -> None:
        pass

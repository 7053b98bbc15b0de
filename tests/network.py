"""What stands between a client and a server: certificates of an authority of one's own, a proxy."""

import ssl
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import trustme

from tests.serving import wait_until

_POLL_SECONDS = 0.02
_START_SECONDS = 30


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
    threading.Thread(target=server.serve_forever, args=(_POLL_SECONDS,), daemon=True).start()
    try:
        yield f"https://localhost:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()


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


class _Quiet(ThreadingHTTPServer):
    """A server that says nothing of a client which breaks off."""

    def handle_error(self, *_: object) -> None:
        pass

"""Serve this folder: `python examples/web/serve.py [PORT] [--api URL]`, beside a mock that runs."""

import argparse
from contextlib import suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def make_server(port: int) -> ThreadingHTTPServer:
    """A server of the page; 0 takes a free port."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(Path(__file__).parent))
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description="Serve the example page.")
    parser.add_argument("port", nargs="?", type=int, default=8000, help="0 takes a free one")
    parser.add_argument("--api", default="http://127.0.0.1:4010", help="where the mock is")
    options = parser.parse_args()
    try:
        server = make_server(options.port)
    except OSError as error:
        parser.exit(1, f"port {options.port} cannot be taken: {error.strerror}\n")
    with server, suppress(KeyboardInterrupt):
        print(f"http://127.0.0.1:{server.server_address[1]}/?api={options.api}", flush=True)
        server.serve_forever()

"""Serve this folder: `python examples/web/serve.py [PORT]`, beside a mock that runs."""

import sys
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


def make_server(port: int) -> ThreadingHTTPServer:
    """A server of the page; 0 takes a free port."""
    handler = partial(SimpleHTTPRequestHandler, directory=str(Path(__file__).parent))
    return ThreadingHTTPServer(("127.0.0.1", port), handler)


if __name__ == "__main__":
    with make_server(int(sys.argv[1]) if len(sys.argv) > 1 else 8000) as server:
        print(f"http://127.0.0.1:{server.server_address[1]}/?api=http://127.0.0.1:4010")
        server.serve_forever()

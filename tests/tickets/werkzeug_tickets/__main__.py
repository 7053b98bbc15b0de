"""Serve the API: `python -m tests.tickets.werkzeug_tickets --help`."""

from __future__ import annotations

import argparse
import json
from typing import Any

from werkzeug.serving import WSGIRequestHandler, make_server

from .courier import Courier
from .faults import FAULTS
from .site import Site

HOST = "127.0.0.1"


class Handler(WSGIRequestHandler):
    disable_nagle_algorithm = True  # headers and body are two packets

    def log(self, type: str, message: str, *args: Any) -> None:
        pass


def main() -> None:
    options = argparse.ArgumentParser(prog="werkzeug_tickets", description=__doc__)
    options.add_argument("--port", type=int, default=0, help="0 takes a free port")
    options.add_argument("--token", help="the key; without it any key is accepted")
    options.add_argument("--webhook-url", help="where closed tickets are announced")
    options.add_argument("--fault", choices=sorted(FAULTS))
    args = options.parse_args()
    site = Site(args.token, Courier(args.webhook_url))
    if args.fault:
        FAULTS[args.fault].plant(site)
    server = make_server(HOST, args.port, site, threaded=True, request_handler=Handler)
    print(json.dumps({"url": f"http://{HOST}:{server.server_port}"}), flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

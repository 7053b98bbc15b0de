"""Serve the API: `python -m tests.targets.starlette_chats --help`."""

import argparse
import json
import socket
from collections.abc import Sequence

import uvicorn

from .choices import CHOICES
from .faults import FAULTS
from .site import create_app

HOST = "127.0.0.1"


def parser() -> argparse.ArgumentParser:
    options = argparse.ArgumentParser(prog="starlette_chats", description=__doc__)
    options.add_argument("--port", type=int, default=0, help="0 takes a free port")
    options.add_argument("--token", help="the API key; without it any key is accepted")
    options.add_argument("--second-token", help="the API key of another organisation")
    options.add_argument("--choice", action="append", default=[], metavar="NAME=VALUE")
    options.add_argument("--truth", action="append", default=[], metavar="NAME=VALUE")
    options.add_argument("--fault", action="append", default=[], metavar="NAME")
    options.add_argument("--webhook-url", help="where finished sessions are announced")
    options.add_argument("--list-choices", action="store_true")
    options.add_argument("--list-faults", action="store_true")
    return options


def choice_lines() -> list[str]:
    return [f"{n}={'|'.join(c.values)}  {c.meaning}" for n, c in CHOICES.items()]


def fault_lines() -> list[str]:
    return [f"{n}  [{', '.join(f.rules)}]  {f.sentence}" for n, f in FAULTS.items()]


def listen(port: int) -> socket.socket:
    """A bound socket, so that the port is known before the first request."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((HOST, port))
    listener.listen(1024)
    return listener


def serve(args: argparse.Namespace) -> None:
    app = create_app(
        token=args.token,
        second_token=args.second_token,
        choices=args.choice,
        faults=args.fault,
        truths=args.truth,
        webhook_url=args.webhook_url,
    )
    listener = listen(args.port)
    print(json.dumps({"url": f"http://{HOST}:{listener.getsockname()[1]}"}), flush=True)
    config = uvicorn.Config(app, log_level="error", server_header=False)
    uvicorn.Server(config).run([listener])


def main(argv: Sequence[str] | None = None) -> None:
    """Serve, or list what can be set."""
    options = parser()
    args = options.parse_args(argv)
    if args.list_choices or args.list_faults:
        print("\n".join(choice_lines() if args.list_choices else fault_lines()))
        return
    try:
        serve(args)
    except ValueError as mistake:
        options.error(str(mistake))


if __name__ == "__main__":
    main()

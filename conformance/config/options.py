"""Options that every command which speaks to a target takes."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from ..contract.document import Contract, find_contract
from ..contract.source import ContractError
from .profiles import PROFILES

HELP = {"help_option_names": ["-h", "--help"]}
FLAG: dict[str, Any] = {"is_flag": True, "default": None}
FILE: dict[str, Any] = {"type": click.Path(path_type=Path)}

Attributes = tuple[tuple[str, ...], dict[str, Any]]

CONTRACT: Attributes = (("--contract",), {**FILE, "help": "A contract of your own."})
CONNECTION: list[Attributes] = [
    (("--header", "headers"), {"multiple": True, "help": "'Name: value' or 'Name: $VARIABLE'."}),
    (("--ca",), {**FILE, "help": "Trust this PEM file too. Default: SSL_CERT_FILE."}),
    (("--client-cert",), {"help": "FILE or FILE,KEY: show this certificate to the target."}),
    (("--insecure",), {**FLAG, "help": "Do not check the certificate of the target."}),
    (("--proxy",), {"help": "Reach the target through this proxy. Default: the environment's."}),
    (("--no-proxy",), {**FLAG, "help": "Use no proxy, whatever the environment says."}),
    (("--unix-socket",), {**FILE, "help": "Reach the target through this socket."}),
    (("--http2",), {**FLAG, "help": "Speak HTTP/2 alone, as where TLS agrees on nothing else."}),
    (("--token-command",), {"help": "A command that prints the key, run again when that expires."}),
    (("--token-url",), {"help": "Get the key of this OAuth 2.0 server, as a client."}),
    (("--client-id",), {"help": "Who the client is; its secret is CONFORMANCE_CLIENT_SECRET."}),
    (("--scope",), {"help": "The scope to ask for."}),
    (("--wait-ready",), {"type": float, "help": "Seconds for a target that starts. Default: 5."}),
    (("--timeout",), {"type": float, "help": "Seconds for an answer, to its end. Default: 10."}),
]  # fmt: skip


def complete_rule(context: click.Context, _: click.Parameter, word: str) -> list[CompletionItem]:
    """The rules of the contract that begin so, for a shell."""
    try:
        rules = Contract(context.params.get("contract") or find_contract()).rules
    except ContractError:
        return []
    return [CompletionItem(id, help=rules[id].text) for id in rules if id.startswith(word.upper())]


def complete_profile(_: click.Context, __: click.Parameter, word: str) -> list[str]:
    """The packs that may stand behind the last comma, for a shell."""
    before, comma, begun = word.rpartition(",")
    return [f"{before}{comma}{name}" for name in PROFILES if name.startswith(begun)]


def options(table: list[Attributes]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command these options, in this order."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for names, attributes in reversed(table):
            function = click.option(*names, **attributes)(function)
        return function

    return decorate

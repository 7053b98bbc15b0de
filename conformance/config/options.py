"""The settings of a run as options of a command."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

from ..contract.document import Contract, find_contract
from ..contract.source import ContractError
from .profiles import PROFILES
from .settings import KEYS, REPEATED, Config, flag
from .sources import KINDS, load_config

HELP = {"help_option_names": ["-h", "--help"]}
FILE = click.Path(path_type=Path)
TOLD = {one.name: one.metadata["help"] for one in fields(Config) if one.metadata}
# How the target is reached, for each command that speaks to one.
CONNECTION = (
    *("headers", "ca", "client_cert", "insecure", "proxy", "no_proxy", "unix_socket", "http2"),
    *("token_command", "token_url", "client_id", "scope", "wait_ready", "timeout"),
)

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


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


COMPLETED = {"profile": complete_profile, "rules": complete_rule}


def options(*keys: str) -> Decorator:
    """Give a command the options of these settings, in this order."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for key in reversed(keys):
            function = _option(key)(function)
        return function

    return decorate


def _option(key: str) -> Decorator:
    """A flag that is not given is None, so that it decides nothing."""
    _, kind, _ = KINDS.get(KEYS[key].split(" ", maxsplit=1)[0], KINDS["str"])
    return click.option(
        flag(key),
        key,
        type=kind,
        is_flag=kind is click.BOOL,
        multiple=key in REPEATED,
        default=None,
        help=TOLD[key],
        shell_complete=COMPLETED.get(key),
    )


def _found(_: click.Context, __: click.Parameter, given: Path | None) -> Path:
    return load_config({"contract": given}, None).contract or find_contract()


# For a command that takes no other setting: the file that is meant.
contract_option = click.option("--contract", type=FILE, callback=_found, help=TOLD["contract"])

"""The options that several commands share, in groups."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from .sources import AddressOption, read_config
from .values import Seconds, hosts, instant, networks, origins, page_origins, usable_token

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]
_RUNNING = ("coverage", "log_format", "ssl_certfile", "ssl_keyfile", "trust_forwarded")
# Options that are given one by one, and the settings that hold them all.
_REPEATED = {
    "choice": "choices",
    "webhook_allow": "webhook_hosts",
    "cors_origin": "cors_origins",
    "allowed_host": "allowed_hosts",
    "admin_cors_origin": "admin_cors_origins",
}


def option(name: str, help: str, **more: Any) -> Decorator:
    """An option by its name without dashes."""
    return click.option(f"--{name}", help=help, **more)


def file_option(name: str, help: str, **more: Any) -> Decorator:
    return option(name, help, metavar="FILE", type=click.Path(path_type=Path), **more)


def together(*options: Decorator) -> Decorator:
    """Several options as one decorator, in their order."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


# Who may call the control plane.
control_options = together(
    option("admin-token", "Open /__admin to whoever has this token; without one, to loopback "
           "alone.", callback=usable_token, metavar="TOKEN"),
    option("allowed-host", "A Host that /__admin may be called by without a token, beside the "
           "loopback names; repeatable.", multiple=True, callback=hosts, metavar="NAME"),
    option("admin-cors-origin", "Let pages of this origin call /__admin; repeatable. "
           "[default: none]", multiple=True, callback=origins, metavar="ORIGIN"),
)  # fmt: skip
# How the mock's sandboxes are run.
operating_options = together(
    option("sandbox-idle", "After how long without a request a sandbox is dropped.",
           default=3600.0, type=Seconds(min_open=True)),
    option("frozen-time", "Where every clock stands still at first.",
           callback=instant, metavar="INSTANT"),
    option("seed-number", "The same number gives the same ids.", type=int, metavar="N"),
    option("no-journal", "Keep no requests.", is_flag=True),
)  # fmt: skip
cors_option = option("cors-origin", "Let only this origin in; repeatable. [default: all]",
                     multiple=True, callback=page_origins, metavar="ORIGIN")  # fmt: skip
contract_option = file_option(
    "contract", "A contract of your own, in place of the openapi.yaml that comes along."
)


def running_options(port: int) -> Decorator:
    """The options on where and how to serve; `port` is the default."""
    return together(
        option("host", "Address to listen on.", cls=AddressOption, default="127.0.0.1"),
        option("port", "Port to listen on; 0 picks a free one.",
               cls=AddressOption, default=port, type=click.IntRange(0, 65535)),
        file_option("config", "TOML file with options by their names; the environment wins over "
                    "it.", is_eager=True, expose_value=False, callback=read_config),
        option("json", "Print one JSON object instead of the banner.", is_flag=True),
        option("log-format", "How the log on stderr is written.",
               type=click.Choice(["text", "json"]), default="text"),
        option("trust-forwarded", "Believe what this reverse proxy says of its clients in "
               "X-Forwarded-For and -Proto; an address or a network, repeatable. [default: nobody]",
               multiple=True, callback=networks, metavar="ADDRESS"),
        file_option("ssl-certfile", "Certificate chain, for https."),
        file_option("ssl-keyfile", "Its private key."),
    )  # fmt: skip


def take_running(options: dict[str, Any]) -> dict[str, Any]:
    """Take those of `Running` that need no more care out of all options that were given."""
    return {name: options.pop(name) for name in _RUNNING if name in options}


def as_settings(options: dict[str, Any]) -> dict[str, Any]:
    """Options by the names that they have as settings."""
    return {_REPEATED.get(name, name): value for name, value in options.items()}

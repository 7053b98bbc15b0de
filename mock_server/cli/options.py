"""The options that several commands share, in groups."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from .sources import AddressOption, read_config
from .values import Seconds, hosts, instant, networks, origins, page_origins, usable_token


def file_option(name: str, help: str, **more: Any) -> Callable[..., Any]:
    """An option that takes the path of a file."""
    kind = click.Path(path_type=Path)
    return click.option(f"--{name}", metavar="FILE", type=kind, help=help, **more)


def together(
    *options: Callable[..., Any],
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Several options as one decorator, in their order."""

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


# Who may call the control plane.
control_options = together(
    click.option(
        "--admin-token",
        callback=usable_token,
        metavar="TOKEN",
        help="Open /__admin to whoever has this token; without one, to loopback alone.",
    ),
    click.option(
        "--allowed-host",
        multiple=True,
        callback=hosts,
        metavar="NAME",
        help="A Host that /__admin may be called by without a token, beside the loopback names; "
        "repeatable.",
    ),
    click.option(
        "--admin-cors-origin",
        multiple=True,
        callback=origins,
        metavar="ORIGIN",
        help="Let pages of this origin call /__admin; repeatable. [default: none]",
    ),
)
_RUNNING = (
    file_option(
        "config",
        "TOML file with options by their names; the environment wins over it.",
        is_eager=True,
        expose_value=False,
        callback=read_config,
    ),
    click.option(
        "--json",
        is_flag=True,
        help="Print one JSON object instead of the banner.",
    ),
    click.option(
        "--log-format",
        type=click.Choice(["text", "json"]),
        default="text",
        show_default=True,
        help="How the log on stderr is written.",
    ),
    click.option(
        "--trust-forwarded",
        multiple=True,
        callback=networks,
        metavar="ADDRESS",
        help="Believe what this reverse proxy says of its clients in X-Forwarded-For and -Proto; "
        "an address or a network, repeatable. [default: nobody]",
    ),
    file_option("ssl-certfile", "Certificate chain, for https."),
    file_option("ssl-keyfile", "Its private key."),
)
# How the mock's sandboxes are run.
operating_options = together(
    click.option(
        "--sandbox-idle",
        default=3600.0,
        show_default=True,
        type=Seconds(min_open=True),
        metavar="SECONDS",
        help="After how long without a request a sandbox is dropped.",
    ),
    click.option(
        "--frozen-time",
        callback=instant,
        metavar="INSTANT",
        help="Where every clock stands still at first.",
    ),
    click.option(
        "--seed-number",
        type=int,
        metavar="N",
        help="The same number gives the same ids.",
    ),
    click.option("--no-journal", is_flag=True, help="Keep no requests."),
)
cors_option = click.option(
    "--cors-origin",
    multiple=True,
    callback=page_origins,
    metavar="ORIGIN",
    help="Let only this origin in; repeatable. [default: all]",
)
contract_option = file_option(
    "contract", "A contract of your own, in place of the openapi.yaml that comes along."
)


def running_options(port: int) -> Callable[..., Any]:
    """The options on where and how to serve; `port` is the default."""
    return together(
        click.option(
            "--host",
            cls=AddressOption,
            default="127.0.0.1",
            show_default=True,
            help="Address to listen on.",
        ),
        click.option(
            "--port",
            cls=AddressOption,
            default=port,
            show_default=True,
            type=click.IntRange(0, 65535),
            help="Port to listen on; 0 picks a free one.",
        ),
        *_RUNNING,
    )

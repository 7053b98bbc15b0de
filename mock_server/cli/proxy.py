"""The subcommand that puts a proxy before a real backend."""

from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click
import orjson

from ..contract.formats import is_usable
from .options import contract_option, running_options, steering_options

__all__ = ["proxy"]

_STEERING = ("admin_token", "allowed_hosts", "admin_cors_origins")


def _upstream(_: click.Context, __: click.Parameter, value: str) -> str:
    if not is_usable(value):
        raise click.BadParameter(f"wanted an http or https URL, got {value!r}")
    if "@" in urlsplit(value).netloc:  # it would be told to every client
        raise click.BadParameter("wanted a URL without credentials; the clients send their own")
    return value


@click.command()
@click.option(
    "--upstream",
    required=True,
    envvar="ADJOURN_UPSTREAM",
    metavar="URL",
    callback=_upstream,
    help="The backend's URL.",
)
@running_options(4020)
@contract_option
@steering_options
def proxy(upstream: str, host: str, port: int, contract: Path | None, **options: Any) -> None:
    """Pass on to a backend; flag what breaks the contract, in X-Mock-Violations and the journal."""
    from ..contract.document import load_contract
    from ..http import lazy  # noqa: F401  (loads Connexion, for less than it costs alone)
    from ..proxy.app import Proxy
    from ..serve.server import Running, run
    from ..settings import Settings

    steering = {name: options.pop(name) for name in _STEERING}
    running = Running(host, port, **options)

    def announce(_: Proxy, url: str) -> str:
        facts = orjson.dumps({"url": url, "upstream": upstream}).decode()
        return facts if running.as_json else f"{url} passes on to {upstream}"

    def make() -> Proxy:
        return Proxy(upstream, load_contract(contract), Settings(**steering))

    run(make, running, announce, dated=False)  # the upstream says when it answered

"""The subcommand that puts a proxy before a real backend."""

from pathlib import Path
from typing import Any

import click
import orjson

from mock_server.options import steering_options
from mock_server.targets import is_usable

__all__ = ["proxy", "upstream_fault"]


def _upstream(_: click.Context, __: click.Parameter, value: str) -> str:
    if fault := upstream_fault(value):
        raise click.BadParameter(fault)
    return value


@click.command()
@click.option(
    "--upstream", required=True, metavar="URL", callback=_upstream, help="The backend's URL."
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=4020, show_default=True, type=click.IntRange(0, 65535))
@click.option("--contract", type=click.Path(path_type=Path), help="Another openapi.yaml.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object with the url.")
@steering_options
def proxy(
    upstream: str, host: str, port: int, contract: Path | None, as_json: bool, **steering: Any
) -> None:
    """Pass on to a backend; flag what breaks the contract, in X-Mock-Violations and the journal."""
    import mock_server.lazy  # noqa: F401  (loads Connexion, for less than it costs alone)
    from mock_server.contract import load_contract
    from mock_server.fixtures import FixtureError
    from mock_server.logs import start_log
    from mock_server.proxy import Proxy
    from mock_server.serve import AddressError, AnnouncedServer, address, bind, configure
    from mock_server.settings import Settings

    start_log("text")
    try:
        config = configure(Proxy(upstream, load_contract(contract), Settings(**steering)).asgi)
        listener = bind(host, port)
    except (FixtureError, AddressError) as error:
        raise click.ClickException(str(error)) from None
    url = address(host, listener)
    facts = orjson.dumps({"url": url, "upstream": upstream}).decode()
    AnnouncedServer(config, facts if as_json else f"{url} passes on to {upstream}").run([listener])


def upstream_fault(url: str) -> str | None:
    """Why a URL can be no upstream, or None."""
    return None if is_usable(url) else f"wanted an http or https URL, got {url!r}"

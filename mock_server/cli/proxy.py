"""The subcommand that puts a proxy before a real backend."""

from pathlib import Path
from typing import Any

import click
import orjson

from ..outgoing.headers import CLIENTS_OWN
from .options import (
    as_settings,
    contract_option,
    control_options,
    cors_option,
    option,
    running_options,
    take_running,
)
from .outgoing import outgoing_options, take_outgoing, warn_insecure
from .sources import FROM_ENVIRONMENT, address_advice
from .values import base_url

_backend = base_url(CLIENTS_OWN)


@click.command(context_settings=FROM_ENVIRONMENT)
@option("upstream", "The backend's URL.", required=True, metavar="URL", callback=_backend)
@option("unix-socket", "Where the backend listens, whatever host its URL names.",
        metavar="PATH", type=click.Path(path_type=Path))  # fmt: skip
@outgoing_options
@running_options(4020)
@contract_option
@cors_option
@control_options
def proxy(
    upstream: str,
    unix_socket: Path | None,
    host: str,
    port: int,
    json: bool,
    contract: Path | None,
    **options: Any,
) -> None:
    """Pass on to a backend; flag what breaks the contract, in X-Mock-Violations and the journal."""
    from ..contract.document import load_contract
    from ..http import lazy  # noqa: F401  (loads Connexion, for less than it costs alone)
    from ..proxy.app import Proxy
    from ..serve.server import Running, run
    from ..settings import Settings

    outgoing = take_outgoing(options, upstream, unix_socket, CLIENTS_OWN)
    advice = address_advice(click.get_current_context())
    running = Running(host, port, json, address_advice=advice, **take_running(options))
    settings = Settings(outgoing=outgoing, **as_settings(options))

    def announce(_: Proxy, url: str) -> str:
        facts = orjson.dumps({"url": url, "upstream": upstream}).decode()
        return facts if running.as_json else f"{url} passes on to {upstream}"

    def make() -> Proxy:
        return Proxy(upstream, load_contract(contract, executed=False), settings)

    warn_insecure(outgoing, running.log_format)
    run(make, running, announce, dated=False)  # the upstream says when it answered

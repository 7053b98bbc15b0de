"""The subcommands that steer a running mock."""

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import Any

import click
import orjson

from ..client import KEY, Client, ClientError
from ..http.sandboxes import NAME
from ..serve.errors import OptionError
from .outgoing import outgoing_options, take_outgoing, warn_insecure
from .proxy import proxy
from .sources import FROM_ENVIRONMENT, AddressOption
from .values import Seconds, base_url, iso_duration, usable_token, wanting


class _Failure(click.ClickException):
    exit_code = 1


_url = base_url(KEY)
_name = wanting("1 to 64 letters, digits, - or _", lambda text: bool(NAME.fullmatch(text)))


def _steering(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command its client, and tell its failure in one line."""

    @click.option("--url", envvar="ADJOURN_URL", default="http://127.0.0.1:4010", callback=_url)
    @click.option(
        "--admin-token", envvar="ADJOURN_ADMIN_TOKEN", metavar="TOKEN", callback=usable_token
    )
    @click.option("--sandbox", metavar="NAME", callback=_name, help="The sandbox to act on.")
    @outgoing_options
    @wraps(command)
    def run(url: str, admin_token: str | None, sandbox: str | None, **options: Any) -> None:
        outgoing = take_outgoing(options, url, key=KEY)
        warn_insecure(outgoing, "text")
        try:
            command(Client(url, admin_token, sandbox, outgoing), **options)
        except ClientError as error:
            raise _Failure(str(error)) from None
        except (KeyError, TypeError):
            raise _Failure(f"what answers at {url} is no mock; check --url") from None

    return run


@click.group()
def clock() -> None:
    """Read and set the clock."""


@clock.command("show")
@_steering
def clock_show(client: Client) -> None:
    """Tell the time."""
    _tell_clock(client.call("GET", "/__admin/clock"))


@clock.command("advance")
@click.argument("span", metavar="SPAN", callback=lambda _, __, text: iso_duration(text))
@_steering
def clock_advance(client: Client, span: str) -> None:
    """Move time forward by SPAN, such as 30m, 0.5h, 1h30m, 2d, 1w or PT90S."""
    _tell_clock(client.call("POST", "/__admin/clock/advance", {"by": span}))


@clock.command("freeze")
@click.argument("instant", required=False, metavar="[INSTANT]")
@_steering
def clock_freeze(client: Client, instant: str | None) -> None:
    """Stop time, now or at INSTANT, such as 2030-01-05T09:00:00Z."""
    body = {"mode": "frozen", **({"frozen_time": instant} if instant else {})}
    _tell_clock(client.call("PUT", "/__admin/clock", body))


@clock.command("reset")
@_steering
def clock_reset(client: Client) -> None:
    """Put the clock on the wall."""
    _tell_clock(client.call("DELETE", "/__admin/clock"))


@click.command()
@click.option("--keep", metavar="WHAT", help="state, clock, journal, faults")
@_steering
def reset(client: Client, keep: str | None) -> None:
    """Start again, with the seed."""
    answer = client.call("POST", "/__admin/reset", query={"keep": keep})
    click.echo(f"{answer['sessions']} sessions")


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@_steering
def seed(client: Client, file: Path) -> None:
    """Load the agents and play the sessions of FILE."""
    from ..contract.fixtures import load_fixture
    from ..contract.source import FixtureError

    try:
        fixture = load_fixture(file)
    except FixtureError as error:
        raise OptionError(str(error)) from None
    for session_id in client.call("POST", "/__admin/seed", fixture)["opened"]:
        click.echo(session_id)


@click.group()
def snapshot() -> None:
    """Keep states under names, and go back to them."""


@snapshot.command("save")
@click.argument("name", callback=_name)
@_steering
def snapshot_save(client: Client, name: str) -> None:
    """Keep state and clock as NAME."""
    _tell_snapshot(client.call("POST", f"/__admin/snapshots/{name}"))


@snapshot.command("restore")
@click.argument("name", callback=_name)
@_steering
def snapshot_restore(client: Client, name: str) -> None:
    """Go back to NAME."""
    _tell_snapshot(client.call("POST", f"/__admin/snapshots/{name}/restore"))


@snapshot.command("list")
@_steering
def snapshot_list(client: Client) -> None:
    """List what is kept."""
    for row in client.call("GET", "/__admin/snapshots")["snapshots"]:
        _tell_snapshot(row)


@click.command()
@_steering
def sandboxes(client: Client) -> None:
    """List the sandboxes."""
    for row in client.call("GET", "/__admin/sandboxes")["sandboxes"]:
        click.echo(f"{row['name']:30} {row['sessions']} sessions, idle {row['idle_seconds']:g} s")


@click.command()
@click.option("--limit", default=20, type=click.IntRange(1, 1000))
@_steering
def requests(client: Client, limit: int) -> None:
    """List the latest requests, the last one first."""
    for entry in client.call("GET", "/__admin/requests", query={"limit": limit})["requests"]:
        asked, answered = entry["request"], entry["response"]
        at, took = asked["loggedDateString"], entry["timing"]["totalTime"]
        line = f"{at} {answered['status']} {asked['method']:6} {asked['url']} {took} ms"
        click.echo(_harmless(line))
        for found in entry.get("violations", ()):
            click.echo(_harmless(f"  {found['in']} {found['pointer'] or '/'}: {found['detail']}"))


@click.command()
@click.argument("type")
@click.option("--session", "session_id", metavar="ID", help="Of this session alone.")
@click.option("--count", default=1, type=click.IntRange(1, 10_000))
@click.option("--timeout", default=5.0, type=Seconds(600))
@_steering
def wait(client: Client, type: str, session_id: str | None, count: int, timeout: float) -> None:
    """Wait until events of TYPE have happened, such as session.final."""
    match = {"type": type, **({"session_id": session_id} if session_id else {})}
    body = {"match": match, "count": count, "timeout_ms": round(timeout * 1000)}
    for event in client.call("POST", "/__admin/events/wait-for", body, seconds=timeout)["events"]:
        click.echo(orjson.dumps(event))


@click.command(context_settings=FROM_ENVIRONMENT)
@click.option("--url", callback=_url, help="[default: the port of ADJOURN_PORT or PORT]")
@click.option("--port", cls=AddressOption, default=4010, hidden=True)
@click.option("--ssl-certfile", hidden=True)
def healthcheck(url: str | None, port: int, ssl_certfile: str | None) -> None:
    """Exit with 0 if the mock is ready, with 1 if not."""
    scheme = "https" if ssl_certfile else "http"
    try:
        Client(url or f"{scheme}://127.0.0.1:{port}").call("GET", "/readyz")
    except ClientError as error:
        raise _Failure(str(error)) from None


@click.command()
@_steering
def mcp(client: Client) -> None:
    """Give an assistant the mock as tools: the Model Context Protocol on stdin and stdout."""
    try:
        from .mcp import make_server
    except ImportError as error:
        if (error.name or "").split(".")[0] != "mcp":
            raise
        raise OptionError(
            "mcp needs the protocol's SDK in version 2; pip install 'mcp>=2.3,<3' adds it, as the"
            " extra adjourn[mcp] does"
        ) from None
    make_server(client).run()


COMMANDS = {
    command.name or "": command
    for command in (
        *(clock, reset, seed, snapshot, sandboxes, requests, wait, proxy, healthcheck, mcp),
    )
}


def _harmless(line: str) -> str:
    """A line without what steers a terminal or turns the direction of its text."""
    return "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in line)


def _tell_clock(clock: dict[str, Any]) -> None:
    click.echo(" ".join(filter(None, (clock["now"], clock["mode"], clock["offset"]))))
    for event in clock.get("fired", ()):
        click.echo(f"  {event['at']} {event['kind']} {event['session_id']}")


def _tell_snapshot(row: dict[str, Any]) -> None:
    click.echo(f"{row['name']} {row['taken']} {row['sessions']} sessions")

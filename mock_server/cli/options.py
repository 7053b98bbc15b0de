"""Where options come from beside the command line: the environment, and a file."""

import math
import os
import re
import tomllib
from collections.abc import Callable, Sequence
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import click

from ..domain.instants import EARLIEST, LATEST, parse_instant
from ..problems.nearest import did_you_mean

# Have click look for each option in the environment as well, as ADJOURN_ and its name.
FROM_ENVIRONMENT = {"auto_envvar_prefix": "ADJOURN"}
_YEAR = 366 * 86_400
_PREFIX = "ADJOURN_"
# As browsers write it: lower case, and neither path nor user.
_ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:[0-9]{1,5})?", re.ASCII)
# Read by the subcommands.
_MORE = ("url", "upstream")
# What Kubernetes sets in every container for a service whose name begins with `adjourn`.
_SERVICE_LINK = re.compile(
    r"ADJOURN(_\w+)?_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_\w+)?)", re.ASCII
)
_LINKED_PORT = re.compile(r"(tcp|udp|sctp)://\S+", re.ASCII)


def check_environment(command: click.Command) -> None:
    """Raise UsageError for an ADJOURN_* variable that no option has."""
    names = [*_MORE, *(option.name or "" for option in command.params if _is_set(option))]
    known = [_PREFIX + name.upper() for name in names]
    for name, value in sorted(os.environ.items()):
        if name.startswith(_PREFIX) and name not in known and not _is_service_link(name, value):
            nearest = did_you_mean(name, known)
            raise click.UsageError(f"the environment has {name}, which is no option{nearest}")


def _is_service_link(name: str, value: str) -> bool:
    """Whether Kubernetes has set a variable, which is then for nobody here."""
    is_port = name.endswith("_PORT") and _LINKED_PORT.fullmatch(value)
    return bool(is_port or _SERVICE_LINK.fullmatch(name))


class AddressOption(click.Option):
    """Takes ADJOURN_ and its name from the environment, or its name alone, as platforms set it."""

    def resolve_envvar_value(self, ctx: click.Context) -> str | None:
        """The value of the first variable that is meant for the mock."""
        for name in (f"{_PREFIX}{self.variable}", self.variable):
            value = os.environ.get(name)
            if value and not _is_service_link(name, value):
                ctx.meta[f"adjourn.{self.variable}"] = name
                return value
        return None

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """The variable that a wrong value comes from, or the option's own name."""
        return source_of(ctx, self.variable) or super().get_error_hint(ctx)

    @property
    def variable(self) -> str:
        """The plain name."""
        return str(self.name).upper()


def source_of(context: click.Context | None, variable: str) -> str | None:
    """The variable of the environment that gave an address option its value, if one did."""
    name = context.meta.get(f"adjourn.{variable}") if context else None
    return f"{name} of the environment" if name else None


def address_advice(context: click.Context) -> str:
    """What to do about an address that cannot be listened on."""
    sources = [source for name in ("HOST", "PORT") if (source := source_of(context, name))]
    if not sources:
        return "check --host and --port"
    return f"told so by {' and '.join(sources)}: unset, or give --host and --port"


def _is_set(option: click.Parameter) -> bool:
    """Whether the environment can give the option a value."""
    return getattr(option, "allow_from_autoenv", False)


def _read_config(context: click.Context, _: click.Parameter, path: Path | None) -> Path | None:
    """Take the file's values as defaults, so that flag and environment win over them."""
    if path is None:
        return None
    try:
        values = tomllib.loads(path.read_text("utf-8-sig"))
    except OSError as error:
        raise click.BadParameter(f"{path} cannot be read: {error.strerror}") from None
    except ValueError as error:
        raise click.BadParameter(f"{path} cannot be used: {error}") from None
    options = {
        parameter.opts[0].lstrip("-"): parameter
        for parameter in context.command.params
        if parameter.name and parameter.expose_value
    }
    for key in values:
        if key not in options and key not in _MORE:
            raise click.BadParameter(
                f"{path} has {key!r}, which is no option{did_you_mean(key, options)}"
            )
    context.default_map = {
        str(options[key].name): _as_given(options[key], value, f"{path}, {key}")
        for key, value in values.items()
        if key in options
    }
    return path


def _as_given(option: click.Parameter, value: Any, place: str) -> Any:
    """A value of the file as the command line would give it; click checks it like any other."""
    many = value if isinstance(value, list) else [value]
    if any(isinstance(one, (dict, list)) for one in many):
        raise click.BadParameter(f"{place}: wanted a plain value, got a table or a nested list")
    if getattr(option, "multiple", False):
        return [str(one) for one in many]
    if isinstance(value, list):
        raise click.BadParameter(f"{place}: wanted one value, got a list of {len(value)}")
    return value if isinstance(value, bool) else str(value)


def _instant(_: click.Context, __: click.Parameter, text: str | None) -> int | None:
    try:
        instant = None if text is None else parse_instant(text)
        if instant is not None and not EARLIEST <= instant <= LATEST:
            raise ValueError(text)
        return instant
    except ValueError:
        raise click.BadParameter(
            f"wanted an instant, such as 2030-01-05T09:00:00Z, got {text!r}"
        ) from None


def origins(_: click.Context, __: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    """Origins as they are compared with those of requests. Raises BadParameter."""
    for value in values:
        if not _ORIGIN.fullmatch(value):
            raise click.BadParameter(
                f"wanted one origin as a browser sends it, such as http://127.0.0.1:8000, "
                f"got {value!r}"
            )
    return tuple(values)


def _page_origins(context: click.Context, option: click.Parameter, given: Any) -> tuple[str, ...]:
    """Origins, `null` among them: so browsers call that of a file."""
    opaque = tuple(value for value in given if value == "null")
    return opaque + origins(context, option, [value for value in given if value != "null"])


def _networks(_: click.Context, __: click.Parameter, values: Sequence[str]) -> tuple[str, ...]:
    for value in values:
        try:
            ip_network(value)
        except ValueError:
            raise click.BadParameter(
                f"wanted an address or a network, such as 10.0.0.0/8, got {value!r}"
            ) from None
    return tuple(values)


class Seconds(click.FloatRange):
    """A number of seconds that can be waited for: not more than `most`, and neither inf nor nan."""

    def __init__(self, most: float = _YEAR, min_open: bool = False) -> None:
        super().__init__(0, most, min_open=min_open)

    def convert(self, value: Any, param: Any, ctx: Any) -> float:
        """The number that is given."""
        number = float(super().convert(value, param, ctx))
        if math.isnan(number):
            self.fail(f"wanted a number of seconds, got {value}", param, ctx)
        return number


def usable_token(_: click.Context, __: click.Parameter, token: str | None) -> str | None:
    """The token, which a header must be able to carry. Raises BadParameter."""
    if token is not None and (token != token.strip() or not token or not token.isprintable()):
        raise click.BadParameter("wanted a token that is not empty, without blanks around it")
    return token


def file_option(name: str, help: str, **more: Any) -> Callable[..., Any]:
    """An option that takes the path of a file."""
    kind = click.Path(path_type=Path)
    return click.option(f"--{name}", metavar="FILE", type=kind, help=help, **more)


_CONTROL = [
    click.option(
        "--admin-token",
        callback=usable_token,
        metavar="TOKEN",
        help="Open /__admin to whoever has this token; without one, to loopback alone.",
    ),
    click.option(
        "--allowed-host",
        multiple=True,
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
]
_RUNNING = [
    file_option(
        "config",
        "TOML file with options by their names; the environment wins over it.",
        is_eager=True,
        expose_value=False,
        callback=_read_config,
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
        callback=_networks,
        metavar="ADDRESS",
        help="Believe what this reverse proxy says of its clients in X-Forwarded-For and -Proto; "
        "an address or a network, repeatable. [default: nobody]",
    ),
    file_option("ssl-certfile", "Certificate chain, for https."),
    file_option("ssl-keyfile", "Its private key."),
]
_OPERATING = [
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
        callback=_instant,
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
]
cors_option = click.option(
    "--cors-origin",
    multiple=True,
    callback=_page_origins,
    metavar="ORIGIN",
    help="Let only this origin in; repeatable. [default: all]",
)
contract_option = file_option(
    "contract", "A contract of your own, in place of the openapi.yaml that comes along."
)


def running_options(port: int) -> Callable[..., Any]:
    """Add the options on where and how to serve; `port` is the default."""
    address = [
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
    ]
    return lambda command: with_options([*address, *_RUNNING], command)


def operating_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options on how the mock's sandboxes are run."""
    return with_options(_OPERATING, command)


def control_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add the options on who may call the control plane."""
    return with_options(_CONTROL, command)


def with_options(
    options: Sequence[Callable[..., Any]], command: Callable[..., Any]
) -> Callable[..., Any]:
    """Add options to a command, in their order."""
    for option in reversed(options):
        command = option(command)
    return command

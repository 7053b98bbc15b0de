"""Where values come from beside the command line: the environment, and a file."""

import os
import re
import tomllib
from pathlib import Path
from typing import Any

import click

from ..problems.nearest import did_you_mean

# Have click look for each option in the environment as well, as ADJOURN_ and its name.
FROM_ENVIRONMENT = {"auto_envvar_prefix": "ADJOURN"}
_PREFIX = "ADJOURN_"
# Read by the subcommands.
_MORE = ("url", "upstream")
# What Kubernetes sets in every container for a service whose name begins with `adjourn`.
_SERVICE_LINK = re.compile(
    r"ADJOURN(_\w+)?_(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_[0-9]+_(TCP|UDP|SCTP)(_\w+)?)", re.ASCII
)
_LINKED_PORT = re.compile(r"(tcp|udp|sctp)://\S+", re.ASCII)


def check_environment(command: click.Command) -> None:
    """Raise UsageError for an ADJOURN_* variable that no option has."""
    options = (one for one in command.params if getattr(one, "allow_from_autoenv", False))
    known = [_PREFIX + name.upper() for name in (*_MORE, *(one.name or "" for one in options))]
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
        variable = str(self.name).upper()
        for name in (f"{_PREFIX}{variable}", variable):
            value = os.environ.get(name)
            if value and not _is_service_link(name, value):
                ctx.meta[f"adjourn.{self.name}"] = f"{name} of the environment"
                return value
        return None

    def get_error_hint(self, ctx: click.Context | None) -> str:
        """The variable that a wrong value comes from, or the option's own name."""
        source = ctx.meta.get(f"adjourn.{self.name}") if ctx else None
        return source or super().get_error_hint(ctx)


def address_advice(context: click.Context) -> str:
    """What to do about an address that cannot be listened on."""
    told = (context.meta.get(f"adjourn.{name}") for name in ("host", "port"))
    sources = [source for source in told if source]
    if not sources:
        return "check --host and --port"
    return f"told so by {' and '.join(sources)}: unset, or give --host and --port"


def read_config(context: click.Context, _: click.Parameter, path: Path | None) -> Path | None:
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

"""Where settings come from: flags over environment over file, unknown keys refused by name."""

import math
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from .connection import pasted_url
from .files import read_toml
from .settings import (
    FIXTURE_AGENTS,
    KEYS,
    PREFIX,
    REPEATED,
    SECRETS,
    Config,
    UsageError,
    flag,
    unknown_name,
)

# By the beginning of a setting's annotation: what is wanted, click's type for a text, and the types
# of what a flag or a file may give.
KINDS: dict[str, tuple[str, click.ParamType[Any], tuple[type, ...]]] = {
    "str": ("text", click.STRING, ()),
    "float": ("a number", click.FLOAT, (int, float)),
    "int": ("a whole number", click.INT, (int,)),
    "bool": ("true or false", click.BOOL, (bool,)),
    "Path": ("a path", click.Path(path_type=Path), (Path,)),
}
LIST = "tuple[str,"
ALIASES = {option: key for key, option in REPEATED.items()}
# What Kubernetes tells every pod of a service that is called `conformance`.
SERVICE_LINK = re.compile(r"(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_\w+)?)?)\Z")


def load_config(flags: Mapping[str, Any], file: Path | None) -> Config:
    """Merge the three sources. Raises UsageError for an unknown key or an unusable value."""
    merged = {key: (f"{file}: {key}", value) for key, value in _from_file(file).items()}
    for key, value in _from_environment(os.environ).items():
        merged[key] = PREFIX + key.upper(), value
    for key, value in flags.items():
        if value not in (None, ()):
            merged[key] = flag(key), value
    typed = {key: _typed(key, *given) for key, given in merged.items()}
    typed["rules"] = tuple(rule.upper() for rule in typed.get("rules", ()))
    if "webhook_url" in typed:
        typed["webhook_url"] = pasted_url(typed["webhook_url"])
    if "agent" not in typed:
        # Nobody named an agent, so the target is taken for a mock with the seed fixtures.
        typed = {**FIXTURE_AGENTS, **typed}
    return Config(**typed)


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    found = read_toml(file, "the config file", "check --config")
    found = {ALIASES.get(key, key): value for key, value in found.items()}
    for key in found:
        if key in SECRETS:
            raise UsageError(
                f"{file} holds the key {key!r}: a file is read by others and kept for long;"
                f" take it out and set {PREFIX}{key.upper()}"
            )
        if key not in KEYS:
            raise UsageError(f"{file}: {unknown_name('key', key, KEYS)}")
    return found


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for name, value in environment.items():
        if name.startswith(PREFIX) and not SERVICE_LINK.match(name, len(PREFIX)):
            key = name.removeprefix(PREFIX).lower()
            key = ALIASES.get(key, key)
            if key not in KEYS:
                known = [PREFIX + key.upper() for key in KEYS]
                raise UsageError(unknown_name("environment variable", name, known))
            if key == "target" and not value:  # the embedded mock is not what was meant
                raise UsageError(f"{name} is empty; unset it to judge the embedded mock")
            if value:
                found[key] = value
    return found


def _typed(key: str, place: str, value: Any) -> Any:
    """The value as the key's kind; the place is where it was given."""
    name = KEYS[key].split(" ", maxsplit=1)[0]
    if name == LIST:
        return _texts(key, place, value)
    wanted, kind, types = KINDS[name]
    try:
        if isinstance(value, bool) and bool not in types:  # which Python takes for a number
            raise click.BadParameter(wanted)
        typed = kind(value) if isinstance(value, (str, *types)) else None
    except click.BadParameter:
        typed = None
    if typed is None or (isinstance(typed, float) and not math.isfinite(typed)):
        raise UsageError(f"{place}: wanted {wanted}, got {value!r}")
    return typed


def _texts(key: str, place: str, value: Any) -> tuple[str, ...]:
    """A text is a list by commas or, where it has any, by lines; a header may hold commas."""
    if isinstance(value, str):
        lines = key == "headers" or "\n" in value.strip()
        value = value.strip().split("\n" if lines else ",")
    if not isinstance(value, list | tuple) or not all(isinstance(item, str) for item in value):
        raise UsageError(f"{place}: wanted texts, got {value!r}")
    return tuple(item.strip() for item in value)

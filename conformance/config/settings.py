"""What a run is told: flags over environment over file, unknown keys refused by name."""

from __future__ import annotations

import ipaddress
import math
import os
import tomllib
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..contract.nearest import did_you_mean
from .profiles import PROFILES
from .redaction import spellings

PREFIX = "CONFORMANCE_"
SECRETS = ("token", "second_token")
SHORTEST_SECRET = 6  # characters

# The agents that the mock's own fixtures always hold.
FIXTURE_AGENTS = {
    "agent": "agent-echo",
    "tool_agent": "agent-tools",
    "closing_agent": "agent-closer",
    "closing_text": "bye",
    "disabled_agent": "agent-disabled",
}


class UsageError(Exception):
    """The run was asked for in a way that cannot be followed."""


@dataclass(frozen=True)
class Config:
    """One run's settings. Times are seconds; a None agent is one that the target lacks; a
    budget of 0 is what the plan needs."""

    target: str | None = None
    token: str | None = None
    second_token: str | None = None
    agent: str | None = None
    tool_agent: str | None = None
    closing_agent: str | None = None
    closing_text: str | None = None
    disabled_agent: str | None = None
    profile: tuple[str, ...] = ("core",)
    report: Path | None = None
    seed: int = 1
    strict: bool = False
    allow_writes: bool = False
    read_only: bool = False
    baseline: Path | None = None
    write_baseline: Path | None = None
    replay: Path | None = None
    ledger: Path | None = None
    webhook_listen: str | None = None
    ttl_grace: float = 75.0
    index_wait: float = 15.0
    webhook_wait: float = 90.0
    timeout: float = 10.0
    rate: float = 0.0
    max_sessions: int = 0
    max_turns: int = 0
    max_requests: int = 0
    max_seconds: float = 0.0
    max_concurrency: int = 8
    repeats: int = 2
    verbose: bool = False
    rules: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        unknown = [name for name in self.profile if name not in PROFILES]
        if unknown:
            raise UsageError(_unknown("profile", unknown[0], PROFILES))
        if not self.profile:
            raise UsageError(f"no profile is selected; choose from {', '.join(PROFILES)}")
        if self.target is not None:
            _check_target(self.target)
        for name in FIXTURE_AGENTS:
            if getattr(self, name) == "":
                raise UsageError(f"--{name.replace('_', '-')} is empty; leave it out")
        for name in SECRETS:
            _check_key(name, getattr(self, name) or "")
        if self.timeout <= 0:
            raise UsageError(f"--timeout {self.timeout:g}: wanted more than 0 seconds")
        for name in (
            "ttl_grace",
            "index_wait",
            "webhook_wait",
            "rate",
            "max_sessions",
            "max_turns",
            "max_requests",
            "max_seconds",
            "repeats",
        ):
            if getattr(self, name) < 0:
                raise UsageError(f"--{name.replace('_', '-')}: wanted 0 or more")
        if self.max_concurrency < 1:
            raise UsageError("--max-concurrency: wanted 1 or more")
        if self.read_only and self.allow_writes:
            raise UsageError("--read-only and --allow-writes exclude each other")

    @property
    def capabilities(self) -> frozenset[str]:
        """What the target was said to have, in the words of a rule's `needs`."""
        given = {
            "tool_agent": self.tool_agent,
            "closing_agent": self.closing_agent and self.closing_text,
            "disabled_agent": self.disabled_agent,
            "token": self.token,
            "second_token": self.second_token,
            "webhook_listener": self.webhook_listen,
            "wait": True,
        }
        return frozenset(name for name, value in given.items() if value)

    @cached_property
    def secrets(self) -> tuple[str, ...]:
        """What no output may show, longest first. A word of a few letters stands in too many
        places to be taken out, and keeps nothing secret."""
        given = [s for s in (self.token, self.second_token) if s and len(s) >= SHORTEST_SECRET]
        told = {text for secret in given for text in (secret, secret.swapcase())}  # see AUTH-03
        forms = {form for secret in told for form in spellings(secret)}
        return tuple(sorted(forms, key=lambda form: (-len(form), form)))

    @property
    def loopback(self) -> bool:
        host = urlsplit(self.target or "http://127.0.0.1").hostname or ""
        try:
            return host == "localhost" or ipaddress.ip_address(host).is_loopback
        except ValueError:
            return False

    def shown(self, *, changed: bool = False) -> dict[str, Any]:
        """The settings in force or, of these, what differs from the defaults; secrets told as
        given or not."""
        usual = {**asdict(Config()), **FIXTURE_AGENTS} if changed else {}
        plain = {
            key: value
            for key, value in asdict(self).items()
            if value not in (None, ()) and (key not in usual or usual[key] != value)
        }
        return {key: "(given)" if key in SECRETS else value for key, value in plain.items()}


def load_config(flags: Mapping[str, Any], file: Path | None) -> Config:
    """Merge the three sources. Raises UsageError for an unknown key or an unusable value."""
    merged = {**_from_file(file), **_from_environment(os.environ)}
    merged.update({key: value for key, value in flags.items() if value not in (None, ())})
    typed = {key: _typed(key, value) for key, value in merged.items()}
    typed["rules"] = tuple(rule.upper() for rule in typed.get("rules", ()))
    if "agent" not in typed:
        # Nobody named an agent, so the target is taken for a mock with the seed fixtures.
        typed = {**FIXTURE_AGENTS, **typed}
    return Config(**typed)


def _from_file(file: Path | None) -> dict[str, Any]:
    if file is None:
        return {}
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"cannot read the config file {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"the config file {file} is not TOML: {error}") from error
    if "rule" in found:  # as the option is called
        found["rules"] = found.pop("rule")
    for key in found:
        if key in SECRETS:
            raise UsageError(
                f"{file} holds the key {key!r}: a file is read by others and kept for long;"
                f" take it out and set {PREFIX}{key.upper()}"
            )
        if key not in KEYS:
            raise UsageError(f"{file}: {_unknown('key', key, KEYS)}")
    return found


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    found = {}
    for name, value in environment.items():
        if name.startswith(PREFIX):
            key = name.removeprefix(PREFIX).lower()
            key = "rules" if key == "rule" else key
            if key not in KEYS:
                known = [PREFIX + key.upper() for key in KEYS]
                raise UsageError(_unknown("environment variable", name, known))
            if value:
                found[key] = value
    return found


def _typed(key: str, value: Any) -> Any:
    """The value as the key's kind. A text may tell any kind; another kind must be it."""
    kind = KEYS[key].split(" ")[0]
    try:
        return CONVERTERS[kind](value)
    except (ValueError, TypeError, KeyError, OverflowError):
        words = {"str": "text", "Path": "a path", "bool": "true or false"}.get(kind, kind)
        raise UsageError(f"{key}: wanted {words}, got {value!r}") from None


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError
    return value


def _number(value: Any) -> float:
    if isinstance(value, bool):
        raise TypeError
    number = float(value)
    if not math.isfinite(number):
        raise ValueError
    return number


def _whole(value: Any) -> int:
    number = _number(value)
    if number != int(number):
        raise ValueError
    return int(value)


def _truth(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return {"1": True, "true": True, "0": False, "false": False}[_text(value).lower()]


def _names(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, value.split(",") if isinstance(value, str) else value))


def _check_key(name: str, key: str) -> None:
    """Refuse a key that no header can carry, without telling it."""
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in key):
        raise UsageError(
            f"{PREFIX}{name.upper()} holds a character that no HTTP header can carry, such as"
            " a line break"
        )


def _check_target(target: str) -> None:
    """Refuse what is no base URL. A URL stands in every report, so it must hold no secret."""
    try:
        parts = urlsplit(target)
        fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fine = False
    if "@" in target:
        raise UsageError("--target holds a user name or a password; keys go in CONFORMANCE_TOKEN")
    if not fine:
        raise UsageError(f"--target {target!r} is no http:// or https:// URL")
    if parts.query or parts.fragment:
        raise UsageError("--target ends in a query or a fragment; a base URL has neither")


def _unknown(what: str, name: str, known: Any) -> str:
    hint = did_you_mean(name, known, f"known are {', '.join(sorted(known))}")
    return f"unknown {what} {name!r}; {hint}"


KEYS = {field.name: str(field.type) for field in fields(Config)}
CONVERTERS: dict[str, Callable[[Any], Any]] = {
    "str": _text,
    "float": _number,
    "int": _whole,
    "bool": _truth,
    "Path": lambda value: value if isinstance(value, Path) else Path(_text(value)),
    "tuple[str,": _names,
}

"""What a run is told, and what of it cannot be followed."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import asdict, dataclass, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..contract.nearest import did_you_mean
from .connection import (
    Connection,
    check_target,
    check_url,
    is_loopback,
    listening_address,
    parse_headers,
    proxy_for,
)
from .profiles import PROFILES
from .redaction import Secrets

PREFIX = "CONFORMANCE_"
SECRETS = ("token", "second_token", "client_secret")

EXCLUSIVE = (
    ("read_only", "allow_writes"), ("insecure", "ca"), ("unix_socket", "proxy"),
    ("proxy", "no_proxy"),
)  # fmt: skip
USELESS_ALONE = (
    ("client_id", "token_url"), ("scope", "token_url"), ("webhook_url", "webhook_listen"),
)  # fmt: skip

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

    contract: Path | None = None
    target: str | None = None
    token: str | None = None
    second_token: str | None = None
    token_command: str | None = None
    token_url: str | None = None
    client_id: str | None = None
    client_secret: str | None = None
    scope: str | None = None
    headers: tuple[str, ...] = ()
    ca: Path | None = None
    client_cert: str | None = None
    insecure: bool = False
    proxy: str | None = None
    no_proxy: bool = False
    unix_socket: Path | None = None
    http2: bool = False
    wait_ready: float = 5.0
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
    webhook_url: str | None = None
    ttl_grace: float = 75.0
    index_wait: float = 15.0
    webhook_wait: float = 90.0
    cleanup_wait: float = 2.0
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
            raise UsageError(unknown_name("profile", unknown[0], PROFILES))
        if not self.profile:
            raise UsageError(f"no profile is selected; choose from {', '.join(PROFILES)}")
        for name in FIXTURE_AGENTS:
            if getattr(self, name) == "":
                raise UsageError(f"{flag(name)} is empty; leave it out")
        for name in SECRETS:
            _check_key(name, getattr(self, name) or "")
        self._check_numbers()
        self._check_tokens()
        try:
            self._check_connection()
        except ValueError as error:
            raise UsageError(str(error)) from error
        self._check_pairs()

    def _check_numbers(self) -> None:
        if self.timeout <= 0:
            raise UsageError(f"--timeout {self.timeout:g}: wanted more than 0 seconds")
        if self.max_concurrency < 1:
            raise UsageError("--max-concurrency: wanted 1 or more")
        for name in NOT_NEGATIVE:
            if getattr(self, name) < 0:
                raise UsageError(f"{flag(name)}: wanted 0 or more")

    def _check_pairs(self) -> None:
        for one, other in EXCLUSIVE:
            if getattr(self, one) and getattr(self, other):
                raise UsageError(f"{flag(one)} and {flag(other)} exclude each other")
        for one, other in USELESS_ALONE:
            if getattr(self, one) and not getattr(self, other):
                raise UsageError(f"{flag(one)} is of no use without {flag(other)}")

    def _check_tokens(self) -> None:
        """One way to get a key, and all that it needs."""
        given = {
            "CONFORMANCE_TOKEN": self.token,
            "--token-command": self.token_command,
            "--token-url": self.token_url,
        }
        ways = [name for name, value in given.items() if value]
        if len(ways) > 1:
            raise UsageError(f"{' and '.join(ways)} exclude each other: each gives the key")
        if self.token_url and not (self.client_id and self.client_secret):
            lacking = "CONFORMANCE_CLIENT_SECRET" if self.client_id else "--client-id"
            raise UsageError(f"--token-url asks for a key as a client; give {lacking} too")

    def _check_connection(self) -> None:
        if self.target is not None:
            check_target(self.target)
        if self.token_url is not None:
            check_url("--token-url", self.token_url)
        if self.webhook_url is not None:
            check_url("--webhook-url", self.webhook_url)
        if self.webhook_listen is not None:
            listening_address(self.webhook_listen)
        if self.http2 and self.target is None:
            raise ValueError("--http2 is of no use without --target; the embedded mock lacks it")
        _ = self.connection

    @cached_property
    def connection(self) -> Connection:
        """How the target is reached, the environment's proxy and authorities included."""
        cert, _, key = (self.client_cert or "").partition(",")
        proxy = proxy_for(self.target, self.proxy, self.no_proxy or bool(self.unix_socket))
        secure = any(str(url).startswith("https:") for url in (self.target, self.token_url))
        secure = secure or (proxy is not None and proxy.url.startswith("https:"))
        roots = os.environ.get("SSL_CERT_FILE") if secure else None
        return Connection(
            proxy=proxy,
            secure=secure,
            ca=self.ca,
            roots=Path(roots) if roots else None,
            client_cert=Path(cert) if self.client_cert else None,
            client_key=Path(key) if key else None,
            insecure=self.insecure,
            unix_socket=self.unix_socket,
            headers=tuple(parse_headers(self.headers)),
        )

    def without_agents(self) -> Config:
        """The same for a contract that has no agents, whoever named some."""
        none: dict[str, Any] = dict.fromkeys(FIXTURE_AGENTS)
        return replace(self, **none)

    @property
    def capabilities(self) -> frozenset[str]:
        """What the target was said to have, in the words of a rule's `needs`."""
        given = {
            "tool_agent": self.tool_agent,
            "closing_agent": self.closing_agent and self.closing_text,
            "disabled_agent": self.disabled_agent,
            "token": self.token or self.token_command or self.token_url,
            "second_token": self.second_token,
            "webhook_listener": self.webhook_listen,
            "wait": True,
        }
        return frozenset(name for name, value in given.items() if value)

    @property
    def token_connection(self) -> Connection:
        """How the server is reached that gives the key: nothing that is the target's goes there."""
        proxy = proxy_for(self.token_url, self.proxy, self.no_proxy)
        return replace(self.connection, proxy=proxy, unix_socket=None, headers=())

    @cached_property
    def secrets(self) -> Secrets:
        """What no output may show."""
        proxy = self.connection.proxy
        return Secrets(
            *(self.token, self.second_token, self.client_secret, proxy.password if proxy else None),
            *(value for _, value in self.connection.headers),
        )

    @property
    def loopback(self) -> bool:
        return is_loopback(urlsplit(self.target or "http://127.0.0.1").hostname or "")

    def shown(self, *, changed: bool = False) -> dict[str, Any]:
        """The settings in force or, of these, what differs from the defaults; secrets told as
        given or not."""
        usual = {**asdict(Config()), **FIXTURE_AGENTS} if changed else {}
        plain = {
            key: value
            for key, value in asdict(self).items()
            if value not in (None, ()) and (key not in usual or usual[key] != value)
        }
        entries = {key: "(given)" if key in SECRETS else value for key, value in plain.items()}
        return entries | self._connection_shown()

    def _connection_shown(self) -> dict[str, Any]:
        """The effective way to the target, whoever has told it."""
        entries: dict[str, Any] = {}
        if self.headers:
            entries["headers"] = tuple(f"{name}: (given)" for name, _ in self.connection.headers)
        if proxy := self.connection.proxy:
            entries["proxy"] = f"{proxy.url} ({proxy.source})"
        if self.connection.roots:
            entries["roots"] = f"{self.connection.roots} (SSL_CERT_FILE)"
        if self.insecure:
            entries["insecure"] = "true: NOBODY CHECKS THE CERTIFICATE OF THE TARGET"
        return entries


def flag(key: str) -> str:
    """The option of a setting."""
    return f"--{key.replace('_', '-')}"


def _check_key(name: str, key: str) -> None:
    """Refuse a key that no header can carry, without telling it."""
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in key):
        raise UsageError(
            f"{PREFIX}{name.upper()} holds a character that no HTTP header can carry, such as"
            " a line break"
        )
    if key != key.strip() or key.lower().startswith("bearer "):
        raise UsageError(
            f"{PREFIX}{name.upper()} is the key alone; leave out blanks around it and the word"
            " Bearer before it"
        )


def unknown_name(what: str, name: str, known: Any) -> str:
    hint = did_you_mean(name, known, f"known are {', '.join(sorted(known))}")
    return f"unknown {what} {name!r}; {hint}"


KEYS = {field.name: str(field.type) for field in fields(Config)}
NOT_NEGATIVE = [key for key, kind in KEYS.items() if kind in ("int", "float") and key != "seed"]

"""What a run is told, and what of it cannot be followed."""

from __future__ import annotations

import os
import unicodedata
from dataclasses import asdict, dataclass, field, fields, replace
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..contract.words import did_you_mean
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
REPEATED = {"headers": "header", "rules": "rule"}  # the option that is given for each of them

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


def told(help: str, default: Any = None) -> Any:
    """A setting that is an option of the command line too."""
    usual = ",".join(default) if isinstance(default, tuple) else default
    if usual and not isinstance(usual, bool):
        help += f" Default: {usual if isinstance(usual, str) else f'{usual:g}'}."
    return field(default=default, metadata={"help": help})


@dataclass(frozen=True)
class Config:
    """One run's settings. Times are seconds; a None agent is one that the target lacks; a
    budget of 0 is what the plan needs."""

    contract: Path | None = told("A contract of your own.")
    target: str | None = told("Base URL of the deployment; without it, a mock is started.")
    token: str | None = None
    second_token: str | None = None
    client_secret: str | None = None
    headers: tuple[str, ...] = told("'Name: value' or 'Name: $VARIABLE'.", ())
    ca: Path | None = told("Trust this PEM file too. Default: SSL_CERT_FILE.")
    client_cert: str | None = told("FILE or FILE,KEY: show this certificate to the target.")
    insecure: bool = told("Do not check the certificate of the target.", False)
    proxy: str | None = told("Reach the target through this proxy. Default: the environment's.")
    no_proxy: bool = told("Use no proxy, whatever the environment says.", False)
    unix_socket: Path | None = told("Reach the target through this socket.")
    http2: bool = told("Speak HTTP/2 alone, as where TLS agrees on nothing else.", False)
    token_command: str | None = told("A command that prints the key, run again when that expires.")
    token_url: str | None = told("Get the key of this OAuth 2.0 server, as a client.")
    client_id: str | None = told("Who the client is; its secret is CONFORMANCE_CLIENT_SECRET.")
    scope: str | None = told("The scope to ask for.")
    wait_ready: float = told("Seconds for a target that starts.", 5.0)
    timeout: float = told("Seconds for an answer, to its end.", 10.0)
    agent: str | None = told("A plain agent of the target.")
    tool_agent: str | None = told("An agent that calls a tool in every turn.")
    closing_agent: str | None = told("An agent that finishes when sent the closing text.")
    closing_text: str | None = told("What makes the closing agent finish.")
    disabled_agent: str | None = told("An agent that is disabled.")
    profile: tuple[str, ...] = told(f"Packs, by comma: {', '.join(PROFILES)}.", ("core",))
    rules: tuple[str, ...] = told("Only this rule; may be repeated.", ())
    report: Path | None = told("Write the reports into this directory.")
    seed: int = told("Seed of everything that is generated.", 1)
    strict: bool = told("A broken SHOULD fails too.", False)
    allow_writes: bool = told("Consent to writing to a target off loopback.", False)
    read_only: bool = told("Only checks that read.", False)
    webhook_listen: str | None = told("HOST:PORT that the target sends its webhooks to.")
    webhook_url: str | None = told("Where the target sends them, if that is another address.")
    ttl_grace: float = told("Seconds a timeout may be late.", 75.0)
    index_wait: float = told("Seconds for a call result.", 15.0)
    webhook_wait: float = told("Seconds for a webhook.", 90.0)
    rate: float = told("Requests a second; a race sends its own at once.", 0.0)
    max_sessions: int = told("Sessions at most. Default: as planned.", 0)
    max_turns: int = told("Turns at most. Default: as planned.", 0)
    max_requests: int = told("Requests at most. Default: as planned.", 0)
    max_seconds: float = told("Seconds after which no request is sent.", 0.0)
    cleanup_wait: float = told("Seconds of a stopped run's ends.", 2.0)
    max_concurrency: int = told("Requests at a time at most.", 8)
    repeats: int = told("Runs more of what has failed.", 2)
    baseline: Path | None = told("A TOML file of known failures.")
    write_baseline: Path | None = told("Write this run's failures as a baseline.")
    replay: Path | None = told("Tell a conformance.json's traces again.")
    ledger: Path | None = told("Where to note what is opened.")
    verbose: bool = told("Print every setting in force.", False)

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
            if KEYS[name] == "float" and getattr(self, name) > LONGEST:
                raise UsageError(f"{flag(name)}: wanted {LONGEST} or less")
        if 0 < self.rate < 1 / LONGEST:
            raise UsageError(f"--rate: wanted 0, or a request in {LONGEST} seconds at least")

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
    return f"--{REPEATED.get(key, key).replace('_', '-')}"


def _check_key(name: str, key: str) -> None:
    """Refuse a key that no header can carry, without telling it."""
    wrong = ""
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in key):
        wrong = "holds a character that no HTTP header can carry, such as a line break"
    elif key != key.strip() or key.lower().startswith("bearer "):
        wrong = "is the key alone; leave out blanks around it and the word Bearer before it"
    if wrong:
        raise UsageError(f"{PREFIX}{name.upper()} {wrong}")


def unknown_name(what: str, name: str, known: Any) -> str:
    hint = did_you_mean(name, known, f"known are {', '.join(sorted(known))}")
    return f"unknown {what} {name!r}; {hint}"


KEYS = {one.name: str(one.type) for one in fields(Config)}
LONGEST = 31_622_400  # seconds: a year, more than any clock of an operating system need take
NOT_NEGATIVE = [key for key, kind in KEYS.items() if kind in ("int", "float") and key != "seed"]

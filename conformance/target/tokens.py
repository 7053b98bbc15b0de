"""Where the suite's key comes from: given once, told by a command, or by an OAuth 2.0 server."""

import json
import math
import os
import subprocess
import threading
import time
import unicodedata
from contextlib import suppress
from typing import IO, Any
from urllib.parse import quote_plus

import httpx

from ..config.redaction import redacted
from ..config.settings import Config, UsageError
from ..judging.outcomes import NotYet, printable
from .answer import read_body
from .diagnosis import Way, diagnosis
from .network import SLICE, exchange, seconds_left
from .transport import http_client

PLACEHOLDER = "conformance"  # a key for targets that take any
LONGEST_COMMAND = 60.0  # seconds
AHEAD = 30.0  # seconds before its end that a key is renewed, or a tenth of its life
AGAIN = 2.0  # seconds after which a key that still holds is asked for anew
LAST_WORDS = 5.0  # seconds that what a command has said may take to be read
LARGEST = 64 * 1024  # characters of what tells a key
NOT_THERE = (404, 405, 410)
BOM = "\ufeff"  # begins what PowerShell prints
UNREADABLE = (ValueError, TypeError, OverflowError, RecursionError)  # JSON of whatever kind


class Tokens:
    """The key in force. Raises UsageError where none can be had, NotYet where its server may be
    starting; safe to share between threads."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.lock = threading.Lock()
        self.token = config.token or ("" if self.renewable else PLACEHOLDER)
        self.renew_at = self.ends_at = math.inf

    @property
    def renewable(self) -> bool:
        return bool(self.config.token_command or self.config.token_url)

    def current(self) -> str:
        """The key, renewed where it is about to expire."""
        with self.lock:
            if not self.token or time.monotonic() >= self.renew_at:
                self._renew_in_time()
            return self.token

    def renew(self, refused: str) -> bool:
        """Get another key than the one that was refused; whether there is one."""
        if not self.renewable:
            return False
        with self.lock:
            if self.token == refused:
                self._renew()
            return self.token != refused

    def _renew_in_time(self) -> None:
        """Renew the key, or keep it as long as it holds and its server is away."""
        try:
            self._renew()
        except NotYet:
            now = time.monotonic()
            if not self.token or now >= self.ends_at:
                raise
            self.renew_at = min(self.ends_at, now + AGAIN)

    def _renew(self) -> None:
        given = _of_command(self.config) if self.config.token_command else _of_server(self.config)
        self.token, lifetime = _parsed(given, self.config)
        self.config.secrets.add(self.token)
        self.ends_at = time.monotonic() + lifetime
        self.renew_at = self.ends_at - min(AHEAD, lifetime / 10)


def _of_command(config: Config) -> str:
    """What the command prints."""
    process = subprocess.Popen(
        str(config.token_command),
        shell=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    output, errors = _Heard(process, process.stdout), _Heard(process, process.stderr)
    code = None
    try:
        with exchange(LONGEST_COMMAND):
            while code is None and seconds_left() > 0:
                with suppress(subprocess.TimeoutExpired):
                    code = process.wait(SLICE)
    finally:
        process.kill()
        process.wait()
    if code is None:
        raise UsageError("--token-command did not end in time; run it by hand to see why")
    if code:
        said = errors.text().strip().splitlines()
        last = redacted(said[-1][:200], config.secrets) if said else ""
        why = f": {last}" if last else "; run it by hand to see why"
        raise UsageError(f"--token-command failed with exit code {code}{why}")
    return output.text()


class _Heard:
    """The begin of what a command says. It may leave a process behind that never closes its
    output, so that only its own end tells that it has said all."""

    def __init__(self, process: subprocess.Popen[bytes], stream: IO[bytes] | None) -> None:
        self.process, self.stream = process, stream
        self.said = b""
        self.thread = threading.Thread(target=self._listen, daemon=True)
        self.thread.start()

    def text(self) -> str:
        self.thread.join(LAST_WORDS)
        return self.said.decode("utf-8", "replace")

    def _listen(self) -> None:
        assert self.stream
        with self.stream:
            while part := os.read(self.stream.fileno(), LARGEST):
                self.said += part[: LARGEST - len(self.said)]
                if len(self.said) == LARGEST and self.process.poll() is not None:
                    return


def _of_server(config: Config) -> str:
    """What an OAuth 2.0 server answers to its client's credentials (RFC 6749, section 4.4), in
    the way that every server takes or, where one does not, in the body."""
    url, id, secret = str(config.token_url), str(config.client_id), str(config.client_secret)
    form = {"grant_type": "client_credentials"} | ({"scope": config.scope} if config.scope else {})
    try:
        basic = httpx.BasicAuth(quote_plus(id), quote_plus(secret))  # RFC 6749, section 2.3.1
        with http_client(config.token_connection) as http, exchange(config.timeout):
            answer, text = _post(http, url, form, basic)
            if answer.status_code in (400, 401):
                form |= {"client_id": id, "client_secret": secret}
                answer, text = _post(http, url, form)
    except httpx.HTTPError as error:
        why, mine = diagnosis(error, Way.to_keys(config))
        wrong = UsageError if mine else NotYet
        raise wrong(f"--token-url {url} gave no answer: {why}") from error
    if answer.is_server_error or answer.status_code == 429:
        raise NotYet(f"--token-url {url} answers {answer.status_code}, as a server that starts")
    if not answer.is_success:
        if answer.is_redirect and (place := answer.headers.get("location")):
            place = _told(place.partition("?")[0], config)
            why = f"redirects ({answer.status_code}) to {place}, where no secret is sent"
            cure = "write the URL that gives the key"
        else:
            said = _error(text, config) or _told(text, config) or "an empty body"
            why = f"gave no key but {answer.status_code} ({said})"
            cure = "check --client-id, --scope and CONFORMANCE_CLIENT_SECRET"
            cure = "check its path" if answer.status_code in NOT_THERE else cure
        raise UsageError(f"--token-url {url} {why}; {cure}")
    return text[:LARGEST]


def _post(
    http: httpx.Client, url: str, form: dict[str, str], auth: httpx.Auth | None = None
) -> tuple[httpx.Response, str]:
    """The answer to a form, and its body."""
    headers = {"accept": "application/json"}
    with http.stream("POST", url, data=form, headers=headers, auth=auth) as answer:
        return answer, read_body(answer)[0].decode("utf-8", "replace")


def _error(text: str, config: Config) -> str:
    """What an OAuth 2.0 server says of why it gives no key (RFC 6749, section 5.2)."""
    try:
        given = json.loads(text)
        words = [str(given[k]) for k in ("error", "error_description") if k in given]
    except UNREADABLE:
        return ""
    return _told(": ".join(words), config)


def _told(text: str, config: Config) -> str:
    """Foreign words in one line, without the secrets."""
    return printable(str(redacted(" ".join(text[:LARGEST].split()), config.secrets))[:200])


def _parsed(text: str, config: Config) -> tuple[str, float]:
    """The key and the seconds that it lasts, of a line of text or an object as RFC 6749 has it."""
    given: Any = text.removeprefix(BOM).strip()
    source = "--token-command" if config.token_command else f"--token-url {config.token_url}"
    lifetime = math.inf
    if given.startswith("{"):
        try:
            members = json.loads(given)
            given = members.get("access_token") or members.get("token")
            lifetime = float(members.get("expires_in") or math.inf)
        except UNREADABLE:
            given = None
    elif config.token_url and not config.token_command:
        given = None  # a page for people, as it were
    if isinstance(given, str):
        given = given.removeprefix("Bearer ").strip()
    if not isinstance(given, str) or not given or not lifetime > 0:
        line = "" if config.token_url else "one line with the key alone, or "
        wanted = f"wanted {line}JSON with access_token"
        error = _error(text.removeprefix(BOM), config)
        raise UsageError(f"{source} gave no key{f' but {error}' if error else ''}; {wanted}")
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in given):
        raise UsageError(
            f"{source} gave more than one line; wanted the key alone, or JSON with access_token"
        )
    return given, lifetime

"""The one way to the target: sends within the limits, and records what comes."""

from __future__ import annotations

import itertools
import threading
import time
from contextlib import closing
from dataclasses import replace
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from ..config.settings import Config
from ..judging.evidence import Evidence
from ..judging.exchange import Exchange
from ..judging.outcomes import Blocked
from ..judging.watch import Watch
from .answer import read_body
from .budget import Budget
from .circuit import Circuit
from .freshness import Freshness
from .interrupt import shielded
from .ledger import Ledger
from .pace import Backoff, Pace
from .recorder import Observer, Recorder
from .retry import Retries, Retry, is_repeatable

BEARER = "Bearer $CONFORMANCE_TOKEN"  # how a recorded request shows its credentials
SWAPPED = '$(printf %s "$CONFORMANCE_TOKEN" | tr a-zA-Z A-Za-z)'  # the key with its case swapped
PLACEHOLDER = "conformance"  # a bearer for targets that take any
KEEPALIVE = 1.5  # seconds; below every server's usual 5, so that no request meets a closing socket
CLOSED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


class Dropped(Blocked):
    """A connection was closed in the place of an answer."""


class Client:
    """Sends requests to one target. Safe to share between threads."""

    def __init__(self, config: Config, watch: Watch, evidence: Evidence) -> None:
        self.config = config
        self.watch = watch
        self.evidence = evidence
        self.base = (config.target or "").rstrip("/")
        self.http = httpx.Client(
            timeout=config.timeout,
            follow_redirects=False,
            trust_env=False,
            limits=httpx.Limits(keepalive_expiry=KEEPALIVE),
            # A jar that takes nothing: a cookie might stand for the key that AUTH-01 leaves out.
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
        )
        self.numbers = itertools.count(1)
        self.places = threading.BoundedSemaphore(config.max_concurrency)
        self.ledger = Ledger(config.max_sessions, config.max_turns)
        self.budget = Budget(config.max_requests, config.max_seconds)
        self.pace = Pace(config.rate)
        self.backoff = Backoff()
        self.circuit = Circuit()
        self.retry = Retry(watch.contract, self.backoff, self.circuit)
        self.freshness = Freshness(watch.contract.paths)
        self.recorder = Recorder(watch, evidence, self.circuit, self.freshness)

    def close(self) -> None:
        self.http.close()

    def wind_down(self) -> None:
        """From now on only the ending of sessions is to come, which no limit may keep back."""
        self.budget.lift()
        self.circuit.close()

    def send(self, draft: Exchange, observer: Observer | None = None) -> Exchange:
        """Send, wait out any 429 and a gateway's hiccup, and record what comes. Blocked when
        no answer comes."""
        self.freshness.wait(draft)
        retries = Retries()
        with self.ledger.admit(draft, self.watch.contract.paths.named(draft.path)):
            while True:
                exchange = self._once(draft)
                if self.retry.of_gateway(exchange, retries):
                    continue
                exchange = self._current(draft, exchange, observer)
                self.recorder.record(exchange, observer)
                if not self.retry.of_busy(exchange, retries):
                    return exchange

    def _current(self, draft: Exchange, exchange: Exchange, observer: Observer | None) -> Exchange:
        """The answer, or the first that does not lag behind earlier ones."""
        if draft.headers.get("authorization") != BEARER:
            return exchange  # another key may see other sessions
        current, seen = self.freshness.await_current(exchange, lambda: self._once(draft))
        if seen and observer:
            observer(exchange, [seen])
        return current

    def _once(self, draft: Exchange) -> Exchange:
        """The exchange. RFC 9112, section 9.3.1: a connection may be closed at any time; what is
        safe to repeat is then sent on another one, but a turn, which may still be under way."""
        try:
            return self._on_one_connection(draft)
        except Dropped:
            if draft.operation == "submitMessage" or not is_repeatable(draft):
                raise
            return self._on_one_connection(draft)

    def _on_one_connection(self, draft: Exchange) -> Exchange:
        self.circuit.check()
        self.budget.check()
        self.backoff.wait(self.budget)
        self.pace.wait()
        self.budget.take()
        with self.places, shielded():
            exchange = self._exchange(draft)
        self.recorder.compare_clocks(exchange)
        if exchange.status == 429 or (
            exchange.status == 503 and "retry-after" in exchange.answer_headers
        ):
            self.backoff.ask(exchange)
        return exchange

    def _exchange(self, draft: Exchange) -> Exchange:
        """The exchange that a draft becomes, entered in the ledger."""
        exchange = replace(draft, number=next(self.numbers), started=time.monotonic())
        answer, exchange.content = self._answer(draft)
        exchange.finished = time.monotonic()
        exchange.status = answer.status_code
        exchange.answer_headers = {key.lower(): value for key, value in answer.headers.items()}
        self.ledger.enter(exchange)
        return exchange

    def _answer(self, draft: Exchange) -> tuple[httpx.Response, bytes]:
        """The answer, and its body."""
        try:
            with closing(self.http.send(self._request(draft), stream=True)) as answer:
                return answer, read_body(answer, self.config.timeout, self.budget)
        except (httpx.InvalidURL, httpx.LocalProtocolError) as error:
            raise Blocked(f"{draft.name} could not be sent: {error}") from error
        except httpx.HTTPError as error:
            self.circuit.note(None)
            self.ledger.lose(draft)
            lost = Dropped if isinstance(error, CLOSED) else Blocked
            raise lost(f"{draft.name} was not answered: {_words(error)}") from error
        except BaseException:  # the run is stopped, and at once
            self.ledger.lose(draft)
            raise

    def _request(self, draft: Exchange) -> httpx.Request:
        headers = [(key.encode(), self._secret(value)) for key, value in draft.headers.items()]
        return self.http.build_request(draft.method, draft.url, headers=headers, content=draft.body)

    def _secret(self, value: str) -> bytes:
        """The header with the real credentials in the place of their names."""
        token = self.config.token or PLACEHOLDER
        value = value.replace(SWAPPED, token.swapcase()).replace("$CONFORMANCE_TOKEN", token)
        value = value.replace("$CONFORMANCE_SECOND_TOKEN", self.config.second_token or "")
        return value.encode()  # as curl sends what is pasted in a shell


def _words(error: httpx.HTTPError) -> str:
    return f"{type(error).__name__}{f' ({error})' if str(error) else ''}"

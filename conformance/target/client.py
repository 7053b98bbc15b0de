"""The one way to the target: sends within the limits, and records what comes."""

from __future__ import annotations

import itertools
import math
import secrets
import threading
import time
from contextlib import closing
from dataclasses import replace
from functools import partial
from urllib.parse import urlsplit

import httpx

from ..config.settings import Config, UsageError
from ..judging.evidence import Evidence
from ..judging.exchange import Exchange, Silence
from ..judging.outcomes import Blocked, NotYet
from ..judging.watch import Watch
from .answer import read_body
from .budget import Budget
from .circuit import GATEWAY_ERRORS, Circuit
from .credentials import Credentials
from .diagnosis import named
from .freshness import Freshness
from .health import Health
from .interrupt import shielded
from .ledger import Ledger
from .network import exchange as timed
from .pace import Backoff, Pace
from .recorder import Observer, Recorder
from .retry import BUSY_RETRIES, Retries, Retry, Send, Unanswered, is_repeatable, is_unlisted
from .tokens import Tokens
from .transport import http_client

SILENCES_AT_THE_END = 2  # a clean-up that nobody answers is given up soon; a sweep follows
EMPTY = httpx.ByteStream(b"")
CLOSED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)


class ForeignOrigin(Exception):
    """A fault of the suite: a request would have carried its key to another place."""


class Client:
    """Sends requests to one target. Safe to share between threads."""

    def __init__(self, config: Config, watch: Watch, evidence: Evidence) -> None:
        self.config = config
        self.watch = watch
        self.evidence = evidence
        self.base = (config.target or "").rstrip("/")
        self.http = http_client(config.connection, http2=config.http2)
        self.credentials = Credentials(config, watch.contract.spec, Tokens(config))
        self.numbers = itertools.count(1)
        self.places = threading.BoundedSemaphore(config.max_concurrency)
        self.ledger = Ledger(config.max_sessions, config.max_turns)
        self.budget = Budget(config.max_requests, config.max_seconds)
        self.pace = Pace(config.rate)
        self.backoff = Backoff()
        self.circuit = Circuit()
        self.freshness = Freshness(watch.contract)
        self.health = Health(self.circuit)
        self.retry = Retry(self.backoff, self.circuit, self.health)
        self.recorder = Recorder(watch, evidence, self.circuit, self.freshness)

    def close(self) -> None:
        self.http.close()

    def wind_down(self, ends_at: float = math.inf) -> None:
        """From now on only the ending of sessions is to come, which no limit may keep back but
        this end."""
        self.budget.lift()
        self.budget.ends_at = ends_at
        self.circuit.close()
        self.circuit.most_silences = self.circuit.most_gateway_errors = SILENCES_AT_THE_END
        self.health.end()

    def send(self, draft: Exchange, observer: Observer | None = None) -> Exchange:
        """Send, wait out any 429 and a gateway's hiccup, and record what comes. Blocked when
        no answer comes."""
        self.freshness.wait(draft)
        retries, id = Retries(), self.watch.contract.paths.named(draft.path)
        with self.ledger.admit(draft, id):
            if draft.role == "act" and self.watch.contract.reopening:
                self._expect_reopening(id)
            while True:
                exchange = self._accepted(draft, observer)
                if self.retry.of_gateway(exchange, retries):
                    continue
                self._doubt(draft, exchange)
                exchange = self._current(draft, exchange, observer)
                self.recorder.record(exchange, observer)
                if exchange.status == 429 and retries.busy == BUSY_RETRIES - 1:
                    self.health.doubt(exchange, self.credentials.are_own(draft))
                if not self.retry.of_busy(exchange, retries):
                    return exchange

    def _expect_reopening(self, id: str) -> None:
        """Hold nothing against a session that may go on from now, whatever answer comes."""
        self.ledger.reopen(id)
        self.freshness.forget(id)
        self.watch.forget(id)

    def look(self, draft: Exchange) -> Exchange:
        """Send a request beside the plan, and judge nothing by its answer."""
        with self.places, shielded():
            return self._with_key(draft, self._beside)

    def _beside(self, draft: Exchange) -> Exchange:
        self.budget.count_beside()
        return self._exchange(draft)

    def _with_key(self, draft: Exchange, send: Send) -> Exchange:
        """The exchange, with a new key where the target refuses one that can be renewed."""
        tokens = self.credentials.tokens
        try:
            own = self.credentials.are_own(draft)
            key = tokens.current() if own else ""
            exchange = self._on_any_connection(draft, send)
            if exchange.status == 401 and own and tokens.renew(key):
                return self._on_any_connection(draft, send)
        except (UsageError, NotYet) as error:  # no key is to be had
            if not (self.recorder.judging and tokens.token):
                raise
            self.circuit.open(str(error))
            raise Blocked(str(error)) from error
        return exchange

    def _accepted(self, draft: Exchange, observer: Observer | None) -> Exchange:
        """The exchange, or why there is none: a hiccup, or a fault that is reported."""
        try:
            exchange = self._with_key(draft, self._on_one_connection)
            self.retry.note(exchange, answered=True)
        except Unanswered as lost:
            if not self.recorder.judging:
                self.retry.forget()
                raise
            accuse = partial(self._accuse, observer)
            raise self.retry.of_silence(lost, self._on_one_connection, accuse) from lost
        return exchange

    def _doubt(self, draft: Exchange, exchange: Exchange) -> None:
        listed = exchange.status in GATEWAY_ERRORS and not is_unlisted(exchange)
        if not listed and exchange.status != 429:
            self.health.doubt(exchange, self.credentials.are_own(draft))

    def _current(self, draft: Exchange, exchange: Exchange, observer: Observer | None) -> Exchange:
        """The answer, or the first that does not lag behind earlier ones."""
        if not self.credentials.are_own(draft):
            return exchange  # another key may see other sessions
        current, seen = self.freshness.await_current(
            exchange, lambda: self._on_any_connection(draft, self._on_one_connection)
        )
        if seen and observer:
            observer(exchange, [seen])
        return current

    def _on_any_connection(self, draft: Exchange, send: Send) -> Exchange:
        """The exchange. RFC 9112, section 9.3.1: a connection may be closed at any time; what is
        safe to repeat is then sent on another one, but a turn, which may still be under way."""
        try:
            return send(draft)
        except Unanswered as lost:
            if lost.silence == "late" or self.circuit.cause:
                raise
            if draft.role == "submit" or not is_repeatable(draft):
                raise
            return send(draft)

    def _on_one_connection(self, draft: Exchange) -> Exchange:
        if self.backoff.refused and self.health.watching:
            self.circuit.open(self.backoff.refused)
        self.circuit.check()
        self.budget.check()
        self.backoff.wait(self.budget)
        self.pace.wait(self.budget.ends_at)
        self.budget.take()
        with self.places, shielded():
            exchange = self._exchange(draft)
        if self.health.before:
            self.health.back()
        self.recorder.compare_clocks(exchange)
        if exchange.status == 429 or (
            exchange.status == 503 and "retry-after" in exchange.answer_headers
        ):
            self.backoff.ask(exchange)
        return exchange

    def _exchange(self, draft: Exchange) -> Exchange:
        """The exchange that a draft becomes, entered in the ledger."""
        headers = {**draft.headers, **trace()}
        exchange = replace(
            draft, number=next(self.numbers), headers=headers, started=time.monotonic()
        )
        answer, exchange.content, exchange.garbled = self._answer(exchange)
        exchange.finished = time.monotonic()
        exchange.status = answer.status_code
        exchange.answer_headers = {key.lower(): value for key, value in answer.headers.items()}
        self.ledger.enter(exchange)
        return exchange

    def _answer(self, draft: Exchange) -> tuple[httpx.Response, bytes, bool]:
        """The answer, its body, and whether that is garbled."""
        try:
            with timed(self.config.timeout, self.budget.ends_at):
                with closing(self.http.send(self._request(draft), stream=True)) as answer:
                    read = read_body(answer)
                answer.stream = EMPTY  # that of httpx holds the answer in turn, for the collector
                return answer, *read
        except (httpx.InvalidURL, httpx.LocalProtocolError, UnicodeError) as error:
            raise Blocked(f"{draft.name} could not be sent: {error}") from error
        except httpx.HTTPError as error:
            self.circuit.note(None)
            self.retry.note(draft, answered=False)
            self.health.gone(self.ledger.left_open)
            self.ledger.lose(draft)
            raise self._lost(draft, error) from error
        except BaseException:  # the run is stopped, and at once
            self.ledger.lose(draft)
            raise

    def _lost(self, draft: Exchange, error: httpx.HTTPError) -> Blocked:
        if isinstance(error, CLOSED):
            return Unanswered(draft, "closed", named(error))
        if isinstance(error, httpx.ReadTimeout) and not self.budget.overtime:
            return Unanswered(draft, "late", named(error))
        return Blocked(f"{draft.name} was not answered: {named(error)}")

    def _accuse(self, observer: Observer | None, draft: Exchange, silence: Silence) -> None:
        """Judge what was not answered, as an exchange without an answer."""
        now = time.monotonic()
        number = next(self.numbers)
        lost = replace(draft, number=number, silence=silence, started=now, finished=now)
        self.recorder.judge(lost, observer)

    def _request(self, draft: Exchange) -> httpx.Request:
        """The request as it goes over the wire, with the keys and the headers that no record
        holds: to the target's origin and nowhere else."""
        if urlsplit(draft.url)[:2] != urlsplit(self.base)[:2]:
            raise ForeignOrigin(f"{draft.url} is not of the target {self.base}")
        added = self.config.connection.headers
        names = {name.lower() for name, _ in added}
        own = [pair for pair in draft.headers.items() if pair[0].lower() not in names]
        revealed = [(name, self.credentials.revealed(value)) for name, value in own]
        headers = [(name.encode(), value.encode()) for name, value in (*revealed, *added)]
        url = self.credentials.revealed_in_url(draft.url)
        return self.http.build_request(draft.method, url, headers=headers, content=draft.body)


def trace() -> dict[str, str]:
    """Headers by which a request is found in the logs and traces of a backend: one number, as
    its gateways and as W3C Trace Context have it."""
    number = secrets.token_hex(16)
    return {"x-request-id": number, "traceparent": f"00-{number}-{secrets.token_hex(8)}-01"}

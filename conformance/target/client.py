"""The one way to the target: sends, records, watches, and keeps within the budgets."""

from __future__ import annotations

import itertools
import math
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from dataclasses import replace
from email.utils import parsedate_to_datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy

import httpx

from ..config.settings import Config
from ..judging.coverage import Coverage
from ..judging.exchange import ABSENT, SESSION_ID, Exchange, Json
from ..judging.outcomes import Blocked, Hiccup, Violation
from ..judging.watch import Watch
from .freshness import RULE as FRESH
from .freshness import Freshness
from .interrupt import whole
from .ledger import Book, Ledger
from .limits import GATEWAY_ERRORS, Circuit, Deadline, Pace, Patience, body_of, retry_after

__all__ = ["BEARER", "SWAPPED", "Client", "Listener", "Trespass"]

BEARER = "Bearer $CONFORMANCE_TOKEN"  # how a recorded request shows its credentials
SWAPPED = '$(printf %s "$CONFORMANCE_TOKEN" | tr a-zA-Z A-Za-z)'  # the key with its case swapped
PLACEHOLDER = "conformance"  # a bearer for targets that take any
RETRIES_ON_429 = 8
RETRIES_ON_GATEWAY = 2
LONGEST_WAIT = 120.0  # seconds that the target may ask to be left alone for
FAILURES_TO_TRIP = 5  # unanswered requests in a row, after which the target counts as down
GATEWAY_ERRORS_TO_TRIP = 10  # in a row: a failing agent gives some 502 too, but not them alone
KEEPALIVE = 1.5  # seconds; below every server's usual 5, so that no request meets a closing socket
READING = ("GET", "HEAD", "OPTIONS")
REPEATABLE = ("endChat", "searchCallResults")
CLOSED = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError)

Listener = Callable[[Exchange, list[tuple[str, Violation | None]]], None]


class Trespass(Exception):
    """A fault of the suite: a check would have written to a session that is not the run's."""


class Dropped(Blocked):
    """A connection was closed in the place of an answer."""


class Client:
    """Sends requests to one target. Safe to share between threads."""

    def __init__(self, config: Config, watch: Watch, book: Book) -> None:
        self.config = config
        self.watch = watch
        self.book = book
        self.ledger = Ledger()
        self.coverage = Coverage(watch.contract)
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
        self.pace = Pace(config.rate)
        self.deadline = Deadline(config.max_seconds)
        self.patience = Patience(LONGEST_WAIT)
        self.circuit = Circuit(FAILURES_TO_TRIP, GATEWAY_ERRORS_TO_TRIP)
        self.places = threading.BoundedSemaphore(config.max_concurrency)
        self.requests = 0
        self.most_requests: float = config.max_requests or math.inf
        self.freshness = Freshness()
        self.hiccup = ""  # the last answer that may have been a gateway's, and ended a check
        self.insisting = False  # whether such an answer counts
        self.skew: int | None = None

    def close(self) -> None:
        self.http.close()

    def wind_down(self) -> None:
        """From now on only the ending of sessions is to come, which no limit may keep back."""
        self.most_requests = math.inf
        self.deadline.lift()
        self.circuit.reset()

    def send(self, draft: Exchange, listener: Listener | None = None) -> Exchange:
        """Send, wait out any 429 and a gateway's hiccup, and let the watch look. Blocked when
        no answer comes."""
        busy, failures = 0, 0
        self.freshness.wait(draft)
        with self._admitted(draft):
            while busy < RETRIES_ON_429:
                exchange = self._once(draft)
                if failures < RETRIES_ON_GATEWAY and self._of_a_gateway(exchange):
                    failures += 1
                    continue
                exchange = self._caught_up(draft, exchange, listener)
                self._look(exchange, listener)
                if exchange.status != 429:
                    return exchange
                busy += 1
        raise Blocked(f"{draft.name} was answered 429 {RETRIES_ON_429} times")

    def _once(self, draft: Exchange) -> Exchange:
        """The exchange. RFC 9112, section 9.3.1: a connection may be closed at any time; what is
        safe to repeat is then sent on another one, but a turn, which may still be under way."""
        try:
            return self._on_one_connection(draft)
        except Dropped:
            if draft.operation == "submitMessage" or not _is_repeatable(draft):
                raise
            return self._on_one_connection(draft)

    def _on_one_connection(self, draft: Exchange) -> Exchange:
        self.circuit.check()
        self.deadline.check()
        if self.requests >= self.most_requests:
            raise Blocked(f"the budget of {self.most_requests} requests is used up")
        self.patience.wait(self.deadline)
        self.pace.wait()
        with self.places, whole():
            exchange = self._exchange(draft)
        self._compare_clocks(exchange)
        if exchange.status == 429 or (
            exchange.status == 503 and "retry-after" in exchange.answer_headers
        ):
            self.patience.ask(retry_after(exchange))
        return exchange

    def _of_a_gateway(self, exchange: Exchange) -> bool:
        """Whether the answer may be a gateway's alone, and the request is sent again.

        Raises Hiccup where that is not safe: the check is then run once more at the end of the
        run, when what such a request is answered with counts.
        """
        operation = self.watch.contract.operations.get(exchange.operation or "")
        listed = operation.statuses if operation else frozenset()
        if exchange.operation == "submitMessage" and exchange.status in (502, 503):
            self.patience.ask(retry_after(exchange))
            return True  # a failed turn is not stored, as the contract has it
        if exchange.status not in GATEWAY_ERRORS or exchange.status in listed:
            return False
        if _is_repeatable(exchange):
            self.patience.ask(retry_after(exchange))
            return True
        if self.insisting:
            return False
        self.circuit.note(exchange.status)
        self.hiccup = (
            f"{exchange.name} was answered {exchange.status}, which may be a gateway's alone"
        )
        raise Hiccup(self.hiccup)

    def _caught_up(
        self, draft: Exchange, exchange: Exchange, listener: Listener | None
    ) -> Exchange:
        """The answer, or where it lags behind an earlier one, the first that does no more."""
        if draft.headers.get("authorization") != BEARER:
            return exchange  # another key may see other sessions
        for _ in self.freshness.pauses(exchange):
            later = self._once(draft)
            if not self.freshness.behind(later):
                exchange.broken = (FRESH,)
                if listener:
                    listener(exchange, [(FRESH, self.freshness.late(later))])
                return later
        if exchange.status == 404 and self.freshness.behind(exchange) and listener:
            wanted = "the session, which an answer has told of"
            listener(exchange, [("GET-01", Violation(wanted, exchange.summary))])
        return exchange

    def _look(self, exchange: Exchange, listener: Listener | None) -> None:
        self.circuit.note(exchange.status)
        self.coverage.look(exchange)
        self.freshness.note(exchange)
        seen = self.watch.look(exchange)
        exchange.broken = tuple(rule for rule, violation in seen if violation)
        for rule, _ in seen:
            self.book.saw(rule)
        if listener:
            listener(exchange, seen)

    def _exchange(self, draft: Exchange) -> Exchange:
        """The exchange that a draft becomes, entered in the ledger."""
        exchange = replace(draft, number=next(self.numbers), started=time.monotonic())
        self.requests += 1
        answer, exchange.content = self._answer(draft)
        exchange.finished = time.monotonic()
        exchange.status = answer.status_code
        exchange.answer_headers = {key.lower(): value for key, value in answer.headers.items()}
        self._account(exchange)
        return exchange

    def _compare_clocks(self, exchange: Exchange) -> None:
        """How far the target's clock is ahead, from the first Date that it tells, in whole
        seconds: the header has no finer ones. No rule is judged by it."""
        told = exchange.answer_headers.get("date")
        if self.skew is None and told:
            with suppress(ValueError):
                self.skew = round(parsedate_to_datetime(told).timestamp() - time.time())

    def _answer(self, draft: Exchange) -> tuple[httpx.Response, bytes]:
        """The answer, and its body."""
        try:
            with closing(self.http.send(self._request(draft), stream=True)) as answer:
                return answer, body_of(answer, self.config.timeout, self.deadline)
        except (httpx.InvalidURL, httpx.LocalProtocolError) as error:
            raise Blocked(f"{draft.name} could not be sent: {error}") from error
        except httpx.HTTPError as error:
            self.circuit.note(None)
            self._lose(draft)
            lost = Dropped if isinstance(error, CLOSED) else Blocked
            raise lost(f"{draft.name} was not answered: {_words(error)}") from error
        except BaseException:  # the run is stopped, and at once
            self._lose(draft)
            raise

    def _lose(self, draft: Exchange) -> None:
        """Remember where an open without an answer may have opened a session."""
        if draft.operation == "openChat":
            self.ledger.lost.append(str(draft.sent.get("channel")))

    def _request(self, draft: Exchange) -> httpx.Request:
        headers = [(key.encode(), self._secret(value)) for key, value in draft.headers.items()]
        return self.http.build_request(draft.method, draft.url, headers=headers, content=draft.body)

    def _secret(self, value: str) -> bytes:
        """The header with the real credentials in the place of their names."""
        token = self.config.token or PLACEHOLDER
        value = value.replace(SWAPPED, token.swapcase()).replace("$CONFORMANCE_TOKEN", token)
        value = value.replace("$CONFORMANCE_SECOND_TOKEN", self.config.second_token or "")
        return value.encode()  # as curl sends what is pasted in a shell

    def _admitted(self, draft: Exchange) -> AbstractContextManager[None]:
        """Check what the request may cost and whom it may touch, before it is sent."""
        if draft.method not in READING and SESSION_ID.fullmatch(draft.named):
            self._forbid_trespass(draft.named)
        if draft.operation == "submitMessage":
            self.ledger.take_turn(self.config.max_turns)
        if draft.operation == "openChat":
            return self.ledger.one_open(self.config.max_sessions)
        return nullcontext()

    def _forbid_trespass(self, id: str) -> None:
        if id.lower() in self.ledger.foreign:
            raise Blocked(f"openChat gave {id}, of another channel: it may be somebody else's")
        if not self.ledger.owns(id):
            raise Trespass(f"{id} was not opened by this run, and so is not written to")

    def _account(self, exchange: Exchange) -> None:
        """Enter every session that the target says exists, whatever check asked for it."""
        body = exchange.json
        named = isinstance(body, dict) and isinstance(body.get("id"), str)
        if exchange.operation == "openChat" and not named:
            if exchange.ok or exchange.status >= 500:  # a gateway may not know what it hides
                self.ledger.doubtful.add(str(exchange.sent.get("channel")))
        if not exchange.ok or body is ABSENT or not isinstance(body, dict):
            return
        id = body.get("id")
        if exchange.operation == "openChat" and isinstance(id, str):
            if _is_own(exchange, body):
                self.ledger.note_open(id)
            elif not self.ledger.owns(id):
                self.ledger.foreign.add(id.lower())
        if exchange.operation in ("getChat", "endChat") and body.get("is_final") is True:
            self.ledger.note_final(str(id))


def _is_own(exchange: Exchange, session: Json) -> bool:
    """Whether an open surely gave a session of this run. A duplicate is answered with what is
    there already, which in another channel than ours is somebody else's."""
    sent = exchange.sent
    new = exchange.status == 201 or sent.get("external_id") is None
    return new or session.get("channel") == sent.get("channel")


def _is_repeatable(exchange: Exchange) -> bool:
    """Whether the same request twice does what it does once."""
    keyed = exchange.operation == "submitMessage" and exchange.sent.get("idempotency_key")
    return bool(exchange.method in READING or exchange.operation in REPEATABLE or keyed)


def _words(error: httpx.HTTPError) -> str:
    return f"{type(error).__name__}{f' ({error})' if str(error) else ''}"

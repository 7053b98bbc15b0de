"""Delivery of completion webhooks: from the outbox, with retries on the mock's clock."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from ..domain.clock import Clock
from ..domain.instants import SECOND, format_instant
from ..domain.records import Delivery, LoggedDelivery
from ..domain.store import StoreUnavailable
from ..store.outbox import Outbox
from .faults import DeliveryFaults, Plan
from .sender import NoAnswer, TargetRefused
from .signing import signed_headers

MAX_RETRIES = 3
_MAX_AT_ONCE = 50
_PAUSE_SECONDS = 1.0
# How much longer than its attempt may take a webhook is kept from other mocks.
_CLAIM_MARGIN_SECONDS = 5.0
_log = logging.getLogger(__name__)

# Sends one delivery and gives the receiver's status. Raises NoAnswer or TargetRefused.
Send = Callable[[Delivery], Awaitable[int]]


@dataclass(frozen=True, slots=True)
class Attempt:
    """An attempt that was made: what became of it, the receiver's status or why there is none."""

    delivery: Delivery
    at: int
    outcome: str
    status: int | None
    reason: str | None
    retry_at: int | None


class Dispatcher:
    """Sends what the outbox holds. `backoff` is the wait in seconds before the first retry.

    An attempt takes at most `timeout` seconds; with a `key` each is signed.
    """

    def __init__(
        self,
        outbox: Outbox,
        clock: Clock,
        send: Send,
        backoff: float,
        emit: Callable[..., None] = lambda *_, **__: None,
        key: bytes | None = None,
        faults: DeliveryFaults | None = None,
        timeout: float = 10.0,
    ) -> None:
        self.outbox = outbox
        self.clock = clock
        self.send = send
        self.backoff = backoff
        self.emit = emit
        self.key = key
        self.faults = faults or DeliveryFaults()
        # For how many seconds a webhook is kept from other mocks, with room for a duplicate.
        self.lease = 2 * timeout + _CLAIM_MARGIN_SECONDS
        self._news = asyncio.Event()
        self._sending: dict[int, asyncio.Task[None]] = {}
        self._unrecorded: dict[int, Attempt] = {}

    def notify(self) -> None:
        self._news.set()

    async def run(self) -> None:
        try:
            while True:
                self._news.clear()
                due = None
                try:
                    due = await self.start_due()
                except StoreUnavailable:
                    self._look_again_later()
                await self.clock.wait(self._news, due)
        finally:
            self.forget()

    async def start_due(self) -> int | None:
        """Begin the attempts that are due; the instant at which the next one is."""
        for made in self._unrecorded.values():
            if made.delivery.serial not in self._sending:
                self._start(made.delivery)
        found = await self.outbox.deliveries()
        waiting = [delivery for delivery in found if delivery.serial not in self._sending]
        now = self.clock.now()
        for delivery in waiting:
            if delivery.due <= now and len(self._sending) < _MAX_AT_ONCE:
                self._start(delivery)
        return min((delivery.due for delivery in waiting if delivery.due > now), default=None)

    async def drain(self) -> None:
        """Make every attempt that is due by now, and wait until each is over.

        Raises what kept one from being recorded: it would be due for ever.
        """
        due = await self.outbox.next_due()
        while self._sending or (due is not None and due <= self.clock.now()):
            await self.start_due()
            if self._sending:  # unless another mock was faster
                done, _ = await asyncio.wait([*self._sending.values()])
                for task in done:
                    if not task.cancelled():
                        task.result()
            due = await self.outbox.next_due()

    async def over(self, serial: int) -> None:
        """Wait until the attempt at a delivery that is being made, if any, is over."""
        if task := self._sending.get(serial):
            await asyncio.wait([task])

    def forget(self) -> None:
        for task in self._sending.values():
            task.cancel()

    def restart(self) -> None:
        """Break them off for good: other webhooks may come under their serials."""
        self.forget()
        self.faults.forget()
        self._unrecorded.clear()

    def _start(self, delivery: Delivery) -> None:
        task = asyncio.create_task(self._attempt(delivery))
        self._sending[delivery.serial] = task
        task.add_done_callback(lambda done: self._finish(delivery, done))

    def _finish(self, delivery: Delivery, task: asyncio.Task[None]) -> None:
        self._sending.pop(delivery.serial, None)
        if task.cancelled() or not (error := task.exception()):
            self._news.set()
            return
        if not isinstance(error, StoreUnavailable):  # of which the store tells itself
            _log.error("webhook of session %s: %s", delivery.session_id, error)
        self._look_again_later()

    def _look_again_later(self) -> None:
        asyncio.get_running_loop().call_later(_PAUSE_SECONDS, self._news.set)

    async def _attempt(self, delivery: Delivery) -> None:
        """Make an attempt and record it; one that could not be recorded is not made again."""
        made = self._unrecorded.get(delivery.serial) or await self._make(delivery)
        if made is None:
            return
        self._unrecorded[delivery.serial] = made
        await self.outbox.delivered(delivery.serial, made.outcome, made.retry_at, _entry(made))
        self._unrecorded.pop(delivery.serial, None)
        for serial in self.faults.release():
            await self.outbox.postpone(serial, self.clock.now())
        self._announce(made)

    async def _make(self, delivery: Delivery) -> Attempt | None:
        """Make an attempt, unless another mock does or a fault holds it back."""
        # No plan is made before, for a fault rule may hold for a number of attempts.
        if not await self.outbox.claim(delivery, self.lease):
            return None
        plan = self.faults.plan(delivery.serial, delivery.attempts)
        if plan.hold_ms:
            await self.outbox.postpone(delivery.serial, self.clock.now() + plan.hold_ms * 1000)
            return None
        at = self.clock.now()
        outcome, status, reason = await self._send(delivery, plan)
        return Attempt(delivery, at, outcome, status, reason, self.retry_at(delivery, outcome))

    def _announce(self, attempt: Attempt) -> None:
        """Emit the event of an attempt, and log one that failed."""
        delivery, again = attempt.delivery, attempt.retry_at is not None
        fine = attempt.outcome == "delivered"
        self.emit(
            "delivery.succeeded" if fine else "delivery.failed",
            delivery.session_id,
            status=attempt.status,
            attempt=delivery.attempts + 1,
            will_retry=again,
        )
        if not fine:
            cause = attempt.reason or f"it was answered {attempt.status}"
            future = "will try again" if again else "gives up"
            _log.warning("webhook of session %s: %s; %s", delivery.session_id, cause, future)

    async def _send(self, delivery: Delivery, plan: Plan) -> tuple[str, int | None, str | None]:
        """Send a delivery; the outcome, and the status or why there is none."""
        signed, status = self.signed(delivery, plan), None
        try:
            for _ in range(plan.copies):
                status = await self.send(signed)
        except NoAnswer as cause:
            return classify(None), None, str(cause)
        except TargetRefused as refusal:
            return "refused", None, str(refusal)
        except Exception:  # an attempt that leaves no trace would be made again at once, for ever
            _log.exception("webhook of session %s: cannot be sent", delivery.session_id)
            return "refused", None, "the mock itself is at fault; its log has the cause"
        return classify(status), status, None

    def signed(self, delivery: Delivery, plan: Plan) -> Delivery:
        """The delivery with its id, time and signature beside its own headers."""
        seconds = self.clock.now() // SECOND - plan.age
        headers = signed_headers(
            message_id(delivery), seconds, delivery.payload, self.key, forged=plan.forged
        )
        return replace(delivery, headers={**delivery.headers, **headers})

    def retry_at(self, delivery: Delivery, outcome: str) -> int | None:
        """When to try again: backoff, twice the backoff, four times; None for never."""
        if outcome != "unavailable" or delivery.attempts >= MAX_RETRIES:
            return None
        return self.clock.now() + round(self.backoff * (1 << delivery.attempts) * SECOND)


def message_id(delivery: Delivery | LoggedDelivery) -> str:
    """The id of a delivery, the same over all attempts at it."""
    return f"msg_{delivery.session_id.replace('-', '')}_{delivery.serial}"


def classify(status: int | None) -> str:
    """`delivered` for 2xx, `unavailable` for 5xx and silence, `rejected` for the rest."""
    if status is None or status >= 500:
        return "unavailable"
    return "delivered" if 200 <= status < 300 else "rejected"


def _entry(attempt: Attempt) -> dict[str, object]:
    """An attempt as the delivery log has it."""
    at, reason = format_instant(attempt.at, "micro"), attempt.reason
    entry: dict[str, object] = {"at": at, "status": attempt.status, "outcome": attempt.outcome}
    return {**entry, "reason": reason} if reason else entry

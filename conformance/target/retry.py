"""What becomes of a request that is not answered by the API itself: by a target that is busy, by a
gateway, or not at all. Once it may be a hiccup, reproduced it is a fault."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from ..contract.lifecycle import END, TURN
from ..judging.exchange import Exchange, Silence
from ..judging.outcomes import Blocked, Hiccup
from .circuit import GATEWAY_ERRORS, SILENCES_TO_OPEN, Circuit
from .health import Health
from .pace import Backoff

BUSY_RETRIES = 8
GATEWAY_RETRIES = 2
READING = ("GET", "HEAD", "OPTIONS")
KINDS: dict[Silence, str] = {"closed": "answered", "late": "in-time"}  # of rules on that
AGAIN: dict[Silence, int] = {"closed": 2, "late": 1}  # times that a request is then sent once more
# Bytes of a body that every deployment reads to its end; one that is larger may meet a server
# that closes the connection (RFC 9110, section 15.5.14).
LARGEST_BODY = 64 * 1024

Send = Callable[[Exchange], Exchange]


class Unanswered(Hiccup):
    """A connection was closed in the place of an answer, or none came in time."""

    def __init__(self, draft: Exchange, silence: Silence, words: str) -> None:
        super().__init__(f"{draft.name} was not answered: {words}")
        self.draft = draft
        self.silence = silence


@dataclass
class Retries:
    """How often one request has been sent again."""

    busy: int = 0
    gateway: int = 0


class Retry:
    """Decides, request by request, whether it is sent again, and tells hiccups from faults. A fault
    is what a check meets again when it is run once more, or what an operation gives to so many
    requests in a row, while others are answered."""

    def __init__(self, backoff: Backoff, circuit: Circuit, health: Health) -> None:
        self.backoff = backoff
        self.circuit = circuit
        self.health = health
        self.suspected: set[tuple[str | None, Silence]] = set()
        self.proven: set[tuple[str | None, Silence]] = set()
        self.in_a_row: Counter[str | None] = Counter()  # requests without an answer
        self.hiccup = ""  # the last one that ended a check
        self.insists = False  # whether what was a hiccup counts, since the check is run once more

    def of_busy(self, exchange: Exchange, retries: Retries) -> bool:
        """Whether the target asked to be left alone for a while. Blocked when it goes on so."""
        if exchange.status != 429:
            return False
        retries.busy += 1
        if retries.busy >= BUSY_RETRIES:
            raise Blocked(f"{exchange.name} was answered 429 {BUSY_RETRIES} times")
        return True

    def of_gateway(self, exchange: Exchange, retries: Retries) -> bool:
        """Whether the answer may be a gateway's alone, and the request is sent again.

        Raises Hiccup where that is not safe: the check is then run once more at the end of the
        run, when what such a request is answered with counts. Blocked, without another try,
        where the run has ended because the target is down: it is accused of nothing.
        """
        if self.circuit.first_cause and exchange.status in GATEWAY_ERRORS:
            self.circuit.note(exchange.status)
            raise Blocked(self.circuit.first_cause)
        if retries.gateway >= GATEWAY_RETRIES:
            return False
        if exchange.agent_failed or is_unlisted(exchange):
            if exchange.agent_failed or is_repeatable(exchange):
                self.backoff.ask(exchange)
                retries.gateway += 1
                return True
            if not self.insists:
                self._give_up(exchange)
        return False

    def _give_up(self, exchange: Exchange) -> None:
        self.circuit.note(exchange.status)
        self.hiccup = (
            f"{exchange.name} was answered {exchange.status}, which may be a gateway's alone"
        )
        raise Hiccup(self.hiccup)

    def forget(self) -> None:
        """Count no request that was left unanswered so far."""
        self.in_a_row.clear()
        self.circuit.forgive()

    def note(self, draft: Exchange, *, answered: bool) -> None:
        """Count a request."""
        self.in_a_row[draft.operation] = 0 if answered else self.in_a_row[draft.operation] + 1

    def of_silence(
        self, lost: Unanswered, send: Send, accuse: Callable[[Exchange, Silence], None]
    ) -> Blocked:
        """Why the check is blocked: by a hiccup, or by a fault, of which the first is reported."""
        kind = lost.draft.operation, lost.silence
        if kind not in self.proven:
            if not self._is_fault(lost, send):
                self.suspected.add(kind)
                self.hiccup = str(lost)
                return lost
            self.proven.add(kind)
            accuse(lost.draft, lost.silence)
        if lost.silence == "closed":
            self.circuit.forgive()  # which costs no time
        return Blocked(str(lost), lost.draft.contract.carrier(KINDS[lost.silence]))

    def _is_fault(self, lost: Unanswered, send: Send) -> bool:
        draft = lost.draft
        if draft.operation is None or len(draft.body or b"") > LARGEST_BODY:
            return False
        lasting = self.in_a_row[draft.operation] >= SILENCES_TO_OPEN
        again = (draft.operation, lost.silence) in self.suspected and self.insists
        if not (lasting or again) or not self.health.answers():
            return False
        return lasting or all(_is_lost_again(lost, send) for _ in range(AGAIN[lost.silence]))


def _is_lost_again(lost: Unanswered, send: Send) -> bool:
    """Whether the same request is lost in the same way once more."""
    try:
        send(lost.draft)
    except Unanswered as again:
        return again.silence == lost.silence
    return False


def is_unlisted(exchange: Exchange) -> bool:
    """Whether the answer is of a kind that gateways give, and not one of the operation's."""
    operation = exchange.contract.operations.get(exchange.operation or "")
    listed = operation.statuses if operation else frozenset[int]()
    return exchange.status in GATEWAY_ERRORS and exchange.status not in listed


def is_repeatable(exchange: Exchange) -> bool:
    """Whether the same request twice does what it does once, and is answered alike."""
    if exchange.role == "submit":
        keyed = bool(exchange.sent.get(exchange.resource.key))
        return keyed and exchange.contract.lifecycle.does("remember", TURN)
    if exchange.role == "end":
        return not exchange.contract.refused(exchange.contract.lifecycle.ended, END)
    return exchange.method in READING or exchange.role == "search"

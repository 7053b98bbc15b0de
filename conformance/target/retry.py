"""Which answers have a request sent again: those of a target that is busy, or of a gateway."""

from dataclasses import dataclass

from ..contract.lifecycle import END, TURN
from ..judging.exchange import Exchange
from ..judging.outcomes import Blocked, Hiccup
from .circuit import GATEWAY_ERRORS, Circuit
from .pace import Backoff

BUSY_RETRIES = 8
GATEWAY_RETRIES = 2
READING = ("GET", "HEAD", "OPTIONS")


@dataclass
class Retries:
    """How often one request has been sent again."""

    busy: int = 0
    gateway: int = 0


class Retry:
    """Decides, answer by answer, whether a request is sent again."""

    def __init__(self, backoff: Backoff, circuit: Circuit) -> None:
        self.backoff = backoff
        self.circuit = circuit
        self.hiccup = ""  # the last answer that may have been a gateway's, and ended a check
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
        failed_turn = exchange.role == "submit" and exchange.status in (502, 503)
        if failed_turn or is_unlisted(exchange):
            if failed_turn or is_repeatable(exchange):  # a failed turn is not stored
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

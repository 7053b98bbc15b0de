"""What becomes of a request that is not answered: once it is a hiccup, reproduced it is a fault."""

from collections import Counter
from collections.abc import Callable

from ..judging.exchange import Exchange, Silence
from ..judging.outcomes import Blocked, Hiccup
from .circuit import SILENCES_TO_OPEN, Circuit
from .health import Health
from .retry import Retry

KINDS: dict[Silence, str] = {"closed": "answered", "late": "in-time"}  # of rules
AGAIN: dict[Silence, int] = {"closed": 2, "late": 1}  # times that a request is then sent once more
# Bytes of a body that every deployment reads to its end; one that is larger may meet a server
# that closes the connection (RFC 9110, section 15.5.14).
LARGEST_BODY = 64 * 1024

Send = Callable[[Exchange], Exchange]


class Unanswered(Hiccup):
    """A connection was closed in the place of an answer, or none came in time."""

    def __init__(self, draft: Exchange, silence: Silence, words: str) -> None:
        super().__init__(f"{draft.name} was not answered: {words}")
        self.silence = silence


class Silences:
    """Tells hiccups from faults. A fault is what a check meets again when it is run once more, or
    what an operation gives to so many requests in a row, while others are answered."""

    def __init__(self, retry: Retry, circuit: Circuit, health: Health) -> None:
        self.retry = retry
        self.circuit = circuit
        self.health = health
        self.suspected: set[tuple[str | None, Silence]] = set()
        self.proven: set[tuple[str | None, Silence]] = set()
        self.in_a_row: Counter[str | None] = Counter()

    def forget(self) -> None:
        """Count no request that was left unanswered so far."""
        self.in_a_row.clear()
        self.circuit.forgive()

    def note(self, draft: Exchange, *, answered: bool) -> None:
        """Count a request."""
        self.in_a_row[draft.operation] = 0 if answered else self.in_a_row[draft.operation] + 1

    def cause(
        self,
        draft: Exchange,
        lost: Unanswered,
        send: Send,
        accuse: Callable[[Exchange, Silence], None],
    ) -> Blocked:
        """Why the check is blocked: by a hiccup, or by a fault, of which the first is reported."""
        kind = draft.operation, lost.silence
        if kind not in self.proven:
            if not self._is_fault(draft, lost.silence, send):
                self.suspected.add(kind)
                self.retry.hiccup = str(lost)
                return lost
            self.proven.add(kind)
            accuse(draft, lost.silence)
        if lost.silence == "closed":
            self.circuit.forgive()  # which costs no time
        return Blocked(str(lost), draft.contract.carrier(KINDS[lost.silence]))

    def _is_fault(self, draft: Exchange, silence: Silence, send: Send) -> bool:
        if draft.operation is None or len(draft.body or b"") > LARGEST_BODY:
            return False
        lasting = self.in_a_row[draft.operation] >= SILENCES_TO_OPEN
        again = (draft.operation, silence) in self.suspected and self.retry.insists
        if not (lasting or again) or not self.health.answers():
            return False
        return lasting or all(_is_lost(draft, silence, send) for _ in range(AGAIN[silence]))


def _is_lost(draft: Exchange, silence: Silence, send: Send) -> bool:
    """Whether the same request is lost in the same way once more."""
    try:
        send(draft)
    except Unanswered as lost:
        return lost.silence == silence
    return False

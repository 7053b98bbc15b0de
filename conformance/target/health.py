"""Whether a target as a whole has changed under a run: a key that expired, a restart, a gateway
without anything behind it. Nobody is accused of what such a target answers: the run stops."""

from __future__ import annotations

from collections.abc import Callable

from ..judging.exchange import Exchange
from ..judging.outcomes import Blocked
from .circuit import GATEWAY_ERRORS, Circuit

REFUSED = (401, 403)
Look = Callable[[str], Exchange]


class Health:
    """Looks at the target with requests that nobody judges, `look` by an operation's role, when
    an answer may concern all of it. Begins when the target was seen to be well."""

    def __init__(self, circuit: Circuit, look: Look, find: Callable[[str], Exchange]) -> None:
        self.circuit = circuit
        self.look = look
        self.find = find
        self.watching = False
        self.known: set[tuple[str | None, int]] = set()  # answers that are an operation's own
        self.before: list[str] = []  # sessions that were active when the target went away

    def begin(self) -> None:
        self.watching = True

    def end(self) -> None:
        self.watching = False

    def doubt(self, exchange: Exchange, own: bool) -> None:
        """Blocked, from now on, where an answer is that of the whole target."""
        kind = (exchange.operation, exchange.status)
        if not self.watching or not own or kind in self.known:
            return
        if exchange.status in REFUSED and self._all(REFUSED):
            self._stop(
                f"the target no longer accepts the suite's key ({exchange.status}), which it did"
                " before: has it expired? --token-command renews one"
            )
        if exchange.status in GATEWAY_ERRORS and self._all(GATEWAY_ERRORS):
            self._stop(f"the target is down in the middle of the run: it answers {exchange.status}")
        if exchange.status == 429 and self._all((429,)):
            self._stop("the target answers everything 429; --rate lowers the pace")
        self.known.add(kind)

    def gone(self, active: list[str]) -> None:
        """A connection was refused or lost."""
        if self.watching and not self.before:
            self.before = active[-1:]

    def back(self) -> None:
        """An answer came. Blocked where the sessions of before are no more."""
        before, self.before = self.before, []
        if self.watching and before and self.find(before[0]).status == 404:
            self._stop("the target has lost its sessions in the middle of the run: a restart?")

    def answers(self) -> bool:
        """Whether an operation that only reads is answered, while another is not."""
        return self.watching and not self._all(GATEWAY_ERRORS)

    def _all(self, statuses: tuple[int, ...]) -> bool:
        """Whether every operation that only reads is answered so, or not at all."""
        for role in ("list", "search"):
            try:
                if self.look(role).status not in statuses:
                    return False
            except Blocked:
                continue
        return True

    def _stop(self, cause: str) -> None:
        self.circuit.open(cause)
        raise Blocked(cause)

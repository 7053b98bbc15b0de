"""Whether a target as a whole has changed under a run: a key that expired, a restart, a gateway
without anything behind it. Nobody is accused of what such a target answers: the run stops."""

from collections.abc import Callable, Container

from ..judging.exchange import Exchange
from ..judging.outcomes import Blocked, shown
from .circuit import GATEWAY_ERRORS, Circuit

Look = Callable[[str], Exchange]
Sign = Callable[[Exchange], bool]


def _answers(statuses: Container[int]) -> Sign:
    return lambda exchange: exchange.status in statuses


is_of_gateway = _answers(GATEWAY_ERRORS)

# What no operation that only reads is answered by the API itself, and what that means of all.
SIGNS: tuple[tuple[Sign, str], ...] = (
    (
        _answers((401, 403)),
        "the target no longer accepts the suite's key ({status}), which it did before: has it"
        " expired? --token-command renews one",
    ),
    (is_of_gateway, "the target is down in the middle of the run: it answers {status}"),
    (_answers((429,)), "the target answers everything 429; --rate lowers the pace"),
    (
        _answers(range(300, 400)),
        "the target redirects everything to {location} in the middle of the run: has a login at"
        " a gateway expired? See --header",
    ),
    (
        _answers((404,)),
        "the target has nothing at its paths in the middle of the run (404): a gateway whose"
        " backend is being replaced?",
    ),
    (
        lambda exchange: exchange.is_page,
        "the target answers everything with a web page in the middle of the run ({status}): a"
        " login, or a notice of maintenance?",
    ),
)


class Health:
    """Looks at the target with requests that nobody judges, `look` by an operation's role and
    `find` by a session's id, when an answer may concern all of it. Begins when the target was seen
    to be well."""

    def __init__(self, circuit: Circuit) -> None:
        self.circuit = circuit
        self.watching = False
        # Answers that are an operation's own.
        self.known: set[tuple[str | None, int, str, bool]] = set()
        self.stopped: tuple[Sign, str] | None = None  # by what, and why
        self.before: list[str] = []  # sessions that were active when the target went away

    def begin(self, look: Look, find: Look) -> None:
        self.look, self.find = look, find
        self.watching = True

    def end(self) -> None:
        self.watching = False

    def doubt(self, exchange: Exchange, own: bool) -> None:
        """Blocked, from now on, where an answer is that of the whole target, whichever key was
        sent for this one: the suite's `own` or not."""
        if self.stopped and self.stopped[0](exchange):  # what ends the sessions is told so, too
            raise Blocked(self.stopped[1])
        kind = (exchange.operation, exchange.status, exchange.media_type, own)
        if not self.watching or kind in self.known:
            return
        for holds, cause in SIGNS:
            if holds(exchange) and self._all(holds):
                location = shown(exchange.answer_headers.get("location", "nowhere"))
                self.stopped = holds, cause.format(status=exchange.status, location=location)
                self._stop(self.stopped[1])
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
        return self.watching and not self._all(is_of_gateway)

    def _all(self, holds: Sign) -> bool:
        """Whether every operation that only reads is answered so, or not at all."""
        for role in ("list", "search"):
            try:
                if not holds(self.look(role)):
                    return False
            except Blocked:
                continue
        return True

    def _stop(self, cause: str) -> None:
        self.circuit.open(cause)
        raise Blocked(cause)

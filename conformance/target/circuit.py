"""Stops a run that a target no longer answers."""

import threading

from ..judging.outcomes import Blocked

# Of gateways: RFC 9110, and what Cloudflare says of an origin that is down or late.
GATEWAY_ERRORS = (502, 503, 504, *range(520, 528), 530)
SILENCES_TO_OPEN = 5  # unanswered requests in a row, after which the target counts as down
GATEWAY_ERRORS_TO_OPEN = 10  # in a row: a failing agent gives some 502 too, but not them alone


class Circuit:
    """Opens when the target looks down, and then lets nothing more through: after so many
    requests in a row without an answer, or answered by a gateway alone."""

    def __init__(self) -> None:
        self.most_silences, self.most_gateway_errors = SILENCES_TO_OPEN, GATEWAY_ERRORS_TO_OPEN
        self.lock = threading.Lock()
        self.first_cause = ""  # also after it was closed again
        self.close()

    def close(self) -> None:
        self.opened = ""
        self.silences = 0
        self.gateway_errors = 0

    def open(self, cause: str) -> None:
        """Let nothing more through, for this cause."""
        self.opened = self.opened or cause
        self.first_cause = self.first_cause or cause

    def forgive(self) -> None:
        """Count no request that was left unanswered so far."""
        with self.lock:
            self.silences = 0

    def note(self, status: int | None) -> None:
        """What a request was answered; None for nothing. An open circuit stays open, whatever
        requests that were under way are answered."""
        with self.lock:
            if self.cause:
                return
            self.silences = self.silences + 1 if status is None else 0
            self.gateway_errors = self.gateway_errors + 1 if status in GATEWAY_ERRORS else 0

    @property
    def cause(self) -> str:
        """Why the circuit is open, empty while it is closed."""
        if self.opened:
            return self.opened
        if self.silences >= self.most_silences:
            return f"the target left {self.silences} requests in a row unanswered"
        if self.gateway_errors >= self.most_gateway_errors:
            return f"the target answered {self.gateway_errors} requests in a row 502, 503 or alike"
        return ""

    def check(self) -> None:
        """Blocked when the circuit is open."""
        if cause := self.cause:
            self.first_cause = self.first_cause or cause
            raise Blocked(cause)

"""The faults that the mock can play, and how a request asks for one."""

from collections.abc import Mapping
from dataclasses import dataclass

from ..problems.kinds import Problem
from ..problems.violations import quote, violation
from .preferences import parse_preferences

DELAY_LIMIT = 60_000
_SERVER_ERRORS = (500, 599)
_RETRY_AFTER = (0, 86_400)
_OPTIONS = {"status": "SERVER_ERROR", "retry-after": "RATE_LIMIT"}  # each of one fault

# The first four are WireMock's.
CALL_FAULTS: Mapping[str, str] = {
    "EMPTY_RESPONSE": "closes the connection without a byte",
    "MALFORMED_RESPONSE_CHUNK": "sends status 200, then garbage, and closes",
    "RANDOM_DATA_THEN_CLOSE": "sends garbage and closes",
    "CONNECTION_RESET_BY_PEER": "resets the connection (TCP RST)",
    "TIMEOUT": "gives no answer, and closes after the delay or a minute",
    "SLOW_DRIP": "lets the body trickle over the delay, or two seconds",
    "TRUNCATED_BODY": "closes the connection in the middle of the body",
    "SERVER_ERROR": "answers 500, or the status given",
    "RATE_LIMIT": "answers 429 with Retry-After",
    "COMMIT_THEN_DROP": "carries the request out and closes without an answer",
}

# What can go wrong with the deliveries of a webhook.
WEBHOOK_FAULTS: Mapping[str, str] = {
    "DUPLICATE": "sends it twice, under one id",
    "LATE": "sends it after the delay on the mock's clock, or a minute",
    "REORDER": "holds it until the next one is sent, or the delay, or a minute",
    "BAD_SIGNATURE": "signs it with another secret",
    "STALE_TIMESTAMP": "dates and signs it one hour before",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """What is to go wrong; no name for a delay alone. `retry_after` in seconds."""

    name: str | None = None
    delay_ms: int | None = None
    status: int = 500
    retry_after: int = 1


def read_fault(fault: str | None, delay: str | None) -> Fault | None:
    """The fault in X-Mock-Fault and X-Mock-Delay, or None. Raises Problem for an unknown one."""
    delay_ms = None
    if delay is not None:
        delay_ms = _number(delay, (0, DELAY_LIMIT), "X-Mock-Delay", "milliseconds")
    if fault is None:
        return None if delay_ms is None else Fault(delay_ms=delay_ms)
    name, given = next(iter(parse_preferences([fault]).items()), ("", None))
    if given is None or name.upper() not in CALL_FAULTS:
        detail = f"wanted one of {', '.join(CALL_FAULTS)}, got {quote(fault)}"
        raise _unusable("X-Mock-Fault", detail)
    options = given.parameters
    for option in options:
        if option not in _OPTIONS:
            detail = f"wanted the options {' and '.join(_OPTIONS)}, got {quote(option)}"
            raise _unusable("X-Mock-Fault", detail)
        if name.upper() != _OPTIONS[option]:
            detail = f"wanted it with the fault {_OPTIONS[option]} alone, got {quote(name)}"
            raise _unusable(f"X-Mock-Fault/{option}", detail)
    status, wait = options.get("status", "500"), options.get("retry-after", "1")
    return Fault(
        name.upper(),
        delay_ms,
        _number(status, _SERVER_ERRORS, "X-Mock-Fault/status", "a 5xx status"),
        _number(wait, _RETRY_AFTER, "X-Mock-Fault/retry-after", "seconds"),
    )


def _number(text: str, bounds: tuple[int, int], place: str, unit: str) -> int:
    digits = text.strip()
    if digits.isascii() and digits.isdigit() and len(digits) <= 9:
        if bounds[0] <= (number := int(digits)) <= bounds[1]:
            return number
    wanted = f"wanted {unit} from {bounds[0]} to {bounds[1]}, got {quote(text)}"
    raise _unusable(place, wanted)


def _unusable(place: str, detail: str) -> Problem:
    errors = [violation("header", f"/{place}", detail)]
    return Problem(
        "unusable-fault", f"The header {place.partition('/')[0]}: {detail}.", errors=errors
    )

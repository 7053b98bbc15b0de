"""Schemathesis' own checks of every response, reported under rules of the contract."""

from collections.abc import Iterator
from typing import Any

from schemathesis import Case, Response, checks
from schemathesis.errors import FailureGroup

from ..judging.exchange import Exchange
from ..judging.outcomes import Violation

# Those that look at one response and send nothing. Server errors are the watch's: the check
# for them repeats some requests, and reports a 502 that the contract lists.
CHECKS = [
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_headers_conformance,
    checks.response_schema_conformance,
]
BODY_RULES = {
    "create": "SES-05",
    "read": "SES-05",
    "end": "SES-05",
    "list": "LIST-01",
    "submit": "TURN-01",
    "search": "FIN-03",
}


def failures_of(
    case: Case[Any], response: Response, exchange: Exchange
) -> Iterator[tuple[str, Violation]]:
    """Every failure, with the rule it belongs to; failures of no rule are left out."""
    try:
        case.validate_response(response, checks=CHECKS)
    except FailureGroup as group:
        for failure in group.exceptions:
            rule = rule_of(failure.code, exchange)
            if rule:
                yield rule, _violation(failure)


def rule_of(code: str, exchange: Exchange) -> str | None:
    """The rule of a failure code (`st explain CODE` describes each)."""
    if code == "ST103":
        return "HTTP-01"
    if code in ("ST104", "ST105", "ST106"):
        return "HTTP-03" if exchange.ok else "ERR-01"
    if code == "ST107":
        return "AUTH-04" if exchange.status == 401 else None
    if code in ("ST108", "ST111"):
        return BODY_RULES[str(exchange.role)] if exchange.ok else "ERR-01"
    return "HTTP-12" if code in ("ST109", "ST110") else None


def _violation(failure: Any) -> Violation:
    lines = [line.strip() for line in failure.message.splitlines() if line.strip()]
    return Violation(f"a response without {failure.code} ({failure.title})", " ".join(lines)[:300])

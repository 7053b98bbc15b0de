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


def rule_of(code: str, exchange: Exchange) -> str:
    """The rule of a failure code, empty for none (`st explain CODE` describes each)."""
    told = exchange.contract.carrier
    if code == "ST103":
        return told("listed-status")
    if code in ("ST104", "ST105", "ST106"):
        return told("json" if exchange.ok else "problem")
    if code == "ST107":
        return told("challenged") if exchange.status == 401 else ""
    if code in ("ST108", "ST111"):
        return _of_body(exchange) if exchange.ok else told("problem")
    return told("well-formed") if code in ("ST109", "ST110") else ""


def _of_body(exchange: Exchange) -> str:
    if exchange.gives_session:
        return exchange.contract.carrier("rest")
    kind = "result" if exchange.role == "submit" else "page"
    return exchange.contract.carrier(kind, str(exchange.role))


def _violation(failure: Any) -> Violation:
    lines = [line.strip() for line in failure.message.splitlines() if line.strip()]
    return Violation(f"a response without {failure.code} ({failure.title})", " ".join(lines)[:300])

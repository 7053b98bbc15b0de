import pytest

from conformance.contract.rules import Rule
from conformance.judging.outcomes import Outcome
from conformance.judging.verdict import EXIT_CODES, USAGE_ERROR, judge

RULES = {
    level: Rule(level, level, "explicit", "get", ("getChat",), "A rule.")
    for level in ("MUST", "SHOULD", "MAY")
}


@pytest.mark.parametrize(
    ("outcomes", "lenient", "strict"),
    [
        ({"MUST": "pass"}, "conformant", "conformant"),
        ({"MUST": "pass", "SHOULD": "warn"}, "conformant", "non-conformant"),
        ({"MUST": "pass", "MAY": "observed"}, "conformant", "conformant"),
        ({"MUST": "pass", "SHOULD": "not-selected"}, "conformant", "conformant"),
        ({"MUST": "not-applicable", "SHOULD": "pass"}, "conformant", "conformant"),
        ({"MUST": "fail"}, "non-conformant", "non-conformant"),
        ({"MUST": "fail", "SHOULD": "error"}, "non-conformant", "non-conformant"),
        ({"MUST": "fail", "SHOULD": "not-run"}, "non-conformant", "non-conformant"),
        ({"MUST": "error"}, "harness-fault", "harness-fault"),
        ({"MUST": "pass", "MAY": "error"}, "harness-fault", "harness-fault"),
        ({"MUST": "not-run", "SHOULD": "error"}, "harness-fault", "harness-fault"),
        ({"MUST": "error", "SHOULD": "warn"}, "harness-fault", "non-conformant"),
        ({"MUST": "not-run", "SHOULD": "pass"}, "inconclusive", "inconclusive"),
        ({"MUST": "pass", "SHOULD": "not-run"}, "conformant", "inconclusive"),
        ({"SHOULD": "warn"}, "conformant", "non-conformant"),
        ({"MUST": "not-selected"}, "inconclusive", "inconclusive"),
        ({"MUST": "not-applicable"}, "inconclusive", "inconclusive"),
        ({"MAY": "observed"}, "inconclusive", "inconclusive"),
        ({}, "inconclusive", "inconclusive"),
    ],
)
def test_the_verdict_on(outcomes: dict[str, Outcome], lenient: str, strict: str) -> None:
    told = {id: (outcome, "") for id, outcome in outcomes.items()}
    assert judge(RULES, told) == lenient
    assert judge(RULES, told, strict=True) == strict


def test_every_verdict_has_an_exit_code_of_its_own() -> None:
    assert sorted([*EXIT_CODES.values(), USAGE_ERROR]) == [0, 1, 2, 3, 4]

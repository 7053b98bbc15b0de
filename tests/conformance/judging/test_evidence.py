from conformance.judging.evidence import FINDINGS_KEPT, Evidence, Finding


def test_evidence_is_counted_by_rule() -> None:
    evidence = Evidence()
    for rule in ("END-01", "END-02", "END-01"):
        evidence.count(rule)
    assert evidence.evaluated == {"END-01": 2, "END-02": 1}


def test_the_first_findings_are_kept_and_the_rest_counted() -> None:
    evidence = Evidence()
    for number in range(10):
        evidence.add(Finding("END-01", "a final session", f"sight {number}"))
    kept = evidence.findings["END-01"]
    assert [finding.actual for finding in kept] == [f"sight {n}" for n in range(FINDINGS_KEPT)]
    assert sum(finding.count for finding in kept) == 10


def test_the_last_outcome_of_a_rule_stands() -> None:
    evidence = Evidence()
    evidence.settle("END-01", "pass")
    evidence.settle("END-01", "not-run", "no session")
    assert evidence.outcomes == {"END-01": ("not-run", "no session")}

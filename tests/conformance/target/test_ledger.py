from conformance.judging.findings import Finding
from conformance.target.ledger import FINDINGS_KEPT, Book, Ledger


def test_evidence_is_counted_by_rule() -> None:
    book = Book()
    for rule in ("END-01", "END-02", "END-01"):
        book.saw(rule)
    assert book.evaluated == {"END-01": 2, "END-02": 1}


def test_the_first_findings_are_kept_and_the_rest_counted() -> None:
    book = Book()
    for number in range(10):
        book.add(Finding("END-01", "a final session", f"sight {number}"))
    kept = book.findings["END-01"]
    assert [finding.actual for finding in kept] == [f"sight {n}" for n in range(FINDINGS_KEPT)]
    assert sum(finding.count for finding in kept) == 10


def test_the_last_outcome_of_a_rule_stands() -> None:
    book = Book()
    book.settle("END-01", "pass")
    book.settle("END-01", "not-run", "no session")
    assert book.outcomes == {"END-01": ("not-run", "no session")}


def test_a_session_is_left_open_until_it_was_seen_final() -> None:
    ledger = Ledger(9, 9)
    ledger.note_open("aa")
    ledger.note_open("bb")
    ledger.note_final("aa")
    assert ledger.left_open == ["bb"]


def test_a_session_is_spelt_as_it_was_first_seen() -> None:
    ledger = Ledger(9, 9)
    ledger.note_open("ABCD")
    ledger.note_open("abcd")
    assert ledger.left_open == ["ABCD"]
    ledger.note_final("abcd")
    assert ledger.left_open == []

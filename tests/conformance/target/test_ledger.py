from conformance.target.ledger import Ledger


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

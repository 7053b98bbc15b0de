from collections.abc import Callable
from pathlib import Path

import pytest

from conformance.judging.exchange import Exchange
from conformance.judging.outcomes import Blocked
from conformance.target.ledger import Ledger
from conformance.target.ledger_file import LedgerFile, read_ledger

ID = "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10"


def test_a_session_is_left_open_until_it_was_seen_final() -> None:
    ledger = Ledger(9, 9)
    ledger.note_open("aa")
    ledger.note_open("bb")
    ledger.note_final("aa")
    assert ledger.left_open == ["bb"]


def test_a_session_that_may_go_on_is_left_open_again(tmp_path: Path) -> None:
    ledger, path = Ledger(9, 9), tmp_path / "ledger"
    ledger.file = LedgerFile(path, "conf-0123abcd", "http://target", str)
    ledger.note_open(ID.upper())
    ledger.note_final(ID)
    ledger.reopen(ID)
    ledger.file.close(keep=True)
    ledger.file = None
    assert ledger.left_open == read_ledger(path).left_open == [ID.upper()]
    ledger.note_final(ID)
    assert ledger.left_open == []


def test_a_session_is_spelt_as_it_was_first_seen() -> None:
    ledger = Ledger(9, 9)
    ledger.note_open(ID.upper())
    ledger.note_open(ID)
    assert ledger.left_open == [ID.upper()]
    ledger.note_final(ID)
    assert ledger.left_open == []


def test_an_id_that_is_no_uuid_is_another_in_another_case() -> None:
    ledger = Ledger(9, 9)
    ledger.note_open("chat_aB")
    assert ledger.owns("chat_aB")
    assert not ledger.owns("chat_Ab")


def test_opens_under_way_count_in_the_budget(exchange: Callable[..., Exchange]) -> None:
    ledger, draft = Ledger(1, 1), exchange("openChat")
    with ledger.admit(draft, ""):
        with pytest.raises(Blocked, match="budget of 1 sessions"):
            with ledger.admit(draft, ""):
                pass
    with ledger.admit(draft, ""):
        pass

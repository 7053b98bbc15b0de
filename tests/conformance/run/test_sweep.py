import json
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from conformance.config.settings import UsageError
from conformance.target.ledger_file import (
    LedgerFile,
    default_path,
    ledger_files,
    read_ledger,
    unlocked,
)

Make = Callable[..., Any]
RUN = "conf-0123abcd"
OTHER_RUN = "conf-ffffffff"


@pytest.fixture
def ledger_file(tmp_path: Path) -> Iterator[LedgerFile]:
    made = LedgerFile(tmp_path / "ledger.jsonl", RUN, "http://t.test")
    yield made
    made.file.close()


def test_what_is_noted_can_be_read_while_the_run_lives(ledger_file: LedgerFile) -> None:
    """A UUID is one in either case; any other id is what it is, letter for letter."""
    id = "3F0C9F4E-6A51-4D0B-9E58-1F7A6C2D8B10"
    for opened in (id, "bbbb"):
        ledger_file.note_open(opened)
    for final in (id.lower(), "BBBB"):
        ledger_file.note_final(final)
    record = read_ledger(ledger_file.path)
    assert (record.run, record.target, record.left_open) == (RUN, "http://t.test", ["bbbb"])


def test_a_line_that_was_cut_short_is_passed_over(ledger_file: LedgerFile) -> None:
    ledger_file.note_open("aaaa")
    with ledger_file.path.open("a") as file:
        file.write('{"opened": "bb')
    assert read_ledger(ledger_file.path).left_open == ["aaaa"]


def test_the_ledger_goes_with_the_run_unless_it_is_needed(tmp_path: Path) -> None:
    for keep in (True, False):
        path = tmp_path / f"{keep}.jsonl"
        LedgerFile(path, RUN, "http://t.test").close(keep=keep)
        assert path.exists() is keep


def test_the_ledger_of_an_earlier_run_is_not_written_over(ledger_file: LedgerFile) -> None:
    with pytest.raises(UsageError, match=f"sweep --ledger {ledger_file.path}"):
        LedgerFile(ledger_file.path, "conf-99999999", "http://t.test")


def test_a_ledger_that_cannot_be_written_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    asked = ("--target", "http://127.0.0.1:1", "--ledger", str(tmp_path / "file" / "ledger.jsonl"))
    command = [sys.executable, "-m", "conformance", *asked]
    told = subprocess.run(command, capture_output=True, text=True)
    assert told.returncode == 2
    assert re.fullmatch("conformance: cannot write the ledger .*\n", told.stderr)


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"run": "x", "target": "y"}', "\x00"])
def test_a_file_that_is_no_ledger_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "ledger.jsonl"
    path.write_text(text)
    with pytest.raises(UsageError, match="no ledger of a run"):
        read_ledger(path)


def test_a_live_run_holds_its_ledger(ledger_file: LedgerFile) -> None:
    with unlocked(ledger_file.path) as free:
        assert not free
    ledger_file.file.close()
    with unlocked(ledger_file.path) as free:
        assert free


def test_ledgers_are_kept_in_the_users_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert ledger_files() == []
    LedgerFile(default_path(RUN), RUN, "http://t.test").close(keep=True)
    assert ledger_files() == [tmp_path / "adjourn" / "ledgers" / f"{RUN}.jsonl"]


def opened(mock: Any, channel: str) -> str:
    body = {"agent_id": "agent-echo", "channel": channel}
    id: str = mock.post("/api/v1/chats", json=body).raise_for_status().json()["id"]
    return id


def is_final(mock: Any, id: str) -> bool:
    final: bool = mock.get(f"/api/v1/chats/{id}").json()["is_final"]
    return final


def ledger(path: Path, mock: Any, *lines: dict[str, str]) -> str:
    head = {"run": RUN, "target": mock.url}
    path.write_text("".join(json.dumps(line) + "\n" for line in (head, *lines)))
    return str(path)


def test_a_killed_run_is_swept_and_nobody_else(
    begin: Make, suite: Make, mock: Any, eventually: Make, tmp_path: Path
) -> None:
    strangers = [opened(mock, "web"), opened(mock, f"{OTHER_RUN}-1"), opened(mock, "conf-web-1")]
    before = {session["id"] for session in mock.sessions()}
    cache = {"XDG_CACHE_HOME": str(tmp_path)}
    process, wait = begin("--rate", "30", target=mock, **cache)
    eventually(lambda: len(mock.sessions()) >= len(before) + 4)
    process.kill()
    wait()
    (file,) = (tmp_path / "adjourn" / "ledgers").iterdir()
    left = {session["id"] for session in mock.sessions()} - before
    assert left

    swept = suite("sweep", "--target", mock.url, **cache)
    assert swept.code == 0
    assert set(re.findall(r"^ended     (\S+)$", swept.out, re.MULTILINE)) == left
    assert {session["id"] for session in mock.sessions()} == before
    assert f"1 active of {OTHER_RUN}, left alone" in swept.out
    assert not file.exists()
    assert not any(is_final(mock, id) for id in strangers)

    again = suite("sweep", "--target", mock.url, **cache)
    assert "0 ended, 0 were final" in again.out
    for id in strangers:
        mock.post(f"/api/v1/chats/{id}/end", json={})


def test_a_run_that_ends_its_sessions_leaves_no_ledger(
    suite: Make, mock: Any, tmp_path: Path
) -> None:
    file = tmp_path / "ledger.jsonl"
    ended = suite("--rule", "END-01", "--ledger", str(file), target=mock)
    assert ended.code == 0
    assert not file.exists()


def test_a_live_run_is_left_alone(
    begin: Make, suite: Make, mock: Any, eventually: Make, tmp_path: Path
) -> None:
    cache = {"XDG_CACHE_HOME": str(tmp_path)}
    process, wait = begin("--rate", "5", target=mock, **cache)
    files = eventually(lambda: list(tmp_path.glob("adjourn/ledgers/*")))
    eventually(lambda: b'"opened"' in files[0].read_bytes())
    # Stopped meanwhile: what it went on to open, it would end at five requests a second too.
    process.send_signal(signal.SIGSTOP)
    swept = suite("sweep", "--target", mock.url, **cache)
    named = suite("sweep", "--target", mock.url, "--run", files[0].stem, **cache)
    assert process.poll() is None
    assert f"alive     {files[0].stem}" in swept.out
    assert "0 ended" in swept.out
    assert (named.code, "still alive" in named.err) == (2, True)
    process.send_signal(signal.SIGINT)
    process.send_signal(signal.SIGCONT)
    wait()
    assert not files[0].exists()


def test_a_named_run_is_swept_by_its_tag_when_its_ledger_is_lost(ask: Make, mock: Any) -> None:
    mine, derived = opened(mock, f"{RUN}-7"), opened(mock, f"{RUN}-7-other")
    longer, other = opened(mock, f"{RUN}0-7"), opened(mock, f"{OTHER_RUN}-7")
    swept = ask("sweep", "--target", mock.url, "--run", RUN)
    assert swept.code == 0
    assert [is_final(mock, id) for id in (mine, derived, longer, other)] == [
        True,
        True,
        False,
        False,
    ]
    for id in (longer, other):
        mock.post(f"/api/v1/chats/{id}/end", json={})


def test_a_ledger_names_its_target_and_its_sessions(ask: Make, mock: Any, tmp_path: Path) -> None:
    id, done = opened(mock, "any"), opened(mock, "any")
    mock.post(f"/api/v1/chats/{done}/end", json={})
    gone = "00000000-0000-4000-8000-000000000001"
    lines = [{"opened": each} for each in (id, done, gone)]
    file = ledger(tmp_path / "ledger.jsonl", mock, *lines)
    swept = ask("sweep", "--ledger", file)
    assert swept.code == 0
    assert f"ended     {id}" in swept.out
    assert "1 ended, 2 were final or gone already" in swept.out
    assert is_final(mock, id)


def test_a_ledger_of_another_target_is_a_usage_error(ask: Make, mock: Any, tmp_path: Path) -> None:
    file = ledger(tmp_path / "ledger.jsonl", mock)
    swept = ask("sweep", "--ledger", file, "--target", "http://127.0.0.1:9")
    assert swept.code == 2
    assert "mean nothing" in swept.err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "--target says where"),
        (("--target", "https://staging.test"), "--allow-writes consents"),
        (("--target", "http://127.0.0.1:9", "--run", "web"), "no tag of a run"),
    ],
)
def test_what_cannot_be_swept_is_a_usage_error(
    ask: Make, words: tuple[str, ...], told: str
) -> None:
    swept = ask("sweep", *words)
    assert swept.code == 2
    assert told in swept.err


def test_a_target_that_cannot_be_asked_keeps_the_ledger(ask: Make, tmp_path: Path) -> None:
    file = tmp_path / "ledger.jsonl"
    head = {"run": RUN, "target": "http://127.0.0.1:9"}
    file.write_text(json.dumps(head) + '\n{"opened": "00000000-0000-4000-8000-000000000001"}\n')
    swept = ask("sweep", "--ledger", str(file))
    assert swept.code == 3
    assert file.exists()

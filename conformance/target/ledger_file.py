"""The ledger of a run on disk, so that what a crashed run left open can be found and ended.

One JSON object a line, only ever appended: first the run, then each session as it is opened
and as it is seen final.
"""

import json
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from ..config.files import cache_directory, read_text
from ..config.settings import UsageError
from ..contract.ids import canonical

try:
    import fcntl
except ImportError:  # Windows, where a live run cannot be told from a dead one
    fcntl = None  # type: ignore[assignment]

TAG = re.compile(r"conf-[0-9a-f]{8}")  # how a run names itself, and begins its channels


def default_path(run: str) -> Path:
    """Where a run keeps its ledger unless told otherwise: in the user's cache directory."""
    return _directory() / f"{run}.jsonl"


def ledger_files() -> list[Path]:
    """Every ledger in the user's cache directory, the oldest first."""
    return sorted(_directory().glob("conf-*.jsonl"), key=lambda path: path.stat().st_mtime)


class LedgerFile:
    """The file of a live run, locked as long as the run lives. A line is with the operating
    system before `write` returns, so that it survives the death of the process."""

    def __init__(
        self, path: Path, run: str, target: str, conceal: Callable[[str], str] = str
    ) -> None:
        self.path = path
        self.conceal = conceal
        self.lock = threading.Lock()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size:
                raise UsageError(
                    f"{path} holds the sessions of an earlier run; end them first:"
                    f" adjourn-conformance sweep --ledger {path}"
                )
            self.file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise UsageError(
                f"cannot write the ledger {path}: {error.strerror}; --ledger names another file"
            ) from error
        _lock(self.file)
        now = datetime.now(UTC).isoformat(timespec="seconds")
        self._append({"run": run, "target": target, "started": now})

    def note_open(self, id: str) -> None:
        self._append({"opened": self.conceal(id)})

    def note_final(self, id: str) -> None:
        self._append({"final": self.conceal(id)})

    def close(self, *, keep: bool) -> None:
        """Unlock the file, and remove it unless it is still needed."""
        if not keep:
            self.path.unlink(missing_ok=True)
        self.file.close()

    def _append(self, entry: dict[str, str]) -> None:
        with self.lock:
            self.file.write(json.dumps(entry) + "\n")
            self.file.flush()


@dataclass
class LedgerRecord:
    """A ledger as it was found, with the ids left open in the target's own spelling."""

    path: Path
    run: str
    target: str
    left_open: list[str]


def read_ledger(path: Path) -> LedgerRecord:
    """Read a ledger. A last line that the crash cut short is passed over. Raises UsageError
    for a file that is no ledger."""
    try:
        entries = list(_entries(read_text(path, "the ledger", "check --ledger")))
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is no ledger of a run: {error}") from error
    head = entries[0] if entries else {}
    if not TAG.fullmatch(str(head.get("run"))) or "target" not in head:
        raise UsageError(f"{path} is no ledger of a run: its first line names no run and target")
    left: dict[str, str] = {}
    for entry in entries[1:]:
        if "opened" in entry:
            left.setdefault(canonical(entry["opened"]), entry["opened"])
        if "final" in entry:
            left.pop(canonical(entry["final"]), None)
    return LedgerRecord(path, head["run"], head["target"], [*left.values()])


@contextmanager
def unlocked(path: Path) -> Iterator[bool]:
    """Whether no live run holds the ledger; if so, none can take it within the block."""
    with path.open("a", encoding="utf-8") as file:
        yield _lock(file)


def _entries(text: str) -> Iterator[dict[str, str]]:
    for line in text.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            return
        if isinstance(entry, dict) and all(isinstance(value, str) for value in entry.values()):
            yield entry


def _lock(file: IO[str]) -> bool:
    if fcntl is None:
        return True
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _directory() -> Path:
    return cache_directory() / "ledgers"

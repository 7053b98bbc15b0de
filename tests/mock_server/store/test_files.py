"""Files of --db: made, brought up to date, or refused and left as they are."""

import os
import shutil
import sqlite3
from contextlib import contextmanager
from pathlib import Path

import pytest

from mock_server.domain.store import StoreError
from mock_server.store.opening import embedded_store
from mock_server.store.sqlite import migration
from mock_server.store.sqlite.database import SqliteDatabase
from tests.mock_server.store.rows import final, finish, session

# What takes the tables back to what they were at first.
FIRST = """
DROP INDEX one_active_session_per_endpoint;
DROP INDEX sessions_by_state;
ALTER TABLE sessions ADD COLUMN is_final INTEGER NOT NULL DEFAULT 0;
UPDATE sessions SET is_final = 1 WHERE state = 'final';
ALTER TABLE sessions DROP COLUMN state;
ALTER TABLE sessions DROP COLUMN holds;
ALTER TABLE sessions DROP COLUMN members;
CREATE UNIQUE INDEX one_active_session_per_endpoint
    ON sessions (sandbox, channel, external_hash)
    WHERE NOT is_final AND external_hash IS NOT NULL;
CREATE INDEX sessions_by_state ON sessions (sandbox, is_final, last_activity, activity);
"""

FIRST_TABLES = Path(__file__).parent / "first" / "sqlite.sql"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state.db"


@pytest.fixture
def kept(path, run):
    """A file with a session and a call result."""
    with opened(path) as store:
        run(store.sessions.insert(session(1, external_hash="h")))
        finish(run, store, 2)
    return path


@contextmanager
def opened(path):
    """A sandbox's store in a file, which is closed afterwards."""
    database = SqliteDatabase(path)
    try:
        yield embedded_store(database, "default")
    finally:
        database.connection.close()


def pragma(path, *statements):
    """What the last of some pragmas gives."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        return [connection.execute(f"PRAGMA {one}").fetchone() for one in statements][-1]
    finally:
        connection.close()


def folder(path):
    """All files beside one, with what they hold."""
    return {one.name: one.read_bytes() for one in path.parent.iterdir() if one.is_file()}


def refused(path, *words):
    """The file is refused with these words, and nothing is written to it or beside it."""
    before = folder(path)
    with pytest.raises(StoreError) as told:
        SqliteDatabase(path)
    assert folder(path) == before
    for word in (str(path), *words):
        assert word in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_says_whose_it_is_and_of_what_version(kept):
    assert pragma(kept, "application_id")[0] == migration.APPLICATION_ID
    assert pragma(kept, "user_version")[0] == migration.version()


@pytest.mark.parametrize("application", [0, migration.APPLICATION_ID])
def test_a_file_of_before_there_were_states_is_taken_over(kept, run, application):
    connection = sqlite3.connect(kept)
    connection.executescript(FIRST)
    connection.close()
    pragma(kept, f"application_id = {application}", f"user_version = {application and 1}")
    with opened(kept) as store:
        assert run(store.sessions.get("s1")) == session(1, external_hash="h")
        assert run(store.sessions.get("s2")) == final(2)
        assert not run(store.sessions.insert(session(3, external_hash="h")))
    assert pragma(kept, "application_id")[0] == migration.APPLICATION_ID
    assert pragma(kept, "user_version")[0] == migration.version()


def test_the_first_tables_become_those_of_a_new_file(tmp_path):
    new, old = tmp_path / "new.db", tmp_path / "old.db"
    connection = sqlite3.connect(old)
    connection.executescript(FIRST_TABLES.read_text("utf-8"))
    connection.close()
    for path in (new, old):
        with opened(path):
            pass
    assert pragma(old, "user_version") == pragma(new, "user_version")
    assert shape(old) == shape(new)


def shape(path):
    """The columns and the indexes of a file's tables."""
    columns = (
        "SELECT s.name, c.name, c.type FROM sqlite_schema s, pragma_table_info(s.name) c "
        "WHERE s.type = 'table'"
    )
    indexes = "SELECT name, sql FROM sqlite_schema WHERE sql NOT NULL AND type = 'index'"
    connection = sqlite3.connect(path)
    try:
        found = {*connection.execute(columns)}
        return found, {(name, " ".join(sql.split())) for name, sql in connection.execute(indexes)}
    finally:
        connection.close()


def test_an_older_file_is_brought_up_to_date_once(kept, run, monkeypatch):
    newer = migration.version() + 2
    added = "ALTER TABLE sessions ADD COLUMN mood TEXT DEFAULT 'calm'"
    renamed = "ALTER TABLE sessions RENAME COLUMN mood TO temper"
    monkeypatch.setattr(migration, "MIGRATIONS", (*migration.MIGRATIONS, added, renamed))
    for _ in range(2):
        with opened(kept) as store:
            assert run(store.tables.row("SELECT temper FROM sessions"))["temper"] == "calm"
            assert run(store.sessions.count()) == 2
    assert pragma(kept, "user_version")[0] == newer
    monkeypatch.undo()
    refused(kept, "a newer Adjourn wrote it", f"version {newer}", "upgrade Adjourn")


def test_an_update_that_fails_leaves_the_older_file(kept, run, monkeypatch):
    broken = ("ALTER TABLE sessions ADD COLUMN mood TEXT", "ALTER TABLE elsewhere ADD COLUMN a")
    monkeypatch.setattr(migration, "MIGRATIONS", (*migration.MIGRATIONS, *broken))
    with pytest.raises(StoreError, match="no such table"):
        SqliteDatabase(kept)
    monkeypatch.undo()
    with opened(kept) as store:
        assert run(store.sessions.count()) == 2


def foreign(path, *statements):
    connection = sqlite3.connect(path, isolation_level=None)
    for statement in statements:
        connection.execute(statement)
    connection.close()


TABLE = "CREATE TABLE sessions (id TEXT)"


@pytest.mark.parametrize(
    "make",
    [
        lambda path: path.write_text("name,age\n"),
        lambda path: path.write_bytes(b"SQLite format 3\x00"),
        lambda path: foreign(path, TABLE),
        lambda path: foreign(path, TABLE, "PRAGMA application_id = 7"),
        lambda path: foreign(path, "PRAGMA user_version = 7"),
        lambda path: foreign(path, "PRAGMA journal_mode = WAL", TABLE),
    ],
)
def test_a_file_of_others_is_never_written_to(path, make):
    make(path)
    refused(path, "no file of this mock", "another path")


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="there are no pipes here")
@pytest.mark.parametrize("make", [Path.mkdir, os.mkfifo, lambda path: path.symlink_to("/dev/zero")])
def test_what_is_no_file_is_refused_at_once(path, make):
    make(path)
    with pytest.raises(StoreError, match=r"state\.db: it is no regular file; give --db"):
        SqliteDatabase(path)


def test_tables_that_only_the_log_of_others_holds_are_found(path, tmp_path):
    """As a process leaves them that was killed before it wrote them into the file."""
    original = tmp_path / "original"
    original.mkdir()
    connection = sqlite3.connect(original / "state.db", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute(TABLE)
    for name in ("state.db", "state.db-wal"):
        shutil.copy(original / name, tmp_path / name)
    connection.close()
    before = path.read_bytes()
    with pytest.raises(StoreError, match="no file of this mock"):
        SqliteDatabase(path)
    assert path.read_bytes() == before


def overwrite(path, place):
    with path.open("r+b") as file:
        file.seek(place)
        file.write(os.urandom(4096))


@pytest.mark.parametrize("place", [100, 4096, 3 * 4096])
def test_a_damaged_file_is_told_at_the_start(kept, place):
    overwrite(kept, place)
    with pytest.raises(StoreError, match=r"state\.db: it is damaged: .*; restore a copy") as told:
        SqliteDatabase(kept)
    assert "\n" not in str(told.value)


@pytest.mark.parametrize("older", [False, True])
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("DROP TABLE messages", "no table messages"),
        ("DROP TABLE outbox", "no table outbox"),
        ("ALTER TABLE sessions RENAME COLUMN agent_id TO agent", "no column sessions.agent_id"),
        ("ALTER TABLE replies RENAME COLUMN last TO latest", "no column replies.last"),
        ("DROP INDEX outbox_by_due", "no index outbox_by_due"),
    ],
)
def test_a_file_that_lacks_a_part_is_told_at_the_start(kept, older, change, words):
    foreign(kept, change)
    if older:
        foreign(kept, "ALTER TABLE sessions DROP COLUMN members", "PRAGMA user_version = 2")
    refused(kept, "it is damaged", words, "restore a copy")


def test_a_file_that_is_cut_off_is_told_at_the_start(kept):
    os.truncate(kept, 2 * 4096)
    with pytest.raises(StoreError, match="it is damaged"):
        SqliteDatabase(kept)


def test_the_look_through_a_large_file_has_an_end(kept, monkeypatch):
    monkeypatch.setattr(migration, "_CHECK_SECONDS", -1.0)
    monkeypatch.setattr(migration, "_CHECK_STEPS", 1)
    with opened(kept):
        pass


def test_a_file_is_opened_as_later_pythons_have_it(path, monkeypatch):
    opens = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda database, /, **options: opens(database, **options)
    )
    for _ in "made", "looked into":
        with opened(path):
            pass

"""What the shared store promises to several mocks beside what each store does."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from mock_server.domain.records import SessionQuery
from mock_server.domain.session import Message, Session
from mock_server.domain.store import StoreError
from mock_server.store.opening import shared_store
from mock_server.store.postgres import migration
from mock_server.store.postgres.database import PostgresDatabase
from tests.mock_server.store.rows import final, finish, session
from tests.postgres import PASSWORD, USER

# What takes the tables back to what they were at first.
FIRST = """
DROP TABLE adjourn_schema;
DROP INDEX adjourn_one_active_session_per_endpoint;
DROP INDEX adjourn_sessions_by_state;
ALTER TABLE adjourn_sessions ADD COLUMN is_final BOOLEAN NOT NULL DEFAULT false;
UPDATE adjourn_sessions SET is_final = (state = 'final');
ALTER TABLE adjourn_sessions DROP COLUMN state;
ALTER TABLE adjourn_sessions DROP COLUMN holds;
ALTER TABLE adjourn_sessions DROP COLUMN members;
CREATE UNIQUE INDEX adjourn_one_active_session_per_endpoint
    ON adjourn_sessions (sandbox, adjourn_digest(channel), adjourn_digest(external_hash))
    WHERE NOT is_final AND external_hash IS NOT NULL;
CREATE INDEX adjourn_sessions_by_state
    ON adjourn_sessions (sandbox, is_final, last_activity, activity)
"""

FIRST_TABLES = Path(__file__).parent / "first" / "postgres.sql"


@pytest.fixture
def run():
    with asyncio.Runner() as runner:
        yield runner.run


@pytest.fixture(scope="module")
def database(postgres):
    return postgres.create()


@pytest.fixture
def url(postgres, database):
    """An empty database."""
    postgres.empty(database, "postgres")
    return postgres.url(database)


@pytest.fixture
def two(url, run):
    """One sandbox as two mocks see it."""
    databases = PostgresDatabase(url), PostgresDatabase(url)
    for database in databases:
        run(database.start())
    yield tuple(shared_store(database, "default") for database in databases)
    for database in databases:
        run(database.close())


def webhook(store):
    return store.outbox.enqueue("s1", "http://x/", {}, {"a": 1}, 5)


def test_a_webhook_is_claimed_by_one(two, run):
    async def scene():
        for _ in range(20):
            await webhook(two[0])
        seen = [delivery for store in two for delivery in await store.outbox.deliveries()]
        claims = [two[n // 20].outbox.claim(delivery, 60) for n, delivery in enumerate(seen)]
        assert sum(await asyncio.gather(*claims)) == 20
        for store in two:
            assert await store.outbox.deliveries() == []
            assert await store.outbox.next_due() is None

    run(scene())


def test_a_claim_lapses_with_its_time(two, run):
    async def scene():
        one, other = two
        await webhook(one)
        (delivery,) = await one.outbox.deliveries()
        assert await one.outbox.claim(delivery, 0.2)
        assert not await other.outbox.claim(delivery, 0.2)
        await asyncio.sleep(0.25)
        assert await other.outbox.deliveries() == [delivery]
        assert await other.outbox.claim(delivery, 0.2)

    run(scene())


@pytest.mark.parametrize("retry_at", [None, 6])
def test_what_another_mock_has_tried_since_is_not_claimed(two, run, retry_at):
    async def scene():
        one, other = two
        serial = await webhook(one)
        (delivery,) = await other.outbox.deliveries()
        assert await one.outbox.claim(delivery, 60)
        await one.outbox.delivered(serial, "unavailable", retry_at)
        assert not await other.outbox.claim(delivery, 60)

    run(scene())


def test_a_sandbox_that_another_mock_uses_is_not_forgotten(two, run):
    async def scene():
        one, other = two
        for store in two:
            await store.image.touch()
        await one.sessions.insert(Session("s1", "a", "web", None, 1, 1, "active"))
        await asyncio.sleep(0.2)
        await other.image.touch()
        assert not await one.image.abandon(0.2)
        assert await one.sessions.count() == 1
        await asyncio.sleep(0.2)
        assert await one.image.abandon(0.2)
        assert await one.sessions.count() == 0
        assert await other.image.abandon(0.2)

    run(scene())


def test_of_two_that_fill_the_empty_state_at_once_one_does(two, run):
    async def scene():
        await two[0].sessions.insert(Session("s1", "a", "web", None, 1, 1, "active"))
        rows = await two[0].image.dump()
        await two[0].image.load({})
        filling = [store.image.add(rows, only_if_empty=True) for store in two * 5]
        assert sorted(await asyncio.gather(*filling)) == [False] * 9 + [True]
        assert await two[0].sessions.count() == 1

    run(scene())


def test_what_is_read_at_once_agrees(two, run):
    """A transcript and its session, a page and its total, while another mock writes."""

    async def writing():
        for number in range(60):
            said = tuple(Message("assistant", "x", 1) for _ in range(number % 3))
            await two[0].sessions.insert(
                Session(f"s{number}", "a", "web", None, 1, 1, "active", messages=said)
            )

    async def reading(writer):
        while not writer.done():
            page, total = await two[1].sessions.page(SessionQuery(0, 100, state="active"))
            assert len(page) == total
            assert all(len(one.messages) == one.message_count for one in page)
            image = await two[1].image.dump()
            counted = sum(row["message_count"] for row in image["sessions"])
            assert counted == len(image["messages"])

    async def scene():
        writer = asyncio.create_task(writing())
        await reading(writer)
        await writer

    run(scene())


def test_two_that_replace_the_state_at_once_do_so_one_after_the_other(two, run):
    async def scene():
        await two[0].sessions.insert(Session("s1", "a", "web", None, 1, 1, "active"))
        image = await two[0].image.dump()
        await asyncio.gather(*(store.image.load(image) for store in two * 5))
        assert await two[0].sessions.count() == 1

    run(scene())


def test_many_mocks_make_the_tables_at_once(url, postgres):
    with ThreadPoolExecutor(8) as pool:
        assert len([*pool.map(PostgresDatabase, [url] * 8)]) == 8


def version_in(postgres, database):
    return postgres.run("SELECT version FROM adjourn_schema", database)


def test_a_database_says_of_what_version_its_tables_are(url, postgres, database):
    PostgresDatabase(url)
    assert version_in(postgres, database) == [(migration.version(),)]


def test_tables_of_before_there_were_states_are_taken_over(two, run, url, postgres, database):
    run(two[0].sessions.insert(session(1, external_hash="h")))
    finish(run, two[0], 2)
    for statement in FIRST.split(";"):
        postgres.run(statement, database)
    PostgresDatabase(url)
    assert version_in(postgres, database) == [(migration.version(),)]
    assert run(two[0].sessions.get("s1")) == session(1, external_hash="h")
    assert run(two[0].sessions.get("s2")) == final(2)
    assert not run(two[0].sessions.insert(session(3, external_hash="h")))


def test_the_first_tables_become_those_of_a_new_database(url, postgres, database):
    PostgresDatabase(url)
    new = shape(postgres, database)
    postgres.empty(database, "postgres")
    postgres.run(FIRST_TABLES.read_text("utf-8"), database)
    PostgresDatabase(url)
    assert version_in(postgres, database) == [(migration.version(),)]
    assert shape(postgres, database) == new


def shape(postgres, database):
    """The columns and the indexes of a database's tables."""
    ours = "WHERE table_schema = 'public'"
    columns = f"SELECT table_name, column_name, data_type FROM information_schema.columns {ours}"
    indexes = "SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'"
    return {*postgres.run(columns, database)}, {*postgres.run(indexes, database)}


def test_older_tables_are_brought_up_to_date_once(url, postgres, database, monkeypatch):
    PostgresDatabase(url)
    newer = migration.version() + 2
    added = "ALTER TABLE adjourn_sessions ADD COLUMN mood TEXT"
    renamed = "ALTER TABLE adjourn_sessions RENAME COLUMN mood TO temper"
    monkeypatch.setattr(migration, "MIGRATIONS", (*migration.MIGRATIONS, added, renamed))
    for _ in range(2):
        PostgresDatabase(url)
    assert version_in(postgres, database) == [(newer,)]
    assert postgres.run("SELECT temper FROM adjourn_sessions", database) == []
    monkeypatch.undo()
    refused(url, "a newer Adjourn", f"version {newer}", "upgrade Adjourn")
    assert version_in(postgres, database) == [(newer,)]


def test_tables_of_others_are_left_alone(url, postgres, database):
    postgres.run("CREATE TABLE adjourn_sessions (id TEXT)", database)
    refused(url, "adjourn_sessions", "not of this mock", "schema of its own")
    tables = "SELECT tablename FROM pg_tables WHERE schemaname = 'public'"
    assert postgres.run(tables, database) == [("adjourn_sessions",)]


def test_a_database_that_takes_no_writes_is_told_at_the_start(url):
    refused(f"{url}&options=-cdefault_transaction_read_only%3Don", "read-only", "make it writable")


def refused(url, *words):
    with pytest.raises(StoreError) as told:
        PostgresDatabase(url)
    for word in words:
        assert word in str(told.value)


def test_a_user_who_may_only_use_the_tables_can(postgres, database, url):
    PostgresDatabase(url)
    for kind in ("TABLES", "SEQUENCES"):
        postgres.run(f"GRANT ALL ON ALL {kind} IN SCHEMA public TO {USER}", database)
    postgres.run(f"GRANT USAGE ON SCHEMA public TO {USER}", database)
    PostgresDatabase(postgres.url(database, f"{USER}:{PASSWORD}"))


@pytest.mark.parametrize(
    ("login", "options", "words"),
    [
        (f"{USER}:{PASSWORD}", "", ["permission denied", "grant it"]),
        ("postgres", "ENCODING 'LATIN1' LOCALE 'C'", ["UTF8"]),
    ],
)
def test_a_database_that_cannot_be_used_is_told(postgres, login, options, words):
    name = postgres.create(options=options)
    with pytest.raises(StoreError) as told:
        PostgresDatabase(postgres.url(name, login))
    assert PASSWORD not in str(told.value)
    for word in [name, *words]:
        assert word in str(told.value)

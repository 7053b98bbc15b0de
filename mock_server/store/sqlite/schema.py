"""The tables of the embedded store, and the statement that changes a session."""

SCHEMA = """
CREATE TABLE sessions (
    sandbox         TEXT NOT NULL,
    id              TEXT NOT NULL,
    agent_id        TEXT NOT NULL,
    channel         TEXT NOT NULL,
    external_hash   TEXT,
    ttl_seconds     INTEGER,
    additional_data TEXT NOT NULL,
    members         TEXT NOT NULL,
    created         INTEGER NOT NULL,
    last_activity   INTEGER NOT NULL,
    activity        INTEGER NOT NULL,
    expires         INTEGER,
    cursor          INTEGER NOT NULL,
    message_count   INTEGER NOT NULL,
    state           TEXT NOT NULL,
    holds           INTEGER NOT NULL,
    final_reason    TEXT,
    finished        INTEGER,
    PRIMARY KEY (sandbox, id)
);
CREATE UNIQUE INDEX one_active_session_per_endpoint
    ON sessions (sandbox, channel, external_hash)
    WHERE holds AND external_hash IS NOT NULL;
CREATE INDEX sessions_by_state
    ON sessions (sandbox, state, last_activity, activity);
CREATE INDEX sessions_by_activity
    ON sessions (sandbox, last_activity, activity);
CREATE INDEX sessions_by_expiry
    ON sessions (sandbox, expires) WHERE expires IS NOT NULL;

CREATE TABLE messages (
    sandbox    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    position   INTEGER NOT NULL,
    role       TEXT NOT NULL,
    content    TEXT,
    tool_calls TEXT,
    time       INTEGER NOT NULL,
    PRIMARY KEY (sandbox, session_id, position)
) WITHOUT ROWID;

CREATE TABLE replies (
    sandbox    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    key        TEXT NOT NULL,
    first      INTEGER NOT NULL,
    last       INTEGER NOT NULL,
    state      TEXT NOT NULL,
    PRIMARY KEY (sandbox, session_id, key)
) WITHOUT ROWID;

CREATE TABLE call_results (
    sandbox    TEXT NOT NULL,
    call_id    TEXT NOT NULL,
    agent_id   TEXT NOT NULL,
    status     TEXT NOT NULL,
    endpoint   TEXT,
    completed  INTEGER NOT NULL,
    visible    INTEGER NOT NULL,
    serial     INTEGER NOT NULL,
    document   TEXT NOT NULL,
    PRIMARY KEY (sandbox, call_id)
);
CREATE INDEX call_results_by_time
    ON call_results (sandbox, completed, serial, agent_id, visible);

CREATE TABLE audit (
    serial     INTEGER PRIMARY KEY,
    sandbox    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    time       INTEGER NOT NULL,
    event      TEXT NOT NULL,
    note       TEXT
);
CREATE INDEX audit_by_session ON audit (sandbox, session_id);

CREATE TABLE outbox (
    serial     INTEGER PRIMARY KEY,
    sandbox    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    url        TEXT NOT NULL,
    headers    TEXT NOT NULL,
    payload    TEXT NOT NULL,
    attempts   INTEGER NOT NULL,
    due        INTEGER,
    outcome    TEXT NOT NULL,
    log        TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX outbox_by_due ON outbox (sandbox, due) WHERE due IS NOT NULL;
"""

# What takes the tables of each version, from the first on, to the next. Files of before versions
# were counted hold those of the first.
MIGRATIONS: tuple[str, ...] = (
    # Of a session that is final or not, its state.
    """
DROP INDEX one_active_session_per_endpoint;
DROP INDEX sessions_by_state;
ALTER TABLE sessions ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
ALTER TABLE sessions ADD COLUMN holds INTEGER NOT NULL DEFAULT 1;
UPDATE sessions SET state = 'final', holds = 0 WHERE is_final;
ALTER TABLE sessions DROP COLUMN is_final;
CREATE UNIQUE INDEX one_active_session_per_endpoint
    ON sessions (sandbox, channel, external_hash)
    WHERE holds AND external_hash IS NOT NULL;
CREATE INDEX sessions_by_state
    ON sessions (sandbox, state, last_activity, activity)
""",
    "ALTER TABLE sessions ADD COLUMN members TEXT NOT NULL DEFAULT '{}'",
)

UPDATE_SESSION = (
    "UPDATE sessions SET last_activity = :last_activity, "
    "activity = coalesce(:activity, activity), expires = :expires, cursor = :cursor, "
    "message_count = message_count + :added, state = :state, holds = :holds, "
    "final_reason = :final_reason, finished = :finished "
    "WHERE sandbox = :sandbox AND id = :id AND state = :was "
    "AND (:overdue_at IS NULL OR expires < :overdue_at) "
    "AND message_count = coalesce(:seen, message_count)"
)

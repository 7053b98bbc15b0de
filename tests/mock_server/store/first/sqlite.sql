-- The tables of version 1, as they were. No change of the tables changes this file.
CREATE TABLE IF NOT EXISTS sessions (
    sandbox         TEXT NOT NULL,
    id              TEXT NOT NULL,
    agent_id        TEXT NOT NULL,
    channel         TEXT NOT NULL,
    external_hash   TEXT,
    ttl_seconds     INTEGER,
    additional_data TEXT NOT NULL,
    created         INTEGER NOT NULL,
    last_activity   INTEGER NOT NULL,
    activity        INTEGER NOT NULL,
    expires         INTEGER,
    cursor          INTEGER NOT NULL,
    message_count   INTEGER NOT NULL,
    is_final        INTEGER NOT NULL,
    final_reason    TEXT,
    finished        INTEGER,
    PRIMARY KEY (sandbox, id)
);
CREATE UNIQUE INDEX IF NOT EXISTS one_active_session_per_endpoint
    ON sessions (sandbox, channel, external_hash)
    WHERE NOT is_final AND external_hash IS NOT NULL;
CREATE INDEX IF NOT EXISTS sessions_by_state
    ON sessions (sandbox, is_final, last_activity, activity);
CREATE INDEX IF NOT EXISTS sessions_by_activity
    ON sessions (sandbox, last_activity, activity);
CREATE INDEX IF NOT EXISTS sessions_by_expiry
    ON sessions (sandbox, expires) WHERE expires IS NOT NULL;

CREATE TABLE IF NOT EXISTS messages (
    sandbox    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    position   INTEGER NOT NULL,
    role       TEXT NOT NULL,
    content    TEXT,
    tool_calls TEXT,
    time       INTEGER NOT NULL,
    PRIMARY KEY (sandbox, session_id, position)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS replies (
    sandbox    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    key        TEXT NOT NULL,
    first      INTEGER NOT NULL,
    last       INTEGER NOT NULL,
    state      TEXT NOT NULL,
    PRIMARY KEY (sandbox, session_id, key)
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS call_results (
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
CREATE INDEX IF NOT EXISTS call_results_by_time
    ON call_results (sandbox, completed, serial, agent_id, visible);

CREATE TABLE IF NOT EXISTS audit (
    serial     INTEGER PRIMARY KEY,
    sandbox    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    time       INTEGER NOT NULL,
    event      TEXT NOT NULL,
    note       TEXT
);
CREATE INDEX IF NOT EXISTS audit_by_session ON audit (sandbox, session_id);

CREATE TABLE IF NOT EXISTS outbox (
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
CREATE INDEX IF NOT EXISTS outbox_by_due ON outbox (sandbox, due) WHERE due IS NOT NULL;

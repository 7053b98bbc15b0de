"""The tables of the shared store, and the statements on sessions."""

# Their names have a prefix, for others may have tables in the same database.
SCHEMA = """
CREATE SEQUENCE adjourn_activity;

-- What an index is made from has no limit in length, an entry of an index has.
CREATE FUNCTION adjourn_digest(value TEXT) RETURNS BYTEA LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT sha256(convert_to(value, 'UTF8')) $$;

CREATE TABLE adjourn_sandboxes (
    sandbox TEXT PRIMARY KEY,
    used    TIMESTAMPTZ NOT NULL
);

CREATE TABLE adjourn_sessions (
    sandbox         TEXT NOT NULL,
    id              TEXT NOT NULL,
    agent_id        TEXT NOT NULL,
    channel         TEXT NOT NULL,
    external_hash   TEXT,
    ttl_seconds     BIGINT,
    additional_data TEXT NOT NULL,
    members         TEXT NOT NULL,
    created         BIGINT NOT NULL,
    last_activity   BIGINT NOT NULL,
    activity        BIGINT NOT NULL DEFAULT nextval('adjourn_activity'),
    expires         BIGINT,
    cursor          BIGINT NOT NULL,
    message_count   BIGINT NOT NULL,
    state           TEXT NOT NULL,
    holds           BOOLEAN NOT NULL,
    final_reason    TEXT,
    finished        BIGINT,
    PRIMARY KEY (sandbox, id)
);
CREATE UNIQUE INDEX adjourn_one_active_session_per_endpoint
    ON adjourn_sessions (sandbox, adjourn_digest(channel), adjourn_digest(external_hash))
    WHERE holds AND external_hash IS NOT NULL;
CREATE INDEX adjourn_sessions_by_state
    ON adjourn_sessions (sandbox, state, last_activity, activity);
CREATE INDEX adjourn_sessions_by_activity
    ON adjourn_sessions (sandbox, last_activity, activity);
CREATE INDEX adjourn_sessions_by_expiry
    ON adjourn_sessions (sandbox, expires) WHERE expires IS NOT NULL;

CREATE TABLE adjourn_messages (
    sandbox    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    position   BIGINT NOT NULL,
    role       TEXT NOT NULL,
    content    TEXT,
    tool_calls TEXT,
    time       BIGINT NOT NULL,
    PRIMARY KEY (sandbox, session_id, position)
);

CREATE TABLE adjourn_replies (
    sandbox    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    key        TEXT NOT NULL,
    first      BIGINT NOT NULL,
    last       BIGINT NOT NULL,
    state      TEXT NOT NULL,
    PRIMARY KEY (sandbox, session_id, key)
);

CREATE TABLE adjourn_call_results (
    sandbox   TEXT NOT NULL,
    call_id   TEXT NOT NULL,
    agent_id  TEXT NOT NULL,
    status    TEXT NOT NULL,
    endpoint  TEXT,
    completed BIGINT NOT NULL,
    visible   BIGINT NOT NULL,
    serial    BIGINT NOT NULL DEFAULT nextval('adjourn_activity'),
    document  TEXT NOT NULL,
    PRIMARY KEY (sandbox, call_id)
);
CREATE INDEX adjourn_call_results_by_time ON adjourn_call_results (sandbox, completed, serial);

CREATE TABLE adjourn_audit (
    serial     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sandbox    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    time       BIGINT NOT NULL,
    event      TEXT NOT NULL,
    note       TEXT
);
CREATE INDEX adjourn_audit_by_session ON adjourn_audit (sandbox, session_id);

CREATE TABLE adjourn_outbox (
    serial     BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sandbox    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    url        TEXT NOT NULL,
    headers    TEXT NOT NULL,
    payload    TEXT NOT NULL,
    attempts   BIGINT NOT NULL,
    due        BIGINT,
    outcome    TEXT NOT NULL,
    log        TEXT NOT NULL DEFAULT '[]',
    -- Until then the mock that claimed it may be sending it; by the database's clock.
    claimed    TIMESTAMPTZ
);
CREATE INDEX adjourn_outbox_by_due ON adjourn_outbox (sandbox, due) WHERE due IS NOT NULL;
"""

# The table that holds the version of the others, in one row.
VERSIONED = "CREATE TABLE adjourn_schema (version INTEGER NOT NULL)"
# What takes the tables of each version, from the first on, to the next.
MIGRATIONS: tuple[str, ...] = (
    # Of a session that is final or not, its state.
    """
DROP INDEX adjourn_one_active_session_per_endpoint;
DROP INDEX adjourn_sessions_by_state;
ALTER TABLE adjourn_sessions ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
ALTER TABLE adjourn_sessions ADD COLUMN holds BOOLEAN NOT NULL DEFAULT true;
UPDATE adjourn_sessions SET state = 'final', holds = false WHERE is_final;
ALTER TABLE adjourn_sessions DROP COLUMN is_final;
CREATE UNIQUE INDEX adjourn_one_active_session_per_endpoint
    ON adjourn_sessions (sandbox, adjourn_digest(channel), adjourn_digest(external_hash))
    WHERE holds AND external_hash IS NOT NULL;
CREATE INDEX adjourn_sessions_by_state
    ON adjourn_sessions (sandbox, state, last_activity, activity)
""",
    "ALTER TABLE adjourn_sessions ADD COLUMN members TEXT NOT NULL DEFAULT '{}'",
)

# A session `s` with four arrays of its transcript, and how each sandbox sees its own.
WITH_TRANSCRIPT = (
    "LEFT JOIN LATERAL (SELECT array_agg(role ORDER BY position) AS role, "
    "array_agg(content ORDER BY position) AS content, "
    "array_agg(time ORDER BY position) AS time, "
    "array_agg(tool_calls ORDER BY position) AS tool_calls FROM adjourn_messages m "
    "WHERE m.sandbox = s.sandbox AND m.session_id = s.id) t ON true"
)
SELECT_SESSION = (
    f"SELECT s.*, t.* FROM adjourn_sessions s {WITH_TRANSCRIPT} WHERE s.sandbox = %(sandbox)s"
)
UPDATE_SESSION = (
    "UPDATE adjourn_sessions SET last_activity = %(last_activity)s, "
    "activity = CASE WHEN %(added)s > 0 THEN nextval('adjourn_activity') ELSE activity END, "
    "expires = %(expires)s, cursor = %(cursor)s, message_count = message_count + %(added)s, "
    "state = %(state)s, holds = %(holds)s, "
    "final_reason = %(final_reason)s, finished = %(finished)s "
    "WHERE sandbox = %(sandbox)s AND id = %(id)s AND state = %(was)s "
    "AND (%(overdue_at)s::bigint IS NULL OR expires < %(overdue_at)s::bigint) "
    "AND message_count = coalesce(%(seen)s::bigint, message_count) "
    "RETURNING message_count"
)

-- The tables of version 1, as they were. No change of the tables changes this file.
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
    created         BIGINT NOT NULL,
    last_activity   BIGINT NOT NULL,
    activity        BIGINT NOT NULL DEFAULT nextval('adjourn_activity'),
    expires         BIGINT,
    cursor          BIGINT NOT NULL,
    message_count   BIGINT NOT NULL,
    is_final        BOOLEAN NOT NULL DEFAULT false,
    final_reason    TEXT,
    finished        BIGINT,
    PRIMARY KEY (sandbox, id)
);
CREATE UNIQUE INDEX adjourn_one_active_session_per_endpoint
    ON adjourn_sessions (sandbox, adjourn_digest(channel), adjourn_digest(external_hash))
    WHERE NOT is_final AND external_hash IS NOT NULL;
CREATE INDEX adjourn_sessions_by_state
    ON adjourn_sessions (sandbox, is_final, last_activity, activity);
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

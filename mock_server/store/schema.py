"""The tables of every store, and how older ones are brought up to date.

What stands in braces each database says in its own words.
"""

from collections.abc import Mapping

TABLES = """
CREATE TABLE {prefix}sessions (
    sandbox         TEXT NOT NULL,
    id              TEXT NOT NULL,
    agent_id        TEXT NOT NULL,
    channel         TEXT NOT NULL,
    external_hash   TEXT,
    ttl_seconds     {number},
    additional_data TEXT NOT NULL,
    members         TEXT NOT NULL,
    created         {number} NOT NULL,
    last_activity   {number} NOT NULL,
    activity        {counted},
    expires         {number},
    cursor          {number} NOT NULL,
    message_count   {number} NOT NULL,
    state           TEXT NOT NULL,
    holds           {truth} NOT NULL,
    final_reason    TEXT,
    finished        {number},
    PRIMARY KEY (sandbox, id)
);
CREATE UNIQUE INDEX {prefix}one_active_session_per_endpoint
    ON {prefix}sessions (sandbox, {endpoint})
    WHERE holds AND external_hash IS NOT NULL;
CREATE INDEX {prefix}sessions_by_state
    ON {prefix}sessions (sandbox, state, last_activity, activity);
CREATE INDEX {prefix}sessions_by_activity
    ON {prefix}sessions (sandbox, last_activity, activity);
CREATE INDEX {prefix}sessions_by_expiry
    ON {prefix}sessions (sandbox, expires) WHERE expires IS NOT NULL;

CREATE TABLE {prefix}messages (
    sandbox    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    position   {number} NOT NULL,
    role       TEXT NOT NULL,
    content    TEXT,
    tool_calls TEXT,
    time       {number} NOT NULL,
    PRIMARY KEY (sandbox, session_id, position)
){clustered};

CREATE TABLE {prefix}replies (
    sandbox    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    key        TEXT NOT NULL,
    first      {number} NOT NULL,
    last       {number} NOT NULL,
    state      TEXT NOT NULL,
    PRIMARY KEY (sandbox, session_id, key)
){clustered};

CREATE TABLE {prefix}call_results (
    sandbox   TEXT NOT NULL,
    call_id   TEXT NOT NULL,
    agent_id  TEXT NOT NULL,
    status    TEXT NOT NULL,
    endpoint  TEXT,
    completed {number} NOT NULL,
    visible   {number} NOT NULL,
    serial    {counted},
    document  TEXT NOT NULL,
    PRIMARY KEY (sandbox, call_id)
);
CREATE INDEX {prefix}call_results_by_time
    ON {prefix}call_results (sandbox, completed, serial{covered});

CREATE TABLE {prefix}audit (
    serial     {numbered},
    sandbox    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    time       {number} NOT NULL,
    event      TEXT NOT NULL,
    note       TEXT
);
CREATE INDEX {prefix}audit_by_session ON {prefix}audit (sandbox, session_id);

CREATE TABLE {prefix}outbox (
    serial     {numbered},
    sandbox    TEXT NOT NULL,
    session_id TEXT NOT NULL,
    url        TEXT NOT NULL,
    headers    TEXT NOT NULL,
    payload    TEXT NOT NULL,
    attempts   {number} NOT NULL,
    due        {number},
    outcome    TEXT NOT NULL,
    log        TEXT NOT NULL DEFAULT '[]'{claimed}
);
CREATE INDEX {prefix}outbox_by_due ON {prefix}outbox (sandbox, due) WHERE due IS NOT NULL;
"""

# What takes the tables of each version, from the first on, to the next. Those of before versions
# were counted are of the first.
_MIGRATIONS = (
    # Of a session that is final or not, its state.
    """
DROP INDEX {prefix}one_active_session_per_endpoint;
DROP INDEX {prefix}sessions_by_state;
ALTER TABLE {prefix}sessions ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
ALTER TABLE {prefix}sessions ADD COLUMN holds {truth} NOT NULL DEFAULT {yes};
UPDATE {prefix}sessions SET state = 'final', holds = {no} WHERE is_final;
ALTER TABLE {prefix}sessions DROP COLUMN is_final;
CREATE UNIQUE INDEX {prefix}one_active_session_per_endpoint
    ON {prefix}sessions (sandbox, {endpoint})
    WHERE holds AND external_hash IS NOT NULL;
CREATE INDEX {prefix}sessions_by_state
    ON {prefix}sessions (sandbox, state, last_activity, activity)
""",
    "ALTER TABLE {prefix}sessions ADD COLUMN members TEXT NOT NULL DEFAULT '{{}}'",
)


def migrations(words: Mapping[str, str]) -> tuple[str, ...]:
    """The scripts that bring tables up to date, in a database's words."""
    return tuple(script.format_map(words) for script in _MIGRATIONS)

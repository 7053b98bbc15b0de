"""What PostgreSQL says of the tables in words of its own."""

import re
from functools import lru_cache

from .. import rows
from ..schema import TABLES, migrations

_WORDS = {
    "prefix": "adjourn_",  # others may have tables in the same database
    "number": "BIGINT",
    "counted": "BIGINT NOT NULL DEFAULT nextval('adjourn_activity')",
    "numbered": "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
    "truth": "BOOLEAN",
    "yes": "true",
    "no": "false",
    "endpoint": "adjourn_digest(channel), adjourn_digest(external_hash)",
    "clustered": "",
    "covered": "",
    # Until then the mock that claimed it may be sending it; by the database's clock.
    "claimed": ", claimed TIMESTAMPTZ",
}
_BEFORE = """
CREATE SEQUENCE adjourn_activity;

-- What an index is made from has no limit in length, an entry of an index has.
CREATE FUNCTION adjourn_digest(value TEXT) RETURNS BYTEA LANGUAGE sql IMMUTABLE STRICT
    AS $$ SELECT sha256(convert_to(value, 'UTF8')) $$;

CREATE TABLE adjourn_sandboxes (
    sandbox TEXT PRIMARY KEY,
    used    TIMESTAMPTZ NOT NULL
);
"""
SCHEMA = _BEFORE + TABLES.format_map(_WORDS)
MIGRATIONS = migrations(_WORDS)
# The table that holds the version of the others, in one row.
VERSIONED = "CREATE TABLE adjourn_schema (version INTEGER NOT NULL)"

# Joins a session `s` with four arrays of its transcript.
WITH_TRANSCRIPT = (
    "LEFT JOIN LATERAL (SELECT array_agg(role ORDER BY position) AS role, "
    "array_agg(content ORDER BY position) AS content, "
    "array_agg(time ORDER BY position) AS time, "
    "array_agg(tool_calls ORDER BY position) AS tool_calls FROM messages m "
    "WHERE m.sandbox = s.sandbox AND m.session_id = s.id) t ON true"
)
_TABLE = re.compile(rf"\b(FROM|INTO|JOIN|UPDATE) ({'|'.join(rows.TABLES)})\b")
_NAME = re.compile(r"(?<![:\w]):(\w+)")


@lru_cache(maxsize=256)
def told(statement: str) -> str:
    """A statement as the driver takes it, on the tables by their names in this database."""
    return _NAME.sub(r"%(\1)s", _TABLE.sub(r"\1 adjourn_\2", statement))

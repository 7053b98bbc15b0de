"""What SQLite says of the tables in words of its own, and the statement that changes a session."""

from ..schema import TABLES, migrations

_WORDS = {
    "prefix": "",
    "number": "INTEGER",
    "counted": "INTEGER NOT NULL",
    "numbered": "INTEGER PRIMARY KEY",
    "truth": "INTEGER",
    "yes": "1",
    "no": "0",
    "endpoint": "channel, external_hash",
    "clustered": " WITHOUT ROWID",
    "covered": ", agent_id, visible",
    "claimed": "",
}
SCHEMA = TABLES.format_map(_WORDS)
MIGRATIONS = migrations(_WORDS)

UPDATE_SESSION = (
    "UPDATE sessions SET last_activity = :last_activity, "
    "activity = coalesce(:activity, activity), expires = :expires, cursor = :cursor, "
    "message_count = message_count + :added, state = :state, holds = :holds, "
    "final_reason = :final_reason, finished = :finished "
    "WHERE sandbox = :sandbox AND id = :id AND state = :was "
    "AND (:overdue_at IS NULL OR expires < :overdue_at) "
    "AND message_count = coalesce(:seen, message_count)"
)

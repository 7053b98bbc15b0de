"""What SQLite says of the tables in words of its own."""

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

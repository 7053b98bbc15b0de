"""The embedded store: SQLite, in memory or in a file."""

"""Where sessions are kept: SQLite or PostgreSQL, behind the same protocols."""

"""The shared store: PostgreSQL, for several mocks."""

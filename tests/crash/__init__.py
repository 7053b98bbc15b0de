"""The kill harness: mocks and databases killed under load, and what was acknowledged looked for."""

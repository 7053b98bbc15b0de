"""The way of a request: routing, security, bodies, validation, overrides, answers."""

"""Bind, announce, serve, stop."""

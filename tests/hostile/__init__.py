"""Targets that answer as no server should, and the conformance suite run against each of them."""

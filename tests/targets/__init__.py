"""Servers of other making that the conformance suite is tested against."""

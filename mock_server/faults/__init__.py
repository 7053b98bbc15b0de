"""Faults: which kinds there are, and when they happen."""

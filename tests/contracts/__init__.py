"""Contracts that are refused, and such that are followed, as data."""

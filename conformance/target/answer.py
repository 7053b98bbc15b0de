"""Reads an answer to its end, which must come in time and before too many bytes."""

from __future__ import annotations

import time

import httpx

from .budget import Budget

LARGEST = 64 * 1024 * 1024  # bytes of an answer


class TooLarge(httpx.TransportError):
    """An answer holds more than any of the contract's would."""


def read_body(answer: httpx.Response, seconds: float, budget: Budget) -> bytes:
    """The body of an answer whose head has come.

    Raises httpx.ReadTimeout when the seconds or the budget are over before it is whole,
    TooLarge when it grows beyond LARGEST: httpx itself limits each wait alone.
    """
    until, parts, size = min(time.monotonic() + seconds, budget.ends_at), [], 0
    for part in answer.iter_bytes():
        parts.append(part)
        size += len(part)
        if time.monotonic() > until:
            raise httpx.ReadTimeout(f"{size} bytes came, and no end of them in time")
        if size > LARGEST:
            raise TooLarge(f"more than {LARGEST} bytes came")
    return b"".join(parts)

"""Formats of strings beside those that JSON Schema knows."""

from urllib.parse import urlsplit

__all__ = ["FORMATS", "is_usable"]


def is_usable(url: str) -> bool:
    """Whether a URL is one that can be asked over HTTP."""
    try:
        parts = urlsplit(url)
        known = parts.scheme in ("http", "https") and parts.port != 0 and bool(parts.hostname)
    except ValueError:
        return False
    return known and url.isprintable() and " " not in url


FORMATS = {"webhook-url": is_usable}

"""Formats of strings beside those that JSON Schema knows."""

from ..addresses import is_usable

FORMATS = {"webhook-url": is_usable}

"""Exchanges as they may be told: without secrets in what was sent and what came."""

from __future__ import annotations

from dataclasses import replace

from ..config.redaction import REDACTED, redacted
from ..config.settings import Config
from ..judging.exchange import Exchange


def concealed(exchange: Exchange, config: Config) -> Exchange:
    """The exchange as it may be told: without secrets in what was sent and what came."""
    body = exchange.body
    return replace(
        exchange,
        url=redacted(exchange.url, config.secrets),
        body=None if body is None else _hidden(body, config),
        content=_hidden(exchange.content, config),
    )


def _hidden(content: bytes, config: Config) -> bytes:
    for secret in config.secrets:
        content = content.replace(secret.encode(), REDACTED.encode())
    return content

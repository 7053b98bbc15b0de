"""Connections to a mock, and how long it waits for them."""

import socket

import pytest

from mock_server.serve import protocol
from tests.serving import HANGING

from .connection import Connection


@pytest.fixture
def connect(api):
    """Open connections to the mock."""
    opened = []

    def connect():
        where = (api.base_url.host, api.base_url.port)
        opened.append(socket.create_connection(where, timeout=HANGING))
        return Connection(opened[-1])

    yield connect
    for connected in opened:
        connected.close()


@pytest.fixture
def one(connect):
    return connect()


@pytest.fixture
def patience(monkeypatch):
    """Set how long the mock waits, in seconds."""

    def set_seconds(**seconds):
        for name, value in seconds.items():
            monkeypatch.setattr(protocol, name.upper(), value)

    return set_seconds

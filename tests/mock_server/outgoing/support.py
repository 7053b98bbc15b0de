"""A server, and how it is asked."""

import httpx
import pytest

from mock_server.outgoing.clients import Outgoing
from tests.serving import Answering


class Hello(Answering):
    def do_GET(self):
        self.reply(200, b"hi")


def ask(url, seconds=10.0, **outgoing):
    with Outgoing(**outgoing).client(url, seconds) as client:
        return client.get(url).text


def failure(url, seconds=10.0, **outgoing):
    with pytest.raises((httpx.HTTPError, OSError)) as caught:
        ask(url, seconds, **outgoing)
    return Outgoing(**outgoing).cause_of(caught.value, seconds)

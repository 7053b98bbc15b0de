"""What stands around every target: an honest mock, and a stranger."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.serving import Api

from .run import KEY
from .server import Around, listening


@contextmanager
def surroundings() -> Iterator[Around]:
    """A mock with one session of somebody else's, and another origin that notes what it gets."""
    heard: list[bytes] = []

    def hear(connection: socket.socket) -> None:
        heard.append(connection.recv(65536))

    with Api.of(token=KEY) as api, listening(hear) as stranger:
        api.headers["authorization"] = f"Bearer {KEY}"
        bystander = api.open(channel="somebody-else")

        def is_untouched() -> bool:
            return bool(api.read(bystander["id"]) == bystander)

        yield Around(str(api.base_url), KEY, bystander, stranger, heard, is_untouched)

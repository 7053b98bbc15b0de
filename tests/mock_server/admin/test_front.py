"""The door to the control plane."""

import asyncio
import threading

from mock_server.admin.front import Front
from tests.serving import HANGING


def test_others_are_answered_while_the_control_plane_is_made():
    begun, over = threading.Event(), threading.Event()
    made, answered = [], []

    async def api(scope, receive, send):
        answered.append("api")

    async def plane(scope, receive, send):
        answered.append("plane")

    def make():
        made.append(plane)
        begun.set()
        assert over.wait(HANGING)
        return plane

    def called(path):
        scope = {"type": "http", "path": path, "raw_path": path.encode()}
        return front(scope, None, None)

    async def visit():
        steered = [asyncio.create_task(called("/__admin/clock")) for _ in range(2)]
        assert await asyncio.to_thread(begun.wait, HANGING)
        await called("/livez")
        over.set()
        await asyncio.gather(*steered)

    front = Front(api, make)
    asyncio.run(visit())
    assert (len(made), answered) == (1, ["api", "plane", "plane"])

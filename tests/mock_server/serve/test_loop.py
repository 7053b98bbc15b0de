"""Where there is no uvloop, as on Windows, the mock runs on asyncio's own loop."""

import httpx

from tests.serving import CHATS, HEADERS

ABSENT = """
import sys

class Absent:
    def find_spec(self, name, path=None, target=None):
        if name == "uvloop":
            raise ModuleNotFoundError("No module named 'uvloop'", name=name)

sys.meta_path.insert(0, Absent())
"""


def test_the_mock_starts_answers_and_stops_without_uvloop(launch, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(ABSENT)
    process, facts = launch("--port", "0", PYTHONPATH=str(tmp_path))
    with httpx.Client(base_url=facts["url"], headers=HEADERS, trust_env=False) as client:
        assert client.post(CHATS, json={"agent_id": "agent-echo"}).status_code == 201
        for fault in ("EMPTY_RESPONSE", "CONNECTION_RESET_BY_PEER"):
            try:
                client.get(CHATS, headers={"X-Mock-Fault": fault})
            except httpx.TransportError:
                continue
            raise AssertionError(fault)
    process.terminate()
    _, log = process.communicate()
    assert (process.returncode, log) == (0, "")

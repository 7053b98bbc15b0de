"""Which hosts webhooks may go to."""

import pytest

from mock_server.settings import Settings
from mock_server.webhooks.sender import Sender
from tests.mock_server.webhooks.support import LOG


@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("http://127.0.0.1:1/", True),
        ("https://localhost/x", True),
        ("http://[::1]/", True),
        ("http://hooks.example/", True),
        ("http://HOOKS.example:81/", True),
        ("http://user@hooks.example/", True),
        ("http://hooks.example@evil.example/", False),
        ("http://evil.example/", False),
        ("http://10.0.0.1/", False),
        ("http://169.254.169.254/latest", False),
        ("http://0x7f000001/", False),
        ("file:///etc/passwd", False),
        ("http://[::1/", False),
        ("http:///", False),
    ],
)
def test_targets_are_loopback_and_the_named_hosts(url, allowed):
    assert Sender(Settings(webhook_hosts=("Hooks.Example",)), "default").allows(url) is allowed
    assert Sender(Settings(webhook_hosts=("*",)), "default").allows("http://evil.example/")


def test_an_agents_target_that_is_not_allowed_is_refused_and_told(start, tmp_path, eventually):
    seed = tmp_path / "seed.yaml"
    seed.write_text("agents: {a: {script: [{}], webhook: {url: 'http://hooks.example/'}}}")
    api = start(seed=seed)
    api.end(api.open("a")["id"])
    eventually(lambda: api.get(LOG).json()["deliveries"][0]["outcome"] == "refused")
    delivery = api.get(LOG).json()["deliveries"][0]
    assert delivery["next_attempt"] is None
    assert delivery["attempts"][0]["status"] is None

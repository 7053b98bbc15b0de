"""Browsers on other origins."""

import pytest

from tests.serving import CHATS


def test_a_browser_on_another_origin_reads_every_answer(api):
    origin = {"Origin": "http://app.example"}
    for response in (
        api.get(CHATS, headers=origin),
        api.get("/nope", headers=origin),
        api.get(CHATS, headers={**origin, "Authorization": "Basic x"}),
        api.delete(CHATS, headers=origin),
    ):
        assert response.headers["access-control-allow-origin"] == "http://app.example"
        assert "WWW-Authenticate" in response.headers["access-control-expose-headers"]
        assert response.headers["vary"] == "Origin"


@pytest.mark.parametrize("path", [CHATS, "/nope", f"{CHATS}/x/end"])
def test_a_preflight_is_answered_on_every_path_without_a_key(api, path):
    request = api.build_request("OPTIONS", path)
    del request.headers["Authorization"]
    request.headers.update(
        {
            "Origin": "http://app.example",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization, x-trace",
        }
    )
    response = api.send(request)
    assert response.status_code == 204
    assert response.headers["access-control-allow-headers"] == "authorization, x-trace"
    assert "POST" in response.headers["access-control-allow-methods"]


def test_only_the_named_origins_are_let_in(start):
    api = start(cors_origins=("http://mine.example",))
    mine = api.get(CHATS, headers={"Origin": "http://mine.example"})
    other = api.get(CHATS, headers={"Origin": "http://other.example"})
    assert mine.headers["access-control-allow-origin"] == "http://mine.example"
    assert "access-control-allow-origin" not in other.headers

"""Which operation a request is for: paths, methods and ids, however they are spelt."""

import pytest

from tests.serving import CHATS


@pytest.mark.parametrize(
    "segment",
    ["x", "%00", "%2F", "..%2F..", "%FF", "x" * 3000, "00000000000040008000000000000000",
     "{00000000-0000-4000-8000-000000000000}", "00000000-0000-4000-8000-000000000000%0A",
     "urn:uuid:00000000-0000-4000-8000-000000000000", "%D9%A00000000-0000-4000-8000-000000000000"],
)  # fmt: skip
def test_an_id_that_is_no_uuid_is_not_found(api, segment):
    response = api.get(f"{CHATS}/{segment}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("DELETE", CHATS, "GET, HEAD, POST, OPTIONS"),
        ("PATCH", f"{CHATS}/x", "GET, HEAD, OPTIONS"),
        ("GET", f"{CHATS}/x/end", "POST, OPTIONS"),
        ("HEAD", "/api/v1/callresults/search", "POST, OPTIONS"),
        ("TRACE", f"{CHATS}/x/messages", "POST, OPTIONS"),
        ("ODD", CHATS, "GET, HEAD, POST, OPTIONS"),
    ],
)
def test_a_405_names_every_method(api, method, path, allow):
    response = api.request(method, path)
    assert response.status_code in (405, 400 if method == "ODD" else 405)
    if response.status_code == 405:
        assert sorted(response.headers["allow"].split(", ")) == sorted(allow.split(", "))


def test_options_and_head_are_answered(api):
    session = api.open()["id"]
    options = api.options(f"{CHATS}/{session}")
    assert (options.status_code, options.headers["allow"]) == (204, "GET, HEAD, OPTIONS")
    head = api.head(f"{CHATS}/{session}")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == api.get(f"{CHATS}/{session}").headers["content-length"]


def test_options_of_the_server_itself_are_every_method(api):
    head = "{} * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"
    answer = api.exchange(head.format("OPTIONS").encode())
    assert answer.startswith(b"HTTP/1.1 204 ")
    (allow,) = [line for line in answer.split(b"\r\n") if line.startswith(b"allow: ")]
    assert {*allow.removeprefix(b"allow: ").split(b", ")} == {b"GET", b"HEAD", b"POST", b"OPTIONS"}
    assert api.exchange(head.format("GET").encode()).startswith(b"HTTP/1.1 404 ")


@pytest.mark.parametrize("path", ["/nope", f"{CHATS}/", "/api/v1/chats/a/b/c", "/api/v2/chats"])
def test_another_path_is_not_found(api, path):
    response = api.get(path)
    assert (response.status_code, response.json()["type"]) == (404, "/problems/unknown-path")


@pytest.mark.parametrize("slash", ["%2F", "%2f"])
def test_an_encoded_slash_separates_nothing(api, slash):
    id = api.open()["id"]
    for method, path in (
        ("POST", f"{CHATS}/{id}{slash}messages"),
        ("POST", f"{CHATS}/{id}{slash}end"),
        ("GET", CHATS.replace("/v1/", f"/v1{slash}")),
        ("GET", f"{CHATS}{slash}{id}"),
        ("GET", f"/__admin{slash}health"),
        ("GET", f"/ui{slash}"),
    ):
        response = api.request(method, path, json={"content": "x"} if method == "POST" else None)
        assert response.status_code in (404, 405), (path, response.text)
    assert api.read(id)["messages"] == []


def test_an_encoded_slash_is_told_as_it_came(api):
    assert '"a%2Fb c"' in api.get(f"{CHATS}/a%2Fb%20c").json()["detail"]
    assert '"/a%2Fb"' in api.get("/a%252Fb").json()["detail"]

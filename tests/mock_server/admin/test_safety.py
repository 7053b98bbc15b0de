"""Who may steer the mock."""

import pytest
from click.testing import CliRunner

from mock_server.admin.safety import check_caller
from mock_server.cli.main import main
from mock_server.problems.kinds import Problem
from tests.serving import Api

TOKEN = {"Authorization": "Bearer steer"}


def caller(client=("127.0.0.1", 5), host="127.0.0.1:4010", path="/__admin/clock", **headers):
    raw = {"host": host, **headers}
    return {
        "method": "GET",
        "client": client,
        "path": path,
        "headers": [(k.lower().encode(), v.encode()) for k, v in raw.items()],
    }


def refused(scope, token=None, hosts=()):
    with pytest.raises(Problem) as caught:
        check_caller(scope, token, hosts)
    return caught.value


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1"])
def test_loopback_peers_are_answered(peer):
    check_caller(caller((peer, 5)), None, ())


@pytest.mark.parametrize("client", [("192.168.1.7", 5), ("::2", 5), ("::ffff:10.0.0.1", 5), None])
def test_other_peers_are_refused_without_a_token(client):
    problem = refused(caller(client))
    assert (problem.status, "--admin-token" in problem.detail) == (403, True)


def test_with_a_token_other_peers_are_answered_who_have_it():
    far = ("192.168.1.7", 5)
    check_caller(caller(far, authorization="Bearer steer"), "steer", ())
    assert refused(caller(far), "steer").status == 401
    assert refused(caller(far, authorization="Bearer other"), "steer").status == 401


@pytest.mark.parametrize("given", [{}, {"authorization": "Basic x"}, {"authorization": "Bearer x"}])
def test_the_token_that_is_wanted_is_named(given):
    detail = refused(caller(**given), "steer").detail
    assert "admin token" in detail
    assert "--admin-token or ADJOURN_ADMIN_TOKEN" in detail
    assert "API key" not in detail


def test_with_a_token_loopback_peers_need_it_too(start):
    mock = start(admin_token="steer")
    assert mock.admin("GET", "/clock", headers={"Authorization": ""}).status_code == 401
    assert mock.admin("GET", "/clock").headers["www-authenticate"] == "Bearer"
    assert mock.admin("GET", "/clock", headers=TOKEN).status_code == 200
    assert mock.admin("GET", "/ui").status_code == 200


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:1", "localhost.", "mock.localhost:1", "127.0.0.1:4010", "[::1]:80"],
)
def test_loopback_hosts_are_answered(host):
    check_caller(caller(host=host), None, ())


@pytest.mark.parametrize(
    "host", ["evil.test", "evil.test:4010", "", "[", "127.0.0.1.evil.test", "notlocalhost"]
)
def test_another_host_is_refused(host):
    problem = refused(caller(host=host))
    assert (problem.status, "--allowed-host" in problem.detail) == (403, True)


def test_an_allowed_host_is_answered():
    check_caller(caller(host="mock.test:4010"), None, ("mock.test",))


def test_with_the_token_any_host_is_answered():
    named = caller(host="mock.test:4010", authorization="Bearer steer")
    check_caller(named, "steer", ())
    assert refused(caller(host="evil.test"), "steer").status == 401


def test_a_rebound_name_is_refused_over_http(shared):
    assert shared.admin("GET", "/clock", headers={"Host": "evil.test"}).status_code == 403


def test_a_page_of_another_origin_is_refused_and_changes_nothing(shared):
    response = shared.admin("DELETE", "/sandboxes/x", headers={"Origin": "http://evil.test"})
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers
    preflight = {"Origin": "http://evil.test", "Access-Control-Request-Method": "POST"}
    assert shared.admin("OPTIONS", "/reset", headers=preflight).status_code == 403


def test_the_page_of_the_documentation_may_call(shared):
    origin = str(shared.base_url).rstrip("/")
    assert shared.admin("GET", "/clock", headers={"Origin": origin}).status_code == 200
    assert "swagger-ui" in shared.admin("GET", "/docs/").text
    assert "/clock" in shared.admin("GET", "/openapi.json").json()["paths"]


PAGE = "http://127.0.0.1:8000"
OTHERS = [
    "http://127.0.0.1:8001",
    "https://127.0.0.1:8000",
    "http://127.0.0.1:80001",
    "http://127.0.0.1:8000.evil.test",
    "http://evil.test",
    "http://[",
    "null",
    "*",
]


@pytest.fixture(scope="module")
def opened():
    """A mock that pages of one other origin may steer."""
    with Api.of(admin_cors_origins=(PAGE,)) as api:
        yield api


def test_a_page_of_an_allowed_origin_may_call_and_read_the_answer(opened):
    response = opened.admin("GET", "/clock", headers={"Origin": PAGE})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == PAGE
    assert response.headers["vary"] == "Origin"
    assert "Retry-After" in response.headers["access-control-expose-headers"]
    refused = opened.admin("POST", "/clock/advance", headers={"Origin": PAGE}, json={})
    assert refused.status_code == 400
    assert refused.headers["access-control-allow-origin"] == PAGE


def test_a_preflight_of_an_allowed_origin_is_granted(opened):
    asked = {"Access-Control-Request-Method": "DELETE"}
    wanted = {"Access-Control-Request-Headers": "authorization,x-mock-sandbox"}
    response = opened.admin("OPTIONS", "/clock", headers={"Origin": PAGE, **asked, **wanted})
    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == PAGE
    assert "DELETE" in response.headers["access-control-allow-methods"]
    assert response.headers["access-control-allow-headers"] == "authorization,x-mock-sandbox"


def test_the_event_stream_can_be_read_by_an_allowed_origin(opened):
    path = "/__admin/events"
    with opened.stream("GET", path, headers={"Origin": PAGE}) as response:
        assert response.status_code == 200
        assert response.headers["access-control-allow-origin"] == PAGE
        assert response.headers["content-type"] == "text/event-stream"
        opened.open()
        assert any(line == "event: session.opened" for line in response.iter_lines())


@pytest.mark.parametrize("origin", OTHERS)
def test_one_allowed_origin_lets_no_other_in(opened, origin):
    preflight = {"Origin": origin, "Access-Control-Request-Method": "DELETE"}
    for response in (
        opened.admin("DELETE", "/clock", headers={"Origin": origin}),
        opened.admin("OPTIONS", "/clock", headers=preflight),
        opened.admin("GET", "/events", headers={"Origin": origin}),
    ):
        assert response.status_code == 403
        assert "--admin-cors-origin" in response.json()["detail"]
        assert not [name for name in response.headers if name.startswith("access-control")]


def test_an_allowed_origin_replaces_neither_host_nor_token_nor_peer(opened, start):
    rebound = {"Origin": PAGE, "Host": "evil.test"}
    assert opened.admin("GET", "/clock", headers=rebound).status_code == 403
    guarded = start(admin_cors_origins=(PAGE,), admin_token="steer")
    refused = guarded.admin("GET", "/clock", headers={"Origin": PAGE})
    assert refused.status_code == 401
    assert refused.headers["access-control-allow-origin"] == PAGE
    assert guarded.admin("GET", "/clock", headers={"Origin": PAGE, **TOKEN}).status_code == 200
    with pytest.raises(Problem, match="loopback"):
        check_caller(caller(("192.168.1.7", 5), origin=PAGE), None, (), (PAGE,))


@pytest.mark.parametrize(
    "value",
    [
        "*",
        "null",
        "",
        "http://x/",
        "http://x:1/a",
        "x",
        "HTTP://X",
        "http://u@x",
        "http://x,http://y",
    ],
)
def test_what_is_no_exact_origin_is_no_option(value):
    result = CliRunner().invoke(main, ["--admin-cors-origin", value])
    assert result.exit_code == 2
    assert "wanted one origin" in result.output


def test_the_origins_come_from_flags_and_environment(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "mock_server.serve.server.serve", lambda settings, *_: seen.append(settings)
    )
    flags = ["--admin-cors-origin", PAGE, "--admin-cors-origin", "app://localhost"]
    assert CliRunner().invoke(main, flags).exit_code == 0
    monkeypatch.setenv("ADJOURN_ADMIN_CORS_ORIGIN", f"{PAGE} http://[::1]:3000")
    assert CliRunner().invoke(main).exit_code == 0
    assert [settings.admin_cors_origins for settings in seen] == [
        (PAGE, "app://localhost"),
        (PAGE, "http://[::1]:3000"),
    ]


@pytest.mark.parametrize(
    "header",
    [
        "Forwarded",
        "X-Forwarded-For",
        "X-Forwarded-Host",
        "X-Forwarded-Proto",
        "X-Real-Ip",
        "X-Client-Ip",
        "CF-Connecting-IP",
        "True-Client-IP",
        "Via",
    ],
)
def test_behind_a_reverse_proxy_of_this_machine_the_token_is_wanted(header):
    problem = refused(caller(**{header: "203.0.113.7"}))
    assert (problem.status, "--admin-token" in problem.detail) == (403, True)
    check_caller(caller(**{header: "203.0.113.7", "authorization": "Bearer steer"}), "steer", ())


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_an_image_of_another_page_is_refused(shared, site):
    headers = {"Sec-Fetch-Site": site, "Sec-Fetch-Mode": "no-cors", "Sec-Fetch-Dest": "image"}
    before = shared.steer("GET", "/sandboxes")
    response = shared.admin("GET", "/requests?sandbox=by-an-image", headers=headers)
    assert response.status_code == 403
    assert shared.steer("GET", "/sandboxes") == before
    assert shared.admin("GET", "/ui", headers=headers).status_code == 200


@pytest.mark.parametrize("site", ["none", "same-origin"])
def test_an_address_that_is_typed_in_is_answered(shared, site):
    assert shared.admin("GET", "/clock", headers={"Sec-Fetch-Site": site}).status_code == 200


@pytest.mark.parametrize("given", ["", "Basic x", "Bearer other"])
def test_whoever_has_no_key_makes_no_sandbox(start, given):
    mock = start()
    headers = {"Authorization": given, "X-Mock-Sandbox": "strange"}
    for path in ("/api/v1/chats", "/livez", "/nowhere"):
        mock.get(path, headers=headers)
    assert mock.get("/api/v1/chats", headers=headers).status_code == 401
    assert [row["name"] for row in mock.steer("GET", "/sandboxes")["sandboxes"]] == ["default"]

"""What is asked of a target before it is judged, and what each answer is told as."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conformance.config.settings import Config, UsageError
from conformance.contract.document import Contract
from conformance.judging.evidence import Evidence
from conformance.judging.outcomes import Blocked
from conformance.registry import watch_of
from conformance.run.preflight import preflight
from conformance.target.api import Api
from conformance.target.client import Client
from tests.conformance.target.servers import Page
from tests.serving import answering

Make = Callable[..., Any]
PAGE = {"items": [], "total_count": 0, "skip": 0, "take": 50}


def html(status: int = 200) -> httpx.Response:
    return httpx.Response(status, html="<title>Sign in</title>")


def asked(connect: Make, answer: Callable[[httpx.Request], httpx.Response], **more: Any) -> Api:
    """Ask a target that answers so."""
    api: Api = connect(answer, **{"read_only": True, "wait_ready": 0.0, "timeout": 30.0, **more})
    preflight(api)
    return api


def test_a_target_that_is_well_is_judged_from_then_on(connect: Make) -> None:
    api = asked(connect, lambda request: httpx.Response(200, json=PAGE))
    assert not api.client.evidence.evaluated
    api.list()
    assert api.client.evidence.evaluated["LIST-01"] == 1
    assert api.client.health.watching


@pytest.mark.parametrize("status", [502, 503, 504, 521, 523, 530])
def test_a_target_that_starts_is_waited_for_and_not_accused(connect: Make, status: int) -> None:
    left = [status] * 3

    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(left.pop()) if left else httpx.Response(200, json=PAGE)

    api = asked(connect, answer, wait_ready=30.0)
    assert api.client.evidence.findings == {}


def test_an_open_that_a_gateway_alone_answers_is_waited_for_and_not_accused(
    connect: Make, session: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("conformance.run.preflight.PAUSE", 0.01)
    left = [503] * 12

    def answer(request: httpx.Request) -> httpx.Response:
        opens = request.method == "POST" and request.url.path.endswith("/chats")
        if opens and left:
            return httpx.Response(left.pop(), html="<h1>Service unavailable</h1>")
        return httpx.Response(201 if opens else 200, json=session() if opens else PAGE)

    said: list[str] = []
    api: Api = connect(answer, agent="agent-echo", wait_ready=30.0)
    preflight(api, (), said.append)
    assert said[-1] == "preflight these agents are known: agent-echo"
    left.append(503)
    with pytest.raises(Blocked, match="openChat was answered 503, .* see --wait-ready"):
        preflight(connect(answer, agent="agent-echo", wait_ready=0.0))
    assert api.client.evidence.findings == {}


def test_a_server_of_keys_that_starts_is_waited_for_too(
    connect: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Starting(Page):
        left = 2

        def do_POST(self) -> None:
            Starting.left -= 1
            late = Starting.left >= 0
            self.answer(503 if late else 200, b"" if late else {"access_token": "key-0001"})

    monkeypatch.setattr("conformance.run.preflight.PAUSE", 0.01)
    key: Any = {"token": None, "client_id": "me", "client_secret": "secret-0001"}
    with answering(type("Server", (Starting,), {"asked": []})) as url:
        well = lambda request: httpx.Response(200, json=PAGE)  # noqa: E731
        api = asked(connect, well, wait_ready=30.0, token_url=url, **key)
        assert api.client.credentials.tokens.current() == "key-0001"
        Starting.left = 9
        with pytest.raises(Blocked, match=r"--token-url .* answers 503.*--wait-ready"):
            asked(connect, well, token_url=url, **key)


def test_a_target_that_does_not_come_up_is_told_with_the_cure(connect: Make) -> None:
    with pytest.raises(Blocked, match="answers 503, as one does that starts.*--wait-ready"):
        asked(connect, lambda request: httpx.Response(503))


@pytest.mark.parametrize(
    ("location", "told"),
    [
        ("https://t.test/api/v1/chats", "write --target https://t.test$"),
        ("https://other.test/base/api/v1/chats?take=1", "write --target https://other.test/base$"),
        ("/api/v1/chats", "write --target http://t.test$"),
        ("https://login.test/authorize", "which is not this API: a login page"),
    ],
)
def test_a_redirect_is_told_with_what_to_write(connect: Make, location: str, told: str) -> None:
    with pytest.raises(UsageError, match=f"redirects to .*{told}"):
        asked(connect, lambda request: httpx.Response(308, headers={"location": location}))


@pytest.mark.parametrize("status", [200, 401, 404])
def test_a_page_for_people_is_not_the_api(connect: Make, status: int) -> None:
    with pytest.raises(UsageError, match="is a web page"):
        asked(connect, lambda request: html(status))


def test_json_that_is_called_html_is_the_apis_and_is_judged(connect: Make) -> None:
    headers = {"content-type": "text/html"}
    asked(connect, lambda request: httpx.Response(200, json=PAGE, headers=headers))


@pytest.mark.parametrize(
    ("base", "told"),
    [
        ("http://t.test/api/v1", "write --target http://t.test$"),
        ("http://t.test/x/api", "write --target http://t.test/x$"),
        ("http://t.test/api/v1/chats", "write --target http://t.test$"),
        ("http://t.test/elsewhere", "check the path of --target"),
    ],
)
def test_a_wrong_path_is_told_with_the_right_one(contract: Contract, base: str, told: str) -> None:
    client = Client(Config(target=base, wait_ready=0.0), watch_of(contract), Evidence())
    client.http = httpx.Client(transport=httpx.MockTransport(lambda request: httpx.Response(404)))
    with pytest.raises(UsageError, match=f"the API is not at {base}: .*{told}"):
        preflight(Api(client, "conf-0123abcd"))


@pytest.mark.parametrize("status", [200, 402, 407, 410, 421, 426])
def test_what_answers_every_operation_alike_is_another_program(connect: Make, status: int) -> None:
    with pytest.raises(UsageError, match=f"the API is not at .*: status {status} .*the path of"):
        asked(connect, lambda request: httpx.Response(status, json={"status": "up"}))


@pytest.mark.parametrize("status", [400, 409, 418])
def test_a_status_that_may_be_the_apis_own_is_judged(connect: Make, status: int) -> None:
    asked(connect, lambda request: httpx.Response(status, json={}))


def test_lists_and_searches_that_are_alike_wrong_are_judged(connect: Make) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        is_one = request.method == "GET" and not request.url.path.endswith("/chats")
        return httpx.Response(404) if is_one else httpx.Response(200, json={"sessions": []})

    asked(connect, answer)


def test_what_is_answered_beside_lists_that_are_not_is_judged(connect: Make) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and request.url.path.endswith("/chats"):
            raise httpx.RemoteProtocolError("closed")
        return httpx.Response(200, json={"results": [], "totalCount": 0, "totalPages": 0})

    asked(connect, answer)


def test_a_redirect_of_opens_alone_is_told(connect: Make) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST" and request.url.path.endswith("/chats"):
            return httpx.Response(307, headers={"location": f"https://t.test{request.url.path}"})
        return httpx.Response(200, json=PAGE)

    with pytest.raises(UsageError, match="redirects to .*write --target https://t.test$"):
        preflight(connect(answer, agent="agent-echo"))


def test_the_base_path_of_the_contracts_servers_is_told(
    connect: Make, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = {"url": "https://api.example.test/{v}", "variables": {"v": {"default": "v2"}}}
    monkeypatch.setitem(contract.spec, "servers", [{"url": "https://old.test"}, server])
    with pytest.raises(UsageError, match="have the path /v2; write --target http://t.test/v2"):
        asked(connect, lambda request: httpx.Response(404, json={}))


def test_it_is_told_of_an_api_without_a_search_too(
    connect: Make, contract: Contract, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(contract.resource.operations, "search")
    monkeypatch.setitem(contract.spec, "servers", [{"url": "/v2"}])
    with pytest.raises(UsageError, match="have the path /v2; write --target http://t.test/v2"):
        asked(connect, lambda request: httpx.Response(404, json={}))


def test_one_operation_that_is_missing_is_a_fault_to_be_judged(connect: Make) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        found = request.url.path.endswith("/search")
        return httpx.Response(200 if found else 404, json=PAGE)

    api = asked(connect, answer)
    api.list()
    assert "HTTP-01" in api.client.evidence.findings


def test_a_key_that_is_refused_is_told(connect: Make) -> None:
    with pytest.raises(UsageError, match=r"refuses the suite's key \(401\); set CONFORMANCE_TOKEN"):
        asked(connect, lambda request: httpx.Response(401, json={}))
    with pytest.raises(UsageError, match="check the key in CONFORMANCE_TOKEN"):
        asked(connect, lambda request: httpx.Response(403, json={}), token="key-0001")


def opening(known: str, session: Make) -> Callable[[httpx.Request], httpx.Response]:
    """A target that knows one agent."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" or request.url.path.endswith("/search"):
            return httpx.Response(200, json=PAGE)
        found = f'"{known}"'.encode() in request.content
        return httpx.Response(201, json=session()) if found else httpx.Response(404, json={})

    return answer


@pytest.mark.parametrize("need", ["tool_agent", "closing_agent"])
def test_an_agent_that_is_needed_and_not_known_is_told(
    connect: Make, session: Make, need: str
) -> None:
    settings = {"agent": "plain", need: "nobody", "closing_text": "bye", "wait_ready": 0.0}
    api = connect(opening("plain", session), **settings)
    preflight(api)  # no check needs it
    with pytest.raises(
        UsageError, match=f"{need.replace('_', ' ')} 'nobody'; name one by --{need[:4]}"
    ):
        preflight(api, {need})


def test_a_path_that_the_target_does_not_have_is_no_unknown_agent(connect: Make) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        found = request.url.path.endswith("/search")
        return httpx.Response(200, json={}) if found else httpx.Response(404)

    with pytest.raises(UsageError, match="nothing at /api/v1/chats.*the contract is this deploy"):
        preflight(connect(answer, agent="plain", wait_ready=0.0))


def test_a_disabled_agent_may_be_refused_in_any_way(connect: Make, session: Make) -> None:
    settings = {"agent": "plain", "disabled_agent": "off", "wait_ready": 0.0}
    preflight(connect(opening("plain", session), **settings), {"disabled_agent"})


def test_what_is_well_is_said(connect: Make, session: Make) -> None:
    said: list[str] = []
    preflight(connect(opening("agent-echo", session), token="key-0001"), (), said.append)
    assert said == [
        "preflight the API answers at http://t.test (200)",
        "preflight the key opens it; a wrong one is taken too (200)",
        "preflight these agents are known: agent-echo",
    ]

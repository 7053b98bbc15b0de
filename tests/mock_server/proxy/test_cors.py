"""The proxy before pages of other origins."""

from mock_server.settings import Settings
from tests.serving import CHATS

ORIGIN = {"Origin": "http://app.test"}
JSON = {"Content-Type": "application/json"}


def test_a_preflight_is_answered_as_the_mock_does(proxy, backend):
    asked = len(backend.asked)
    headers = {**ORIGIN, "Access-Control-Request-Method": "POST"}
    answer = proxy(backend.url).options(CHATS, headers=headers)
    assert (answer.status_code, len(backend.asked)) == (204, asked)
    assert answer.headers["access-control-allow-origin"] == "http://app.test"


def test_a_page_may_read_an_answer_whatever_the_backend_grants(proxy, backend):
    backend.answer = (200, {**JSON, "Access-Control-Allow-Origin": "*"}, b"{}")
    answer = proxy(backend.url).get(CHATS, headers=ORIGIN)
    assert answer.headers.get_list("access-control-allow-origin") == ["http://app.test"]
    assert "X-Mock-Violations" in answer.headers["access-control-expose-headers"]


def test_an_origin_that_is_not_let_in_gets_what_the_backend_grants(proxy, backend):
    backend.answer = (200, {**JSON, "Access-Control-Allow-Origin": "*"}, b"{}")
    client = proxy(backend.url, settings=Settings(cors_origins=("http://other.test",)))
    answer = client.get(CHATS, headers=ORIGIN)
    assert answer.headers.get_list("access-control-allow-origin") == ["*"]

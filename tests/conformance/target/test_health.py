"""A target that changes under a run is accused of nothing: the run stops, and says why."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from conformance.judging.outcomes import Blocked
from conformance.target.api import Api

from .conftest import Make, begin

PAGE = {"items": [], "total_count": 0, "skip": 0, "take": 50}
Answer = Callable[[httpx.Request], httpx.Response]


def watched(connect: Make, answer: Answer, **settings: Any) -> Api:
    api: Api = connect(answer, **settings)
    begin(api)
    return api


def after(count: int, then: Answer) -> Answer:
    """A target that is well for so many requests."""
    left = [count]

    def answer(request: httpx.Request) -> httpx.Response:
        left[0] -= 1
        return httpx.Response(200, json=PAGE) if left[0] >= 0 else then(request)

    return answer


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_expires_stops_the_run_and_accuses_nobody(connect: Make, status: int) -> None:
    api = watched(connect, after(1, lambda request: httpx.Response(status, json={})))
    api.list()
    for _ in range(2):
        with pytest.raises(Blocked, match=f"no longer accepts the suite's key \\({status}\\)"):
            api.list()
    assert api.client.evidence.findings == {}
    assert "no longer accepts" in api.client.circuit.first_cause


def test_one_operation_that_refuses_the_key_is_judged(connect: Make) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        refused = request.url.path.endswith("/chats")
        return httpx.Response(401 if refused else 200, json=PAGE)

    api = watched(connect, answer)
    assert [api.list().status for _ in range(2)] == [401, 401]
    assert api.client.budget.sent == 4  # it is asked once alone whether that is all of it


@pytest.mark.parametrize("auth", [None, "Bearer wrong", "Basic x"])
def test_a_wrong_key_may_be_refused(connect: Make, auth: str | None) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        right = request.headers.get("authorization") == "Bearer key-0001"
        return httpx.Response(200 if right else 401, json=PAGE)

    api = watched(connect, answer, token="key-0001")
    assert [api.list(auth=auth).status for _ in range(2)] == [401, 401]


@pytest.mark.parametrize("auth", [None, "Bearer wrong"])
def test_a_gateway_that_refuses_every_key_stops_the_run(connect: Make, auth: str | None) -> None:
    api = watched(connect, lambda request: httpx.Response(403, html="<h1>Blocked</h1>"))
    with pytest.raises(Blocked, match="no longer accepts"):
        api.list(auth=auth)
    assert api.client.evidence.findings == {}


def test_what_a_gateway_answers_is_told_from_the_apis_own_of_that_status(
    connect: Make, naps: list[float]
) -> None:
    own = httpx.Response(404, json={}, headers={"content-type": "application/problem+json"})
    gateway = httpx.Response(404, text="404 page not found")
    answers = iter([own, httpx.Response(200, json=PAGE), gateway, gateway, gateway])
    api = watched(connect, lambda request: next(answers))
    assert api.get("3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10").status == 404
    with pytest.raises(Blocked, match="nothing at its paths"):
        api.get("3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10")


def test_a_deployment_that_goes_down_is_accused_of_nothing(
    connect: Make, naps: list[float]
) -> None:
    api = watched(connect, after(1, lambda request: httpx.Response(502)))
    api.list()
    with pytest.raises(Blocked, match="down in the middle of the run: it answers 502"):
        api.list()
    assert api.client.evidence.findings == {}


@pytest.mark.parametrize(
    ("then", "told"),
    [
        (
            httpx.Response(302, headers={"location": "https://sso.test/"}),
            "everything to .*sso.test",
        ),
        (httpx.Response(200, html="<h1>Back soon</h1>"), r"with a web page .*\(200\)"),
        (httpx.Response(404, text="default backend - 404"), r"nothing at its paths .*\(404\)"),
        (httpx.Response(521, html="<h1>Web server is down</h1>"), "it answers 521"),
    ],
    ids=["a login", "maintenance", "no backend", "no origin"],
)
def test_what_a_gateway_answers_in_the_place_of_all_stops_the_run(
    connect: Make, naps: list[float], then: httpx.Response, told: str
) -> None:
    api = watched(connect, after(1, lambda request: then))
    api.list()
    with pytest.raises(Blocked, match=told):
        api.list()
    api.client.wind_down()
    with pytest.raises(Blocked):
        api.list()
    assert api.client.evidence.findings == {}


@pytest.mark.parametrize("status", [302, 404])
def test_one_operation_that_answers_like_a_gateway_is_judged(connect: Make, status: int) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        odd = request.url.path.endswith("/search")
        return httpx.Response(status if odd else 200, json=PAGE)

    api = watched(connect, answer)
    assert api.search().status == status
    assert "HTTP-01" in api.client.evidence.findings


def test_a_restart_that_loses_the_sessions_is_told(connect: Make, session: Make) -> None:
    states = iter(["open", "refused", "gone"])
    now = [next(states)]

    def answer(request: httpx.Request) -> httpx.Response:
        if now[0] == "refused":
            raise httpx.ConnectError("refused")
        return httpx.Response(201, json=session()) if now[0] == "open" else httpx.Response(404)

    api = watched(connect, answer)
    id = api.open().id
    now[0] = next(states)
    with pytest.raises(Blocked, match="not answered"):
        api.get(id)
    now[0] = next(states)
    with pytest.raises(Blocked, match="lost its sessions in the middle of the run"):
        api.get(id)
    assert "GET-01" not in api.client.evidence.findings


def test_a_connection_that_was_lost_alone_changes_nothing(connect: Make, session: Make) -> None:
    lose = [False]

    def answer(request: httpx.Request) -> httpx.Response:
        if lose[0]:
            lose[0] = False
            raise httpx.ConnectError("refused")
        return httpx.Response(200, json=session())

    api = watched(connect, answer)
    id = api.open().id
    lose[0] = True
    with pytest.raises(Blocked, match="not answered"):
        api.get(id)
    assert api.get(id).status == 200


def test_a_target_that_is_busy_for_ever_stops_the_run(connect: Make, naps: list[float]) -> None:
    api = watched(connect, lambda request: httpx.Response(429, headers={"retry-after": "nan"}))
    for _ in range(2):
        with pytest.raises(Blocked, match="answers everything 429; --rate lowers the pace"):
            api.list()
    assert len(naps) < 20


@pytest.mark.parametrize(
    "told", ["9" * 20, "1e300", "Fri, 31 Dec 9999 23:59:59 GMT", "Fri, 31 Dec 9999 23:59:59"]
)
def test_a_pace_that_nobody_keeps_opens_the_circuit(
    connect: Make, naps: list[float], told: str
) -> None:
    api = watched(connect, lambda request: httpx.Response(429, headers={"retry-after": told}))
    for _ in range(2):
        with pytest.raises(Blocked, match="without a request"):
            api.list()
    assert (api.client.circuit.first_cause != "", naps, api.client.budget.sent) == (True, [], 1)


def test_a_key_that_is_renewed_is_shown_again(connect: Make) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        seen.append(request.headers["authorization"])
        return httpx.Response(401 if len(seen) == 1 else 200, json=PAGE)

    api = watched(connect, answer, token=None, token_command="echo key-$$")
    assert api.list().status == 200
    assert len(set(seen)) == 2


def test_a_key_that_cannot_be_renewed_stops_the_run(connect: Make) -> None:
    api = watched(
        connect,
        after(1, lambda request: httpx.Response(401, json={})),
        token=None,
        token_command="echo key-0001",
    )
    assert api.list().status == 200
    api.client.credentials.tokens.config.__dict__["token_command"] = "exit 7"
    for _ in range(2):  # the second time in the clean-up, which is no fault of the suite's either
        with pytest.raises(Blocked, match="--token-command failed with exit code 7"):
            api.list()
        api.client.wind_down()
    assert "exit code 7" in api.client.circuit.first_cause


def test_a_key_that_expires_before_a_look_is_renewed_for_it(connect: Make) -> None:
    seen: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        key = request.headers["authorization"]
        if key in seen or key == "Bearer wrong":  # each key holds once
            return httpx.Response(401, json={})
        seen.append(key)
        return httpx.Response(200, json=PAGE)

    api = watched(connect, answer, token=None, token_command="echo key-$$")
    assert api.list().status == 200
    assert api.list(auth="Bearer wrong").status == 401
    assert (api.list().status, api.client.circuit.first_cause) == (200, "")

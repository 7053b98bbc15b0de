"""What a run may never do to a shared system."""

import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.config.settings import Config, UsageError
from conformance.contract.document import Contract
from conformance.judging.evidence import Evidence
from conformance.judging.outcomes import Blocked, Hiccup
from conformance.registry import watch_of
from conformance.run.cleanup import clean_up
from conformance.target.api import Api
from conformance.target.client import Client
from conformance.target.ledger import ForeignWrite

Make = Callable[..., Any]
STRANGER = "bbbbbbbb-6a51-4d0b-9e58-1f7a6c2d8b10"


# Nobody else's sessions.


@pytest.mark.parametrize("act", ["submit", "end"])
def test_a_session_that_the_run_did_not_open_is_not_written_to(connect: Make, act: str) -> None:
    api = connect(lambda request: httpx.Response(200, json={}))
    with pytest.raises(ForeignWrite, match=STRANGER):
        getattr(api, act)(STRANGER)
    assert api.client.budget.sent == 0


@pytest.mark.parametrize("id", [STRANGER.upper(), STRANGER.replace("-", "%2D")])
def test_another_spelling_of_its_id_is_no_way_around(connect: Make, id: str) -> None:
    api = connect(lambda request: httpx.Response(200, json={}))
    with pytest.raises(ForeignWrite):
        api.request("DELETE", f"/api/v1/chats/{id}")


@pytest.mark.parametrize("id", ["42", "chat_0b17", "sessions:7", "a%2Fb", "Zm9v"])
@pytest.mark.parametrize("act", ["submit", "end"])
def test_an_id_of_any_form_is_an_id(connect: Make, act: str, id: str) -> None:
    api = connect(lambda request: httpx.Response(200, json={}))
    with pytest.raises(ForeignWrite):
        getattr(api, act)(id)
    assert api.client.budget.sent == 0


def test_an_id_of_any_form_is_guarded_when_an_open_gave_it(connect: Make, session: Make) -> None:
    api = connect(lambda request: httpx.Response(200, json=session(id="42", channel="web")))
    api.open(endpoint={"from": "1"})
    with pytest.raises(Blocked, match="somebody else's"):
        api.end("42")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", f"/api/v1/chats/{STRANGER}/"),
        ("POST", f"/api/v1/chats/{STRANGER}/reopen"),
        ("POST", f"/API/v1/Chats/{STRANGER}/end"),
    ],
)
def test_what_the_contract_has_not_is_guarded_too(connect: Make, method: str, path: str) -> None:
    api = connect(lambda request: httpx.Response(200, json={}))
    with pytest.raises(ForeignWrite):
        api.request(method, path)


@pytest.mark.parametrize("base", ["", "/staging/eu"])
def test_other_paths_of_a_contract_are_guarded_alike(
    contract: Contract, tmp_path: Path, base: str
) -> None:
    moved = tmp_path / "openapi.yaml"
    text = contract.main.raw.decode().replace("/api/v1/chats", "/v2/conversations")
    for old in ("{id}", "name: id\n      in: path", "parameters: {id: "):
        text = text.replace(old, old.replace("id", "key", 1))
    moved.write_text(text)
    config = Config(target=f"http://t.test{base}", agent="a", max_sessions=9, max_turns=9)
    client = Client(config, watch_of(Contract(moved)), Evidence())
    client.http = httpx.Client(
        transport=httpx.MockTransport(lambda request: httpx.Response(200, json={}))
    )
    api = Api(client, "conf-0123abcd")
    with pytest.raises(ForeignWrite, match="somebody-else"):
        api.request("POST", "/v2/conversations/somebody-else/end")
    assert api.request("POST", "/api/v1/callresults/search").status == 200
    client.close()


def test_a_session_of_somebody_else_may_be_read(connect: Make) -> None:
    api = connect(lambda request: httpx.Response(404))
    assert api.get(STRANGER).status == 404


def test_a_declared_unknown_id_may_be_written_to(connect: Make) -> None:
    api = connect(lambda request: httpx.Response(404))
    assert api.end(api.unknown_id()).status == 404


def test_what_the_run_opened_may_be_written_to(connect: Make, session: Make) -> None:
    api = connect(lambda request: httpx.Response(201, json=session()))
    id = api.open().id
    assert api.end(id.upper()).status == 201


def test_a_duplicate_of_another_channel_is_neither_entered_nor_written_to(
    connect: Make, session: Make
) -> None:
    api = connect(lambda request: httpx.Response(200, json=session(id=STRANGER, channel="web")))
    api.open(endpoint={"from": "1"})
    assert api.client.ledger.left_open == []
    assert api.client.ledger.unproven == {STRANGER}
    with pytest.raises(Blocked, match="somebody else's"):
        api.end(STRANGER)


@pytest.mark.parametrize(("status", "external_id"), [(201, {"from": "1"}), (200, None)])
def test_a_new_session_is_entered_whatever_its_channel(
    connect: Make, session: Make, status: int, external_id: Any
) -> None:
    answer = httpx.Response(status, json=session(id=STRANGER, channel="other"))
    api = connect(lambda request: answer)
    api.open(endpoint=external_id)
    assert api.client.ledger.left_open == [STRANGER]


# Cleaning up.


@pytest.mark.parametrize("final", [True, False])
def test_what_will_not_be_ended_is_looked_at_before_it_is_told_as_left_open(
    connect: Make, session: Make, final: bool
) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/end"):
            return httpx.Response(409)
        return httpx.Response(200, json=session(is_final=final and request.method == "GET"))

    api = connect(answer)
    id = api.open().id
    clean_up(api)
    assert api.client.ledger.left_open == ([] if final else [id])


# Budgets.


def test_an_open_that_was_not_answered_counts_in_the_budget(connect: Make) -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("")

    api = connect(silent, max_sessions=1)
    with pytest.raises(Blocked, match="not answered"):
        api.open()
    with pytest.raises(Blocked, match="budget of 1 sessions"):
        api.open()
    assert api.client.ledger.unanswered == [api.channel]


@pytest.mark.parametrize(
    "answer", [httpx.Response(504), httpx.Response(500, json={}), httpx.Response(201, text="{")]
)
def test_an_open_that_only_a_gateway_answered_is_looked_for(
    connect: Make, answer: httpx.Response
) -> None:
    api = connect(lambda request: answer)
    with suppress(Hiccup):
        api.open()
    assert api.client.ledger.unconfirmed == {api.channel}


def test_an_item_that_is_no_session_keeps_no_other_from_being_ended(
    connect: Make, session: Make
) -> None:
    ended = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/end"):
            ended.append(request.url.path.split("/")[-2])
            return httpx.Response(200, json=session(is_final=True, id=ended[-1]))
        if request.method == "GET" and request.url.params:
            channel = request.url.params["channel"]
            items = [7, {"channel": channel}, {"id": 7}, session(channel=channel)]
            return httpx.Response(200, json={"items": items, "total_count": 4})
        return httpx.Response(500)

    api = connect(answer)
    api.open(channel=f"{api.run}-1")
    clean_up(api)
    assert ended == [session()["id"]]


def test_an_open_is_looked_for_once_where_lists_never_end(connect: Make, session: Make) -> None:
    looks = []

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "GET" and (take := request.url.params.get("take")):
            looks.append(request.url.params.get("state"))
            return httpx.Response(200, json={"items": [session()] * int(take), "total_count": 9})
        return httpx.Response(504)

    api = connect(answer)
    with suppress(Hiccup):
        api.open()
    clean_up(api)
    assert looks == ["active"]


def test_a_refused_open_is_not_looked_for(connect: Make) -> None:
    api = connect(lambda request: httpx.Response(409, json={}))
    api.open()
    assert not api.client.ledger.unconfirmed


def test_an_open_that_was_interrupted_is_looked_for(connect: Make) -> None:
    def stopped(request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    api = connect(stopped)
    with pytest.raises(KeyboardInterrupt):
        api.open()
    assert api.client.ledger.unanswered == [api.channel]


@pytest.mark.parametrize("most", [1, 3])
def test_no_more_requests_at_a_time_than_allowed(connect: Make, most: int) -> None:
    lock, now, peak = threading.Lock(), [0], [0]

    def answer(request: httpx.Request) -> httpx.Response:
        with lock:
            now[0] += 1
            peak[0] = max(peak[0], now[0])
        time.sleep(0.02)
        with lock:
            now[0] -= 1
        return httpx.Response(200, json={})

    api = connect(answer, max_concurrency=most)
    threads = [threading.Thread(target=api.list) for _ in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert peak[0] == most


@pytest.mark.parametrize("setting", ["max_concurrency", "max_seconds", "repeats"])
def test_a_limit_below_its_least_is_refused(setting: str) -> None:
    given: dict[str, Any] = {setting: -1}
    with pytest.raises(UsageError, match=setting.replace("_", "-")):
        Config(**given)


def test_after_the_last_second_nothing_is_sent_but_ends(connect: Make) -> None:
    api = connect(lambda request: httpx.Response(404), max_seconds=0.01)
    time.sleep(0.02)
    with pytest.raises(Blocked, match=r"budget of 0\.01 seconds"):
        api.list()
    api.client.wind_down()
    assert api.end(api.unknown_id()).status == 404


def test_a_clean_up_that_takes_too_long_is_given_up(connect: Make, session: Make) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        ids.append(str(uuid.uuid4()))
        return httpx.Response(201, json=session(id=ids[-1], channel=api.channel))

    ids: list[str] = []
    api = connect(answer)
    for _ in range(3):
        api.open()
    api.client.pace.rate = 0.1  # ends are due 10 s apart
    begun = time.monotonic()
    clean_up(api, begun + 1)
    assert time.monotonic() < begun + 5
    assert len(api.client.ledger.left_open) >= 2


def test_a_run_that_is_stopped_tells_what_is_left(make_run: Make) -> None:
    said: list[str] = []
    run = make_run(cleanup_wait=0.0)
    run.say = said.append
    run.client.ledger.note_open(str(uuid.uuid4()))
    with run.to_its_end():
        raise KeyboardInterrupt
    assert said == ["\nclean-up  given up after 0 s, 1 session left"]
    assert run.cause == "the run was interrupted"


def test_a_run_out_of_time_is_inconclusive_and_ends_its_sessions(suite: Make, mock: Any) -> None:
    ended = suite("--rate", "30", "--max-seconds", "1", "--cleanup-wait", "30", target=mock)
    assert ended.code == 3
    assert "budget of 1 seconds" in ended.out
    assert mock.left_by(ended) == []


def test_without_two_requests_at_a_time_no_race_passes(suite: Make, mock: Any) -> None:
    words = ("--profile", "races", "--rule", "RACE-01", "--max-concurrency", "1")
    ended = suite(*words, target=mock)
    assert ended.code == 3
    assert ended.rule("RACE-01")["outcome"] == "not-run"

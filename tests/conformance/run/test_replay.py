import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from conformance.config.settings import Config, UsageError
from conformance.contract.document import Contract
from conformance.contract.parts import Json
from conformance.judging.evidence import Evidence
from conformance.registry import watch_of
from conformance.run.replay import Replay, _body, recorded, replay_of, resend
from conformance.target.api import Api
from conformance.target.client import Client
from conformance.target.tokens import PLACEHOLDER

Make = Callable[..., Any]
OLD = "3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10"
NEW = "aaaaaaaa-6a51-4d0b-9e58-1f7a6c2d8b10"
CONTENT = f'{{"content": "{OLD}"}}'.encode()
STRANGER = "bbbbbbbb-6a51-4d0b-9e58-1f7a6c2d8b10"
OPEN = b'{"channel": "conf-01234567-4", "additional_data": {"conformance_run": "conf-01234567"}}'


@pytest.fixture
def sent() -> list[httpx.Request]:
    return []


@pytest.fixture
def api(contract: Contract, session: Make, sent: list[httpx.Request]) -> Api:
    """A target that opens NEW, and answers everything else 404."""

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        opens = request.url.path == "/api/v1/chats"
        return httpx.Response(201, json=session(id=NEW)) if opens else httpx.Response(404)

    client = Client(
        Config(target="http://t.test", max_sessions=9, max_turns=9), watch_of(contract), Evidence()
    )
    client.http = httpx.Client(transport=httpx.MockTransport(answer))
    return Api(client, "conf-89abcdef", "replay")


def step(operation: str, path: str, body: bytes | None = None, **changes: Any) -> Json:
    headers = {"authorization": "Bearer $CONFORMANCE_TOKEN", "content-type": "application/json"}
    request: Json = {"headers": headers, "opened": None}
    request |= {} if body is None else {"body": body.decode()}
    status = changes.pop("status", 200)
    return {
        "operation": operation,
        "method": "GET" if operation == "getChat" else "POST",
        "path": path,
        "status": status,
        "request": request | changes,
    }


def replay(*steps: Json) -> Replay:
    return Replay((("END-03", steps),), ("END-03",), ("core",), 1)


def told(replay: Replay, api: Api) -> list[str]:
    lines: list[str] = []
    resend(replay, api, lines.append)
    return lines


def test_a_session_of_today_takes_the_place_of_the_recorded_one(
    api: Api, sent: list[httpx.Request]
) -> None:
    recording = (
        step("openChat", "/api/v1/chats", OPEN, opened=OLD),
        step("submitMessage", f"/api/v1/chats/{OLD.upper()}/messages", CONTENT),
    )  # fmt: skip
    told(replay(*recording), api)
    assert sent[1].url.path == f"/api/v1/chats/{NEW}/messages"
    assert json.loads(sent[1].content) == {"content": NEW}


def test_the_channel_and_the_tag_are_todays(api: Api, sent: list[httpx.Request]) -> None:
    told(replay(step("openChat", "/api/v1/chats", OPEN, opened=OLD)), api)
    body = json.loads(sent[0].content)
    assert body["channel"].startswith("conf-89abcdef-")
    assert body["additional_data"] == {"conformance_run": "conf-89abcdef"}


def test_two_stories_do_not_share_a_channel(api: Api, sent: list[httpx.Request]) -> None:
    recording = ("END-03", [step("openChat", "/api/v1/chats", OPEN, opened=OLD)])
    resend(Replay((recording, recording), ("END-03",), ("core",), 1), api, lambda _: None)
    assert len({json.loads(request.content)["channel"] for request in sent}) == 2


def test_a_session_that_the_story_did_not_open_is_never_touched(
    api: Api, sent: list[httpx.Request]
) -> None:
    told(replay(step("endChat", f"/api/v1/chats/{STRANGER}/end", b"{}")), api)
    assert STRANGER not in str(sent[0].url)


@pytest.mark.parametrize("name", ["authorization", "x-api-key", "cookie"])
def test_every_recorded_credential_is_sent(api: Api, sent: list[httpx.Request], name: str) -> None:
    key = {name: "chat=$CONFORMANCE_TOKEN"}
    told(replay(step("getChat", "/api/v1/chats/x?key=$CONFORMANCE_TOKEN", headers=key)), api)
    assert sent[0].headers[name] == f"chat={PLACEHOLDER}"
    assert ("authorization" in sent[0].headers) == (name == "authorization")


def test_each_status_is_told_then_and_now(api: Api) -> None:
    recording = (
        step("openChat", "/api/v1/chats", OPEN, opened=OLD, status=201),
        step("endChat", f"/api/v1/chats/{OLD}/end", b"{}"),
    )
    lines = told(replay(*recording), api)
    assert lines[0].startswith("\nreplay    END-03, 2 requests")
    assert lines[1].split() == ["openChat", "201", "→", "201"]
    assert lines[2].split() == ["endChat", "200", "→", "404", "differs"]


@pytest.mark.parametrize("body", [None, b"", b"{}", "Grüße".encode(), b"\xff\xfe", b"x" * 5000])
def test_a_request_survives_the_report(
    contract: Contract, exchange: Make, body: bytes | None
) -> None:
    kept = json.loads(json.dumps(recorded(exchange("openChat", {"id": OLD}, body=body))))
    assert kept["opened"] == OLD
    assert len(json.dumps(kept)) < 500
    entry = {
        "operation": "openChat", "method": "POST", "url": "http://t.test/x", "status": 201,
        "request": kept,
    }  # fmt: skip
    found = {"check": "check_it", "steps": [entry]}
    report = {
        "target": "http://t.test/", "profile": ["core"], "seed": 7,
        "rules": [{"id": "END-03", "findings": [found]}],
    }  # fmt: skip
    made = replay_of(report, contract)
    (rule, (step,)), *_ = made.recordings
    assert (rule, step["path"], _body(step["request"])) == ("END-03", "/x", body)
    assert (made.rules, made.profile, made.seed) == (("END-03",), ("core",), 7)
    assert made.roles(contract) == ["create"]


def test_a_watched_rule_is_judged_by_the_check_that_met_it(contract: Contract) -> None:
    found = {"check": "", "steps": []}
    from conformance.registry import all_checks

    check = all_checks(contract)["END-03"]
    report = {
        "target": "", "profile": ["core"], "seed": 1,
        "rules": [{"id": "LIFE-05", "findings": [{**found, "check": check.name}]}],
    }  # fmt: skip
    assert replay_of(report, contract).rules == ("END-03",)


def test_a_report_without_findings_is_a_usage_error(contract: Contract) -> None:
    with pytest.raises(UsageError, match="no finding"):
        replay_of({"rules": [{"id": "END-03", "findings": []}]}, contract)


def test_a_report_without_requests_is_a_usage_error(contract: Contract) -> None:
    found = {"check": "x", "steps": [{"url": "http://t.test/x"}]}
    rules = [{"id": "END-03", "findings": [found]}]
    with pytest.raises(UsageError, match="does not hold its requests"):
        replay_of({"target": "http://t.test", "profile": [], "seed": 1, "rules": rules}, contract)


def test_a_run_that_only_reads_tells_nothing_again() -> None:
    with pytest.raises(UsageError, match="--read-only"):
        replay().settings(Config(read_only=True))


def test_a_fault_is_shown_again_and_its_repair_too(
    suite: Callable[..., Any], broken: Any, mock: Any
) -> None:
    faulty = f"{broken.url}/second-end"
    first = suite("--target", faulty, "--rule", "END-03", "--repeats", "0")
    file = str(first.directory / "conformance.json")

    again = suite("--replay", file, "--target", faulty, "--repeats", "0")
    assert again.code == 1
    steps = len(first.rule("END-03")["findings"][0]["steps"])
    assert f"replay    END-03, {steps} requests" in again.out
    assert again.rule("END-03")["outcome"] == "fail"

    repaired = suite("--replay", file, target=mock)
    assert repaired.code == 0
    assert "  endChat            200 → 200" in repaired.out
    assert mock.left_by(repaired) == []


def test_a_report_that_is_none_is_a_usage_error(ask: Callable[..., Any], tmp_path: Path) -> None:
    ended = ask("--target", "http://127.0.0.1:9", "--replay", str(tmp_path / "none.json"))
    assert ended.code == 2
    assert "none.json" in ended.err


def test_an_id_of_any_form_that_nobody_opened_is_nobodys(
    api: Api, sent: list[httpx.Request]
) -> None:
    told(replay(step("endChat", "/api/v1/chats/42/end")), api)
    assert "/42/" not in sent[0].url.path


@pytest.mark.parametrize("id", ["42", "chat_0b17", "a/b"])
def test_an_id_of_any_form_is_todays(api: Api, sent: list[httpx.Request], id: str) -> None:
    path = f"/api/v1/chats/{quote(id, safe='')}"
    told(
        replay(
            step("openChat", "/api/v1/chats", b"{}", opened=id),
            step("endChat", f"{path}/end", f'{{"note": "{id}", "n": 42}}'.encode()),
        ),
        api,
    )
    _, after = sent
    assert after.url.path == f"/api/v1/chats/{NEW}/end"
    assert after.read() == f'{{"note": "{NEW}", "n": 42}}'.encode()

"""What a run may never do to a shared system, and what it may never tell."""

import json
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from conformance.api import Api
from conformance.book import Book, Ledger
from conformance.client import FAILURES_TO_TRIP, GATEWAY_ERRORS_TO_TRIP, Client, Trespass
from conformance.config import Config, UsageError
from conformance.contract import Contract
from conformance.findings import Blocked, NotApplicable, Violation
from conformance.limits import Circuit, Deadline
from conformance.plan import cost, selected_checks, with_budgets
from conformance.rules import Check
from conformance.terminal import print_findings
from conformance.watch import Watch

Make = Callable[..., Any]
STRANGER = "bbbbbbbb-6a51-4d0b-9e58-1f7a6c2d8b10"
SECRET = 'sesame/"open"-of-0001'


@pytest.fixture
def connect(contract: Contract) -> Make:
    """A view of a target that answers as told."""

    def make(answer: Callable[[httpx.Request], httpx.Response], **settings: Any) -> Api:
        given = {"agent": "agent-echo", "max_sessions": 99, "max_turns": 99, **settings}
        client = Client(Config(target="http://t.test", **given), Watch(contract), Book())
        client.http = httpx.Client(transport=httpx.MockTransport(answer))
        return Api(client, "conf-0123abcd", "check")

    return make


# Nobody else's sessions.


@pytest.mark.parametrize("act", ["submit", "end"])
def test_a_session_that_the_run_did_not_open_is_not_written_to(connect: Make, act: str) -> None:
    api = connect(lambda request: httpx.Response(200, json={}))
    with pytest.raises(Trespass, match=STRANGER):
        getattr(api, act)(STRANGER)
    assert api.client.requests == 0


@pytest.mark.parametrize("id", [STRANGER.upper(), STRANGER.replace("-", "%2D")])
def test_another_spelling_of_its_id_is_no_way_around(connect: Make, id: str) -> None:
    api = connect(lambda request: httpx.Response(200, json={}))
    with pytest.raises(Trespass):
        api.request("DELETE", f"/api/v1/chats/{id}")


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
    api.open(external_id={"from": "1"})
    assert api.client.ledger.left_open == []
    with pytest.raises(Blocked, match="somebody else's"):
        api.end(STRANGER)


@pytest.mark.parametrize(("status", "external_id"), [(201, {"from": "1"}), (200, None)])
def test_a_new_session_is_entered_whatever_its_channel(
    connect: Make, session: Make, status: int, external_id: Any
) -> None:
    answer = httpx.Response(status, json=session(id=STRANGER, channel="other"))
    api = connect(lambda request: answer)
    api.open(external_id=external_id)
    assert api.client.ledger.left_open == [STRANGER]


# Budgets.


def test_opens_under_way_count_in_the_budget() -> None:
    ledger = Ledger()
    with ledger.one_open(1):
        with pytest.raises(Blocked, match="budget of 1 sessions"):
            with ledger.one_open(1):
                pass
    with ledger.one_open(1):
        pass


def test_an_open_that_was_not_answered_counts_in_the_budget(connect: Make) -> None:
    def silent(request: httpx.Request) -> httpx.Response:
        raise httpx.ReadTimeout("")

    api = connect(silent, max_sessions=1)
    with pytest.raises(Blocked, match="not answered"):
        api.open()
    with pytest.raises(Blocked, match="budget of 1 sessions"):
        api.open()
    assert api.client.ledger.lost == [api.channel]


def test_an_open_that_was_interrupted_is_looked_for(connect: Make) -> None:
    def stopped(request: httpx.Request) -> httpx.Response:
        raise KeyboardInterrupt

    api = connect(stopped)
    with pytest.raises(KeyboardInterrupt):
        api.open()
    assert api.client.ledger.lost == [api.channel]


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


def test_no_limit_of_time_is_none() -> None:
    Deadline(0).check()


def test_a_run_out_of_time_is_inconclusive_and_ends_its_sessions(suite: Make, mock: Any) -> None:
    ended = suite("--rate", "30", "--max-seconds", "1", target=mock)
    assert ended.code == 3
    assert "budget of 1 seconds" in ended.out
    assert mock.left_by(ended) == []


def test_without_two_requests_at_a_time_no_race_passes(suite: Make, mock: Any) -> None:
    words = ("--profile", "races", "--rule", "RACE-01", "--max-concurrency", "1")
    ended = suite(*words, target=mock)
    assert ended.code == 3
    assert ended.rule("RACE-01")["outcome"] == "not-run"


# The circuit.


def test_a_gateway_that_only_fails_breaks_the_circuit(connect: Make) -> None:
    statuses = iter([502, 503, 504] * 9)
    api = connect(lambda request: httpx.Response(next(statuses)))
    for _ in range(GATEWAY_ERRORS_TO_TRIP):
        api.list()
    with pytest.raises(Blocked, match="10 requests in a row 502, 503 or 504"):
        api.list()


def test_an_agent_that_fails_now_and_then_does_not_break_it(connect: Make) -> None:
    statuses = iter([502, 502, 200] * 20)
    api = connect(lambda request: httpx.Response(next(statuses), json={}))
    for _ in range(60):
        api.list()


def test_a_500_is_no_gateway(connect: Make) -> None:
    api = connect(lambda request: httpx.Response(500))
    for _ in range(GATEWAY_ERRORS_TO_TRIP + 5):
        api.list()


def test_a_broken_circuit_stays_broken_until_it_is_reset() -> None:
    circuit = Circuit(FAILURES_TO_TRIP, GATEWAY_ERRORS_TO_TRIP)
    for _ in range(FAILURES_TO_TRIP):
        circuit.note(None)
    circuit.note(200)
    with pytest.raises(Blocked, match="5 requests in a row unanswered"):
        circuit.check()
    circuit.reset()
    circuit.check()


# Repetition.


def again(make_run: Make, *ends: Exception | None, pack: str = "core", repeats: int = 2) -> Any:
    """The finding of a check that failed, and then ends like this when it is repeated."""
    left = list(ends)

    def check_it(api: Api) -> None:
        end = left.pop(0)
        if end:
            raise end

    run = make_run(repeats=repeats)
    check = Check("END-01", pack, check_it, 1, 0, False)  # type: ignore[arg-type]
    api = run.api("check_it")
    api.report("END-01", Violation("a final session", "active"))
    run.violated.append((check, {"api": api}))
    run._repeat()
    return run.book.findings["END-01"][0]


FAILS, PASSES = Violation("a final session", "active"), None


@pytest.mark.parametrize(
    ("ends", "failed", "runs"),
    [
        ((FAILS, FAILS), 3, 3),
        ((PASSES, FAILS), 2, 3),
        ((PASSES, PASSES), 1, 3),
        ((Blocked("no budget"),), 1, 1),
        ((FAILS, NotApplicable("another way")), 2, 2),
        ((ValueError("a fault"),), 1, 1),
    ],
)
def test_a_failed_check_is_repeated(
    make_run: Make, ends: tuple[Exception | None, ...], failed: int, runs: int
) -> None:
    finding = again(make_run, *ends)
    assert (finding.failed, finding.runs) == (failed, runs)


@pytest.mark.parametrize("pack", ["ttl", "model", "generated"])
def test_a_pack_that_takes_long_is_not_repeated(make_run: Make, pack: str) -> None:
    assert again(make_run, pack=pack).runs == 1


def test_repetition_can_be_switched_off(make_run: Make) -> None:
    assert again(make_run, repeats=0).runs == 1


def test_what_is_seen_while_repeating_is_not_counted_again(make_run: Make) -> None:
    run = make_run()
    api = run.api("check_it")
    api.report("SES-01", Violation("a", "b"))
    run._repeat()
    api.report("SES-01", Violation("a", "b"))
    api.report("SES-02", Violation("a", "b"))
    assert [finding.count for finding in run.book.findings["SES-01"]] == [1]
    assert len(run.book.findings["SES-02"]) == 1


def test_the_plan_counts_what_repeating_may_cost(contract: Contract) -> None:
    config = Config(profile=("core", "ttl"))
    checks = selected_checks(config, contract)
    sessions, turns, more_sessions, more_turns = cost(config, checks)
    planned = with_budgets(config, checks)
    assert (planned.max_sessions, planned.max_turns) == (
        sessions + more_sessions,
        turns + more_turns,
    )
    waiting = sum(check.sessions for check in checks.values() if check.pack == "ttl")
    assert waiting > 0
    assert more_sessions == 2 * (sessions - 1 - waiting)


def test_how_often_a_check_failed_is_reported(suite: Make, broken: Any) -> None:
    ended = suite("--target", f"{broken.url}/second-end", "--rule", "END-03")
    (finding,) = ended.rule("END-03")["findings"]
    assert (finding["failed"], finding["runs"]) == (3, 3)
    assert "repeated  failed in 3 of 3 runs\n" in ended.out


@pytest.mark.parametrize(
    ("failed", "told"), [(3, "3 of 3 runs\n"), (1, "1 of 3 runs: intermittent\n")]
)
def test_a_failure_that_comes_and_goes_is_labelled(
    capsys: pytest.CaptureFixture[str], failed: int, told: str
) -> None:
    finding = {
        "expected": "a", "actual": "b", "count": 1, "also": [], "steps": [], "rerun": "",
        "runs": 3, "failed": failed,
    }  # fmt: skip
    rule = {
        "id": "END-01", "level": "MUST", "outcome": "fail", "text": "Text.", "line": 1,
        "evidence": "explicit", "source": "end", "findings": [finding],
    }  # fmt: skip
    print_findings({"rules": [rule]})
    assert f"repeated  failed in {told}" in capsys.readouterr().out


# Secrets.


@pytest.fixture
def echo() -> Iterator[str]:
    """A server that repeats the key wherever it can: in bodies, in headers, in every spelling."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.rfile.read(int(self.headers.get("content-length") or 0))
            key = str(self.headers.get("authorization")).removeprefix("Bearer ")
            spelt = [key, quote(key, safe=""), b64encode(key.encode()).decode()]
            body = {
                "id": STRANGER, "messages": [{"role": key, "content": key}], "is_final": spelt,
                "last_activity": key, "channel": key, "status": "." * 280 + key, key: key,
            }  # fmt: skip
            content = json.dumps(body).encode()
            self.send_response(201 if self.command == "POST" else 200, key)
            self.send_header("content-type", f"application/{key}")
            self.send_header("cache-control", f"public, {key}")
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def test_no_output_tells_a_planted_key(suite: Make, echo: str, tmp_path: Path) -> None:
    ended = suite(
        *("--target", echo, "--verbose", "--write-baseline", str(tmp_path / "known.toml")),
        CONFORMANCE_TOKEN=SECRET,
        CONFORMANCE_SECOND_TOKEN="second-" + SECRET,
    )
    assert ended.code == 1
    files = [*ended.directory.iterdir(), tmp_path / "known.toml"]
    texts = {file.name: file.read_text() for file in files}
    assert set(texts) >= {
        "conformance.json", "report.html", "summary.md", "junit.xml", "badge.json", "known.toml",
    }  # fmt: skip
    assert "[redacted]" in texts["conformance.json"]
    forms = [SECRET, quote(SECRET, safe=""), b64encode(SECRET.encode()).decode()[:-3]]
    forms += ["sesame", "of-0001"]
    for name, text in {**texts, "out": ended.out, "err": ended.err}.items():
        assert [form for form in forms if form in text] == [], name


def test_a_key_in_a_header_is_not_kept(connect: Make) -> None:
    headers = {"x-echo": SECRET, "x-url": quote(SECRET, safe="")}
    api = connect(lambda request: httpx.Response(200, headers=headers), token=SECRET)
    kept = api.list().answer_headers
    assert (kept["x-echo"], kept["x-url"]) == ("[redacted]", "[redacted]")


@pytest.mark.parametrize("scheme", ["http", "ftp"])
def test_a_password_in_the_target_is_refused_and_not_repeated(suite: Make, scheme: str) -> None:
    ended = suite("--target", f"{scheme}://me:hunter2@127.0.0.1:9")
    assert ended.code == 2
    assert "CONFORMANCE_TOKEN" in ended.err
    assert "hunter2" not in ended.out + ended.err


@pytest.mark.parametrize("end", ["?api_key=hunter2", "#hunter2"])
def test_a_target_with_a_query_is_refused_and_not_repeated(suite: Make, end: str) -> None:
    ended = suite("--target", f"http://127.0.0.1:9/{end}")
    assert ended.code == 2
    assert "hunter2" not in ended.out + ended.err


def test_the_settings_are_printed_without_the_keys(suite: Make, mock: Any) -> None:
    ended = suite("--plan", target=mock, CONFORMANCE_TOKEN=SECRET)
    assert "setting   token = (given)" in ended.out
    assert "setting   max_concurrency = 8" in ended.out
    assert SECRET not in ended.out

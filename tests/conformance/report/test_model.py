"""The report's shape, and what every format of it tells."""

import itertools
import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner

from conformance.judging.evidence import Finding
from conformance.judging.exchange import Exchange
from conformance.registry import all_checks
from conformance.report.html import html
from conformance.report.model import SCHEMA_VERSION, build, discard, write
from conformance.report.terminal import print_findings, print_verdict
from conformance.run.execute import execute
from conformance.run.run import Run
from conformance.target.client import trace

Make = Callable[..., Any]
MEMBERS = {
    "schema_version", "verdict", "exit_code", "target", "contract", "profile", "seed", "started",
    "duration_s", "requests", "sessions_opened", "sessions_left_open", "rules",
}  # fmt: skip
OUTCOMES = {
    "pass", "fail", "warn", "observed", "not-run", "not-selected", "not-applicable", "error",
}  # fmt: skip


def broken(run: Run, *trace: Exchange, rule: str = "END-03", actual: str = "it is active") -> Run:
    run.evidence.settle(rule, "fail", f"expected a final session; got {actual}")
    run.evidence.add(Finding(rule, "a final session", actual, trace, "check_something"))
    return run


def printed(report: dict[str, Any]) -> str:
    @click.command()
    def command() -> None:
        print_findings(report)
        print_verdict(report)

    return CliRunner().invoke(command, catch_exceptions=False).output


def every_format(report: dict[str, Any], directory: Path) -> str:
    return "\n".join([*(file.read_text() for file in write(report, directory)), printed(report)])


def test_the_report_has_the_members_that_others_rely_on(make_run: Make) -> None:
    report = build(make_run())
    assert set(report) >= MEMBERS
    assert report["schema_version"] == SCHEMA_VERSION
    assert set(report["contract"]) == {"version", "sha256"}
    assert report["profile"] == ["core"]


def test_a_card_tells_how_each_request_is_found_in_a_log(
    make_run: Make, exchange: Any, tmp_path: Path
) -> None:
    headers = trace()
    told = exchange("endChat", {}, headers=headers)
    report = build(broken(make_run(), told))
    write(report, tmp_path)
    for text in (printed(report), (tmp_path / "report.html").read_text(encoding="utf-8")):
        assert f"x-request-id {headers['x-request-id']}" in text
        assert f"traceparent {headers['traceparent']}" in text


def test_the_report_has_every_rule_of_the_contract_in_order(make_run: Make) -> None:
    run = make_run()
    rules = build(run)["rules"]
    assert [rule["id"] for rule in rules] == list(run.contract.rules)
    assert {rule["outcome"] for rule in rules} <= OUTCOMES
    assert all(
        {"id", "level", "evidence", "outcome", "reason", "findings"} <= set(rule) for rule in rules
    )


@pytest.mark.parametrize(
    ("outcome", "verdict", "code"),
    [
        ("pass", "conformant", 0),
        ("fail", "non-conformant", 1),
        ("not-run", "inconclusive", 3),
        ("error", "harness-fault", 4),
    ],
)
def test_verdict_and_exit_code_agree(make_run: Make, outcome: Any, verdict: str, code: int) -> None:
    run = make_run()
    run.evidence.settle("END-01", outcome)
    report = build(run)
    assert (report["verdict"], report["exit_code"]) == (verdict, code)


def test_the_same_run_gives_the_same_report(make_run: Make, exchange: Make, tmp_path: Path) -> None:
    run = broken(make_run(), exchange("getChat", {"b": 1, "a": 2}))
    first = every_format(build(run), tmp_path / "one")
    assert every_format(build(run), tmp_path / "two") == first


def test_every_format_is_written(make_run: Make, tmp_path: Path) -> None:
    files = write(build(make_run()), tmp_path / "a" / "b")
    assert {"conformance.json", "junit.xml", "badge.json"} <= {file.name for file in files}
    assert all(file.exists() for file in files)


def test_a_report_of_an_earlier_run_is_discarded(make_run: Make, tmp_path: Path) -> None:
    write(build(make_run()), tmp_path)
    (tmp_path / "notes.txt").touch()
    trace = tmp_path / "conformance.json"
    discard(tmp_path, kept=trace)
    assert {file.name for file in tmp_path.iterdir()} == {"notes.txt", "conformance.json"}
    discard(tmp_path)
    assert not trace.exists()


def test_the_json_is_the_report(make_run: Make, tmp_path: Path) -> None:
    report = build(make_run())
    write(report, tmp_path)
    assert json.loads((tmp_path / "conformance.json").read_text()) == report


def test_the_badge_is_a_shields_endpoint(make_run: Make, tmp_path: Path) -> None:
    write(build(broken(make_run())), tmp_path)
    assert json.loads((tmp_path / "badge.json").read_text()) == {
        "schemaVersion": 1,
        "label": "conformance (core)",
        "message": "non-conformant",
        "color": "red",
    }


def test_a_finding_tells_its_steps(make_run: Make, exchange: Make, session: Make) -> None:
    trace = exchange("openChat", session(), 201), exchange("getChat", session())
    report = build(broken(make_run(), *trace))
    found = next(rule for rule in report["rules"] if rule["id"] == "END-03")["findings"][0]
    assert found["expected"] == "a final session"
    assert [(step["operation"], step["status"]) for step in found["steps"]] == [
        ("openChat", 201),
        ("getChat", 200),
    ]
    assert all("curl" in step["curl"] for step in found["steps"])


def test_looks_that_are_answered_alike_are_told_by_the_first_and_the_last(
    make_run: Make, exchange: Make, session: Make
) -> None:
    opened = exchange("openChat", session())
    looks = [exchange("getChat", session()) for _ in range(9)]
    run = broken(make_run(), opened, *looks, exchange("getChat", session(is_final=True)))
    told = build(run)
    [finding] = [found for rule in told["rules"] for found in rule["findings"]]
    assert [step["started_ms"] for step in finding["steps"]] == [0, 1000, 9000, 10000]
    assert "$(seq 8); do sleep 1; LAST=$(curl" in finding["steps"][2]["curl"]
    polled = [step.get("polled") for step in finding["steps"]]
    assert polled == [None, None, {"times": 9, "seconds": 8.0}, None]
    assert "… polled 9 times over 8.0 s" in printed(told)
    assert "polled 9 times over 8.0 s" in html(told)


def test_looks_that_raced_are_all_told(make_run: Make, exchange: Make, session: Make) -> None:
    looks = [exchange("getChat", session(), started=1.0, finished=2.0) for _ in range(6)]
    told = build(broken(make_run(), *looks))
    [finding] = [found for rule in told["rules"] for found in rule["findings"]]
    assert len(finding["steps"]) == 6
    assert sum("&" in step["curl"] for step in finding["steps"]) == 6


def test_findings_that_end_with_one_exchange_name_each_other(
    make_run: Make, exchange: Make
) -> None:
    shared, other = exchange("getChat", {}), exchange("getChat", {})
    run = broken(make_run(), shared)
    broken(run, other, shared, rule="LIFE-05")
    broken(run, shared, other, rule="LIFE-06")
    rules = {rule["id"]: rule for rule in build(run)["rules"]}
    assert rules["END-03"]["findings"][0]["also"] == ["LIFE-05"]
    assert rules["LIFE-06"]["findings"][0]["also"] == []


def test_a_card_says_rule_place_both_sides_and_steps(make_run: Make, exchange: Make) -> None:
    run = broken(make_run(), exchange("getChat", {}))
    output = printed(build(run))
    line = run.contract.rules["END-03"].line
    for words in ("FAIL END-03 MUST", f"openapi.yaml:{line}", "a final session", "it is active"):
        assert words in output
    assert "curl -sS -i" in output
    assert "non-conformant" in output


def test_what_was_not_run_is_told_with_its_cause(make_run: Make) -> None:
    run = make_run()
    run.evidence.settle("END-01", "not-run", "the moon was full")
    assert "because the moon was full" in printed(build(run))


def again(run: Run, rule: str = "END-03") -> list[str]:
    """The words of the command that a finding tells."""
    found = next(row for row in build(broken(run, rule=rule))["rules"] if row["id"] == rule)
    return shlex.split(found["findings"][0]["rerun"])


def test_the_rerun_command_is_the_run_again(make_run: Make) -> None:
    text = 'it\'s "bye" $HOME'
    run = make_run(
        target="https://x.test/a&b", agent="a b", closing_agent="c", closing_text=text,
        allow_writes=True, profile=("smoke", "races"), seed=7,
    )  # fmt: skip
    words = again(run)
    told = dict(itertools.pairwise(words))
    assert words[:3] == ["python", "-m", "conformance"]
    assert (told["--target"], told["--agent"]) == ("https://x.test/a&b", "a b")
    assert (told["--closing-text"], told["--seed"], told["--rule"]) == (text, "7", "END-03")
    assert told["--profile"] == "smoke,races"
    assert "--allow-writes" in words
    assert run.config.token not in words


def test_the_rerun_of_an_embedded_run_names_no_target(make_run: Make) -> None:
    run = make_run()
    run.embedded = True
    assert "--target" not in again(run)


def test_a_finding_is_rerun_by_the_check_that_met_it(make_run: Make) -> None:
    run = make_run(profile=("model",))
    name = all_checks(run.contract)["LIFE-13"].name
    run.evidence.add(Finding("DEDUP-03", "a", "b", (), name))
    run.evidence.add(Finding("SES-01", "a", "b", (), "preflight"))
    told = {rule["id"]: rule["findings"] for rule in build(run)["rules"]}
    assert "--profile model --rule LIFE-13" in told["DEDUP-03"][0]["rerun"]
    assert "--rule" not in told["SES-01"][0]["rerun"]


def test_a_fault_outside_a_check_is_reported(
    make_run: Make, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run = make_run()

    def fail(*_: Any) -> None:
        raise RuntimeError("pytest stopped")

    monkeypatch.setattr("conformance.run.run.preflight", fail)
    monkeypatch.setattr(run, "_keep_ledger", lambda: None)
    execute(run)
    report = build(run)
    assert (report["verdict"], report["exit_code"]) == ("harness-fault", 4)
    assert "RuntimeError: pytest stopped" in every_format(report, tmp_path)

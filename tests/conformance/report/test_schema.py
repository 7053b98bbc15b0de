"""conformance.json against its published schema, and two runs against each other."""

import copy
import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from conformance.report import model
from conformance.run.baseline import Known, mark

Suite = Callable[..., Any]
Change = Callable[[dict[str, Any]], object]

PROMISED = {
    "schema_version", "verdict", "exit_code", "target", "contract", "profile", "seed", "started",
    "duration_s", "requests", "sessions_opened", "sessions_left_open", "rules",
}  # fmt: skip
# The members that differ between two runs that found the same.
VOLATILE = ("target", "run", "started", "duration_s", "clock_skew_s", "seconds", "reproduce")
PROMISED_OF_A_RULE = {"id", "level", "evidence", "outcome", "reason", "findings"}


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(model.SCHEMA.read_text(encoding="utf-8"))
    return loaded


@pytest.fixture(scope="module")
def validator(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(schema, validate_formats=True)


def errors(validator: jsonschema_rs.Draft202012Validator, report: Any) -> list[str]:
    return [f"{error.instance_path}: {error.message}" for error in validator.iter_errors(report)]


def test_the_schema_is_one(schema: dict[str, Any]) -> None:
    assert jsonschema_rs.meta.is_valid(schema)


def test_every_object_of_the_schema_is_closed(schema: dict[str, Any]) -> None:
    def walk(node: Any, place: str) -> list[str]:
        if isinstance(node, list):
            return [found for item in node for found in walk(item, place)]
        if not isinstance(node, dict):
            return []
        open_here = node.get("type") == "object" and "additionalProperties" not in node
        inner = [found for key, item in node.items() for found in walk(item, f"{place}/{key}")]
        return [place, *inner] if open_here else inner

    assert walk(schema, "") == []


def test_the_promised_members_are_required(schema: dict[str, Any]) -> None:
    assert set(schema["required"]) >= PROMISED
    assert set(schema["$defs"]["rule"]["required"]) >= PROMISED_OF_A_RULE


def test_a_conformant_run_fits(suite: Suite, mock: Any, validator: Any) -> None:
    ended = suite("--profile", "smoke", target=mock)
    assert ended.report["verdict"] == "conformant"
    assert errors(validator, ended.report) == []


def test_a_non_conformant_run_fits(suite: Suite, broken: Any, validator: Any) -> None:
    words = ("--rule", "END-03", "--rule", "RACE-01", "--profile", "core,races")
    report = suite("--target", f"{broken.url}/second-end", *words).report
    assert report["verdict"] == "non-conformant"
    assert any(finding["steps"] for rule in report["rules"] for finding in rule["findings"])
    assert errors(validator, report) == []


def test_a_run_that_met_nobody_fits(suite: Suite, validator: Any) -> None:
    report = suite("--target", "http://127.0.0.1:9", "--profile", "smoke").report
    assert report["verdict"] == "inconclusive"
    assert errors(validator, report) == []


def test_a_run_with_a_baseline_fits(make_run: Callable[..., Any], validator: Any) -> None:
    run = make_run()
    run.evidence.settle("END-02", "fail", "a reason")
    known = {id: Known("Why.", "Where.", date(2026, 1, 2)) for id in ("END-02", "END-03")}
    for today in (date(2026, 1, 1), date(2026, 1, 3)):
        report = mark(model.build(run), Path("b.toml"), known, run.contract, today)
        assert report["baseline"]["stale"]
        assert errors(validator, report) == []


@pytest.mark.slow
def test_two_runs_that_find_the_same_differ_in_the_volatile_members_alone(
    suite: Suite, mock: Any
) -> None:
    def stable() -> dict[str, Any]:
        report: dict[str, Any] = suite("--profile", "smoke", "--seed", "7", target=mock).report
        return {key: value for key, value in report.items() if key not in VOLATILE}

    assert stable() == stable()


@pytest.mark.parametrize(
    "change",
    [
        lambda report: report.update(colour="red"),
        lambda report: report.pop("coverage"),
        lambda report: report.update(verdict="fine"),
        lambda report: report.update(started="yesterday"),
        lambda report: report["rules"][0].update(outcome="green"),
        lambda report: report["rules"][0].update(note=""),
        lambda report: report["coverage"]["statuses"][0]["listed"].update({"2XX": 1}),
    ],
)
def test_a_report_of_another_form_does_not_fit(
    make_run: Callable[..., Any], validator: Any, change: Change
) -> None:
    report = model.build(make_run())
    assert errors(validator, report) == []
    other = copy.deepcopy(report)
    change(other)
    assert errors(validator, other)

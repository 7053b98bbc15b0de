import json
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from conformance.report.compare import compare, lines

Report = dict[str, Any]


def finding(actual: str, check: str = "check_it") -> dict[str, Any]:
    return {"expected": "a final session", "actual": actual, "check": check}


def rule(id: str, outcome: str = "pass", *findings: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": id, "level": "MUST", "text": f"Text of {id}.", "outcome": outcome,
        "reason": "a reason", "findings": list(findings),
    }  # fmt: skip


def report(*rules: dict[str, Any], **members: Any) -> Report:
    return {
        "schema_version": 1,
        "contract": {"version": "1.0.0", "sha256": "0" * 64},
        "profile": ["core"],
        "strict": False,
        "seed": 1,
        "rules": list(rules),
        **members,
    }


def test_the_same_report_differs_in_nothing() -> None:
    one = report(rule("END-01"), rule("END-02", "fail", finding("active")))
    assert compare(one, deepcopy(one)) == {"same": True, "notes": [], "rules": []}


def test_another_outcome_is_told_and_what_is_alike_is_not() -> None:
    one, other = (
        report(rule("END-01"), rule("END-02")),
        report(rule("END-01"), rule("END-02", "fail")),
    )
    found = compare(one, other)
    assert not found["same"]
    assert [(r["id"], r["before"], r["after"]) for r in found["rules"]] == [
        ("END-02", "pass", "fail")
    ]


def test_findings_come_and_go() -> None:
    one = report(rule("END-02", "fail", finding("active"), finding("none")))
    other = report(rule("END-02", "fail", finding("none"), finding("closed")))
    (found,) = compare(one, other)["rules"]
    assert found["gone"] == ["expected a final session; got active"]
    assert found["new"] == ["expected a final session; got closed"]


@pytest.mark.parametrize(
    ("then", "now"),
    [
        ("3f0c9f4e-6a51-4d0b-9e58-1f7a6c2d8b10", "AAAAAAAA-6a51-4d0b-9e58-1f7a6c2d8b10"),
        ('"2026-01-05T09:00:00.1Z"', '"2026-02-05T10:00:00+01:00"'),
        ("channel conf-0123abcd-4", "channel conf-89abcdef-17"),
        ("0.1-3.2 ms submit 200", "11.0-13.9 ms submit 200"),
        ("no webhook came to http://127.0.0.1:4010/", "no webhook came to http://[::1]:99/"),
    ],
)
def test_ids_times_and_tags_are_no_difference(then: str, now: str) -> None:
    one, other = (report(rule("END-02", "fail", finding(text))) for text in (then, now))
    assert compare(one, other)["same"]


@pytest.mark.parametrize(("then", "now"), [("status 200", "status 404"), ("2 items", "3 items")])
def test_statuses_and_counts_are_a_difference(then: str, now: str) -> None:
    one, other = (report(rule("END-02", "fail", finding(text))) for text in (then, now))
    assert not compare(one, other)["same"]


def test_a_finding_that_another_check_met_is_the_same() -> None:
    one = report(rule("END-02", "fail", finding("active", "check_one")))
    other = report(rule("END-02", "fail", finding("active", "check_other")))
    assert compare(one, other)["same"]


def test_another_contract_and_profile_are_noted_and_are_no_difference() -> None:
    other = report(contract={"version": "1.1.0", "sha256": "f" * 64}, profile=["smoke"], seed=2)
    found = compare(report(), other)
    assert found["same"]
    assert found["notes"] == [
        "contract 1.0.0 (000000000000) → 1.1.0 (ffffffffffff)",
        "profile core → smoke",
        "seed 1 → 2",
    ]


def test_a_rule_of_one_report_alone_is_a_difference() -> None:
    found = compare(report(rule("END-01")), report(rule("END-02")))
    assert [(r["id"], r["before"], r["after"]) for r in found["rules"]] == [
        ("END-02", None, "pass"),
        ("END-01", "pass", None),
    ]


def test_the_words_name_rule_change_and_findings() -> None:
    other = report(rule("END-02", "fail", finding("active")))
    told = "\n".join(lines(compare(report(rule("END-02")), other)))
    assert "END-02   MUST   pass → fail" in told
    assert "  new   expected a final session; got active" in told
    assert told.endswith("1 rule differs")


def write(path: Path, text: str) -> str:
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{", "is not JSON"),
        ("[]", "no conformance.json of version 1"),
        ('{"schema_version": 2}', "it says 2"),
    ],
)
def test_a_file_that_is_no_report_is_a_usage_error(
    ask: Callable[..., Any], tmp_path: Path, text: str, told: str
) -> None:
    good = write(tmp_path / "good.json", json.dumps(report()))
    ended = ask("compare", good, write(tmp_path / "bad.json", text))
    assert ended.code == 2
    assert told in ended.err
    assert "bad.json" in ended.err


@pytest.mark.slow
def test_a_faulty_target_beside_the_reference(
    suite: Callable[..., Any], mock: Any, broken: Any
) -> None:
    words = ("--rule", "END-03", "--repeats", "0")
    good = suite(*words, target=mock)
    bad = suite(*words, "--target", f"{broken.url}/second-end")
    files = [str(ended.directory / "conformance.json") for ended in (good, bad)]

    same = suite("compare", files[0], files[0])
    assert (same.code, same.out) == (0, "no difference\n")

    told = suite("compare", *files)
    assert told.code == 1
    assert "END-03   MUST   pass → fail" in told.out
    assert "END-01" not in told.out

    found = json.loads(suite("compare", *files, "--json").out)
    assert [entry["id"] for entry in found["rules"]] == ["END-03", "LIFE-05"]

"""What a verdict is about is told in every format, and never more than was judged."""

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from conformance.report.html import html
from conformance.report.junit import junit
from conformance.report.markdown import markdown
from conformance.report.model import build, write
from conformance.run.baseline import Known, mark
from conformance.run.scope import left_out

Make = Callable[..., Any]


def badge(report: dict[str, Any], directory: Path) -> dict[str, Any]:
    write(report, directory)
    told: dict[str, Any] = json.loads((directory / "badge.json").read_text())
    return told


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "the profile core"),
        ({"rules": ("OPEN-01",)}, "the rule OPEN-01"),
        ({"rules": ("OPEN-01", "END-02")}, "the rules OPEN-01, END-02"),
        ({"read_only": True}, "the profile core, read-only"),
        ({"insecure": True}, "the profile core, --insecure: no certificate was checked"),
    ],
)
def test_every_format_tells_the_scope(
    make_run: Make, tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    report = build(make_run(**settings))
    assert report["scope"] == words
    assert f"for {words}" in markdown(report)
    assert f"for {words}" in junit(report)
    assert f"for <strong>{words}</strong>" in html(report)
    label = words.removeprefix("the ").removeprefix("profile ")
    assert badge(report, tmp_path)["label"] == f"conformance ({label})"


def test_a_partial_run_has_no_green_badge(make_run: Make, tmp_path: Path) -> None:
    assert badge(build(make_run()), tmp_path)["color"] == "brightgreen"
    assert badge(build(make_run(read_only=True)), tmp_path)["color"] == "blue"


def test_a_rule_that_the_selection_leaves_out_says_so(make_run: Make) -> None:
    narrow = make_run(rules=("OPEN-01",)).config
    assert left_out(narrow, "END-02", "core") == "left out by --rule"
    assert left_out(narrow, "TTL-01", "ttl") == "belongs to the pack ttl"
    reading = make_run(read_only=True).config
    assert left_out(reading, "END-02", "core") == "writes, and the run is --read-only"


def test_a_named_pack_without_any_evidence_is_inconclusive(suite: Make, mock: Any) -> None:
    ended = suite("--profile", "webhooks", target=mock)
    assert ended.code == 3
    assert "nothing of the pack webhooks was evaluated" in ended.report["cause"]
    assert "was given no webhook listener" in ended.out


def test_a_stale_baseline_is_red_in_every_format(make_run: Make, tmp_path: Path) -> None:
    run = make_run()
    known = {"END-03": Known("Fixed in 2.4.", "https://tracker.test/1")}
    report = mark(build(run), Path("known.toml"), known, run.contract, date(2026, 6, 1))
    assert (report["verdict"], report["exit_code"]) == ("conformant", 1)
    told = badge(report, tmp_path)
    assert (told["message"], told["color"]) == ("conformant, with a stale baseline", "red")
    assert markdown(report).startswith("## ❌ conformant, with a stale baseline")
    assert 'data-verdict="non-conformant"' in html(report)
    assert 'failures="1"' in junit(report)

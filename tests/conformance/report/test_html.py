"""The HTML report: what it says, and what it loads."""

import base64
import hashlib
import json
import re
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from selenium import webdriver

from conformance.judging.outcomes import STEERING
from conformance.report.html import html, main, timeline
from conformance.run.baseline import Known, mark
from conformance.run.run import Run

MakeRun = Callable[..., Run]
Browser = webdriver.Chrome


def test_the_page_is_made_from_the_data_alone(report: dict[str, Any]) -> None:
    assert html(json.loads(json.dumps(report))) == html(report)


def test_the_page_can_be_made_again_from_the_file(
    report: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "conformance.json"
    file.write_text(json.dumps(report), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["html", str(file)])
    main()
    assert capsys.readouterr().out == html(report)


@pytest.mark.parametrize("words", [[], ["no-such-file"], ["a", "b"]])
def test_a_wrong_call_ends_in_a_sentence(words: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["html", *words])
    with pytest.raises(SystemExit, match=r"usage|no-such-file is no readable"):
        main()


def test_every_rule_is_told(report: dict[str, Any]) -> None:
    page = html(report)
    assert re.findall(r'id="rule-([A-Z]+-\d\d)"', page) == [rule["id"] for rule in report["rules"]]


def test_nothing_turns_the_page_round(report: dict[str, Any]) -> None:
    page = html({**report, "cause": "\u202e\x9b31m\x80", "target": "http://\u2066"})
    assert not STEERING.search(page)
    assert "\\u202e\\x9b31m\\x80" in page


def test_nothing_is_loaded(report: dict[str, Any]) -> None:
    page = html(report)
    assert not re.findall(r"<(?:link|img|iframe|object|embed)\b", page)
    assert not re.findall(r"<\w[^>]*\ssrc=|@import|url\(", page)
    assert "default-src 'none'" in page


def test_only_the_pages_own_script_may_run(report: dict[str, Any]) -> None:
    page = html(report)
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(scripts[0].encode()).digest()).decode()
    assert len(scripts) == 1
    assert f"script-src 'sha256-{digest}'" in page


def test_a_known_failure_is_told_with_its_reason(report: dict[str, Any], contract: Any) -> None:
    known = {"RACE-01": Known("It is being mended.", "https://tracker.test/1")}
    page = html(mark(report, Path("known.toml"), known, contract, date(2026, 1, 1)))
    assert "Known: It is being mended." in page
    assert '<a href="https://tracker.test/1"' in page


def test_a_link_that_is_no_address_is_told_as_text(report: dict[str, Any], contract: Any) -> None:
    known = {"RACE-01": Known("It is being mended.", "javascript:alert(1)")}
    page = html(mark(report, Path("known.toml"), known, contract, date(2026, 1, 1)))
    assert 'href="javascript:' not in page


def test_a_story_in_sequence_has_no_timeline() -> None:
    steps = [{"started_ms": 0.0, "elapsed_ms": 2.0}, {"started_ms": 2.0, "elapsed_ms": 2.0}]
    assert timeline(steps) == []
    assert timeline([]) == []


def test_a_timeline_places_each_exchange_by_its_times() -> None:
    steps = [{"started_ms": 0.0, "elapsed_ms": 8.0}, {"started_ms": 5.0, "elapsed_ms": 5.0}]
    bars = timeline(steps)
    assert [(bar["left"], bar["width"]) for bar in bars] == [(0.0, 80.0), (50.0, 50.0)]

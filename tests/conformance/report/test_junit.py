from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

import pytest

from conformance.contract.areas import area_of
from conformance.contract.document import Contract
from conformance.report.junit import junit
from conformance.report.model import build

FINDING = {
    "expected": "a final session",
    "actual": "it is active",
    "mend": "change endChat",
    "steps": [{"curl": "curl -sS -i 'http://x'"}],
    "rerun": "python -m conformance --rule END-01",
}


@pytest.fixture
def parsed(make_run: Callable[..., Any]) -> Callable[..., ElementTree.Element]:
    """The JUnit XML of a report whose rules have passed but for these, parsed."""

    def make(target: str = "http://x", strict: bool = False, **rules: Any) -> ElementTree.Element:
        report = {**build(make_run()), "target": target, "strict": strict}
        for row in report["rules"]:
            change = rules.get(row["id"].replace("-", "_"), {})
            row.update({"outcome": change} if isinstance(change, str) else change)
            if row["outcome"] in ("fail", "warn"):
                row["findings"] = row["findings"] or [FINDING]
        return ElementTree.fromstring(junit(report))

    return make


def case(root: ElementTree.Element, id: str = "END-01") -> ElementTree.Element:
    return next(c for c in root.iter("testcase") if c.attrib["name"].startswith(f"{id} "))


@pytest.mark.parametrize(
    ("id", "outcome", "strict", "kind"),
    [
        ("END-01", "pass", False, None),
        ("END-08", "observed", False, None),
        ("END-01", "fail", False, "failure"),
        ("END-10", "warn", False, None),
        ("END-10", "warn", True, "failure"),
        ("END-08", "error", False, "error"),
        ("END-01", "not-run", False, "error"),
        ("END-10", "not-run", False, "skipped"),
        ("END-01", "not-selected", False, "skipped"),
        ("END-01", "not-applicable", False, "skipped"),
    ],
)
def test_what_becomes_of_an_outcome(
    parsed: Any, id: str, outcome: str, strict: bool, kind: str | None
) -> None:
    found = case(parsed(strict=strict, **{id.replace("-", "_"): outcome}), id)
    kinds = [name for name in ("failure", "error", "skipped") if found.find(name) is not None]
    assert kinds == ([kind] if kind else [])


def test_every_rule_is_a_case_of_one_suite(parsed: Any, contract: Contract) -> None:
    root = parsed()
    names = [found.attrib["name"].split(" ")[0] for found in root.iter("testcase")]
    assert sorted(names) == sorted(contract.rules)
    areas = {area_of(rule.id) for rule in contract.rules.values()}
    assert len(root.findall("testsuite")) == len(areas)


def test_a_suite_counts_its_cases(parsed: Any) -> None:
    root = parsed(END_01="fail", END_02="error", END_03="not-selected")
    suite = next(s for s in root.findall("testsuite") if case(root) in list(s))
    counted = {kind: suite.attrib[kind] for kind in ("failures", "errors", "skipped")}
    assert counted == {"failures": "1", "errors": "1", "skipped": "1"}
    assert suite.attrib["tests"] == str(len(suite.findall("testcase")))


def test_a_failure_tells_the_story(parsed: Any) -> None:
    failure = case(parsed(END_01={"outcome": "fail", "reason": "because"})).find("failure")
    assert failure is not None
    assert failure.get("message") == "because"
    for words in ("a final session", "it is active", "curl -sS -i 'http://x'", "--rule END-01"):
        assert words in (failure.text or "")


@pytest.mark.parametrize("outcome", ["fail", "error", "not-run", "not-selected", "observed"])
def test_any_text_makes_valid_xml(parsed: Any, outcome: str) -> None:
    odd = "\x00\x08\x1b[31m \ud800 \ufffe ]]> <b> & \" ' \u2028 👩 \r\n\t"
    finding = {**FINDING, "actual": odd, "expected": odd}
    found = case(parsed(END_01={"outcome": outcome, "reason": odd, "findings": [finding]}))
    told = "".join(found.itertext())
    told += "".join(value for node in found.iter() for value in node.attrib.values())
    assert "\x1b" not in told
    assert "]]> <b> & \" '" in told
    assert "👩" in told


def test_a_target_of_any_letters_makes_valid_xml(parsed: Any) -> None:
    assert parsed(target="http://x/\x00\x1b").tag == "testsuites"

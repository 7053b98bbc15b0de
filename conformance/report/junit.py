"""The report as JUnit XML: a suite for each area, a case for each rule."""

import re
from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

from ..contract.areas import by_area

FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: dict[str, Any]) -> str:
    """A rule that was not evaluated is never a passed case: a MUST is an error, the rest
    are skipped."""
    rules = {rule["id"]: rule for rule in report["rules"]}
    name = _clean(f"conformance of {report['target']} for {report['scope']}")
    root = ElementTree.Element("testsuites", name=name)
    cases = []
    for area, ids in by_area(rules).items():
        suite = _suite(root, report["areas"][area], report)
        of = [_case(suite, rules[id], report) for id in ids]
        _total(suite, of)
        cases += of
    if of := list(_of_the_run(report)):
        suite = _suite(root, "The run", report)
        suite.extend(of)
        _total(suite, of)
        cases += of
    _total(root, cases)
    root.set("time", f"{report['duration_s']:.3f}")
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _suite(root: ElementTree.Element, name: str, report: dict[str, Any]) -> ElementTree.Element:
    return ElementTree.SubElement(root, "testsuite", name=name, timestamp=report["started"])


def _of_the_run(report: dict[str, Any]) -> Iterator[ElementTree.Element]:
    """A case for whatever keeps the run as a whole from being green."""
    stale = report.get("baseline", {}).get("stale", ())
    told = [("failure", "stale", f"the baseline's {one['rule']}", one["why"]) for one in stale]
    for name in ("fault", "cause"):
        if report[name]:
            told.append(("error", name, f"the {name} of the verdict", report[name]))
    for kind, type, name, why in told:
        case = ElementTree.Element("testcase", classname="conformance.The run", time="0.000")
        case.set("name", name)
        ElementTree.SubElement(case, kind, message=_clean(why), type=type)
        yield case


def _total(element: ElementTree.Element, cases: list[ElementTree.Element]) -> None:
    """How many cases there are of each kind, and how long they took, in seconds."""
    element.set("tests", str(len(cases)))
    for kind, plural in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
        element.set(plural, str(sum(case.find(kind) is not None for case in cases)))
    element.set("time", f"{sum(float(case.get('time', 0)) for case in cases):.3f}")


def _case(
    suite: ElementTree.Element, rule: dict[str, Any], report: dict[str, Any]
) -> ElementTree.Element:
    told = {
        "classname": f"conformance.{suite.get('name')}",
        "name": f"{rule['id']} {rule['text']}",
        "file": report["contract_file"],
        "line": str(rule["line"]),
        "time": f"{report['seconds'].get(rule['id'], 0):.3f}",
    }
    case = ElementTree.SubElement(suite, "testcase", told)
    outcome, reason = rule["outcome"], _clean(rule["reason"])
    if "known" in rule:
        known = _clean(f"known failure: {rule['known']['reason']} ({rule['known']['link']})")
        ElementTree.SubElement(case, "skipped", message=known)
    elif outcome == "fail" or (outcome == "warn" and report["strict"]):
        failure = ElementTree.SubElement(case, "failure", message=reason, type=rule["level"])
        failure.text = _clean("\n\n".join(_trace(finding) for finding in rule["findings"]))
    elif outcome == "error" or (outcome == "not-run" and rule["level"] == "MUST"):
        ElementTree.SubElement(case, "error", message=reason, type=outcome)
    elif outcome in ("not-run", "not-selected", "not-applicable"):
        ElementTree.SubElement(case, "skipped", message=f"{outcome}: {reason}")
    elif reason:
        ElementTree.SubElement(case, "system-out").text = f"{outcome}: {reason}"
    return case


def _trace(finding: dict[str, Any]) -> str:
    words = {"expected:": "expected", "got:     ": "actual", "mend:    ": "mend"}
    lines = [*(f"{label} {finding[name]}" for label, name in words.items()), ""]
    lines += [step["curl"] for step in finding["steps"]]
    return "\n".join([*lines, "", f"again: {finding['rerun']}"])


def _clean(text: str) -> str:
    """XML 1.0 has no place for most control characters."""
    return FORBIDDEN.sub("\ufffd", text)

"""Each kind of mistake, made in a copy of the contract, is found and named."""

import copy
from collections.abc import Callable
from typing import Any

import pytest

from conformance.cli import lint
from conformance.contract.document import Contract

Spec = dict[str, Any]


@pytest.fixture
def doctored(contract: Contract) -> Callable[..., list[str]]:
    """The problems of the contract after this change to it."""

    def find(change: Callable[[Spec], Any]) -> list[str]:
        made = copy.copy(contract)
        made.__dict__ = {"path": contract.path, "text": contract.text}
        made.spec = copy.deepcopy(contract.spec)
        change(made.spec)
        return list(lint.problems(made))

    return find


def rule(spec: Spec, id: str) -> Spec:
    return next(raw for raw in spec["x-rules"] if raw["id"] == id)


def opened(spec: Spec) -> Spec:
    responses: Spec = spec["paths"]["/api/v1/chats"]["post"]["responses"]
    return responses


def test_the_contract_has_no_problem(contract: Contract) -> None:
    assert list(lint.problems(contract)) == []


MISTAKES: list[tuple[str, Callable[[Spec], Any]]] = [
    ("title", lambda s: s["info"].pop("title")),
    (
        "'OpenedSession' does not fit",
        lambda s: opened(s)["201"]["content"]["application/json"].update(
            examples={"OpenedSession": {"value": {"id": 1}}}
        ),
    ),
    (
        "does not fit",
        lambda s: s["components"]["examples"]["OpenedSession"]["value"].update(status="final"),
    ),
    (
        "the link 'Retrieve' names no operation",
        lambda s: s["components"]["links"]["Retrieve"].update(operationId="getNothing"),
    ),
    (
        "has no parameter 'identity'",
        lambda s: s["components"]["links"]["Retrieve"].update(parameters={"identity": "x"}),
    ),
    (
        "is no expression that can be followed",
        lambda s: s["components"]["links"]["Retrieve"].update(parameters={"id": "$url"}),
    ),
    ("0 rows for active × submit", lambda s: s["x-lifecycle"]["transitions"].pop(0)),
    (
        "2 rows for active × submit",
        lambda s: s["x-lifecycle"]["transitions"].append(s["x-lifecycle"]["transitions"][0]),
    ),
    ("no state 'gone'", lambda s: s["x-lifecycle"]["transitions"][0].update(to="gone")),
    ("no effect 'vanish'", lambda s: s["x-lifecycle"]["transitions"][0].update(effects=["vanish"])),
    ("a reason belongs to", lambda s: s["x-lifecycle"]["transitions"][0].update(reason="ttl")),
    ("a reason belongs to", lambda s: s["x-lifecycle"]["transitions"][1].pop("reason")),
    ("END-01 stands there 2 times", lambda s: s["x-rules"].append(rule(s, "END-01"))),
    ("capitals, a hyphen and two digits", lambda s: rule(s, "END-01").update(id="End-1")),
    ("no level 'OUGHT'", lambda s: rule(s, "END-01").update(level="OUGHT")),
    ("no evidence 'hearsay'", lambda s: rule(s, "END-10").update(evidence="hearsay")),
    ("only an explicit rule is a MUST", lambda s: rule(s, "END-01").update(evidence="inferred")),
    ("no source 'dream'", lambda s: rule(s, "END-01").update(source="dream")),
    ("no operation 'endAll'", lambda s: rule(s, "END-01").update(operations=["endAll"])),
    ("nothing gives a 'moon'", lambda s: rule(s, "END-01").update(needs=["moon"])),
    ("END-01 was removed", lambda s: s["x-rules"].remove(rule(s, "END-01"))),
    ("END-99 is new", lambda s: s["x-rules"].append({**rule(s, "END-01"), "id": "END-99"})),
    ("END-01 has a check, but", lambda s: s["x-rules"].remove(rule(s, "END-01"))),
    ("END-99 has neither", lambda s: s["x-rules"].append({**rule(s, "END-01"), "id": "END-99"})),
    ("END-01 has a check and a reason", lambda s: rule(s, "END-01").update(unchecked="shy")),
    ("SES-01 has a check and a reason", lambda s: rule(s, "SES-01").update(unchecked="shy")),
]


@pytest.mark.parametrize(("words", "change"), MISTAKES, ids=[words for words, _ in MISTAKES])
def test_a_mistake_is_named(
    doctored: Callable[..., list[str]], words: str, change: Callable[[Spec], Any]
) -> None:
    found = doctored(change)
    assert any(words in problem for problem in found)
    assert not any("\n" in problem for problem in found)


def test_a_problem_of_a_rule_names_its_line(
    doctored: Callable[..., list[str]], contract: Contract
) -> None:
    found = doctored(lambda spec: rule(spec, "END-01").update(level="OUGHT"))
    assert any(f"openapi.yaml:{contract.rules['END-01'].line}: END-01" in line for line in found)


def test_a_problem_of_an_example_names_its_place(doctored: Callable[..., list[str]]) -> None:
    def change(spec: Spec) -> None:
        spec["components"]["examples"]["EndedSession"]["value"]["ttl_seconds"] = 1

    assert any(line.startswith("/paths/~1api~1v1~1chats~1{id}/get/") for line in doctored(change))


def test_the_lint_as_a_program_ends_well(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    lint.main()
    assert "agree" in capsys.readouterr().out


def test_the_lint_as_a_program_counts_the_problems(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lint, "problems", lambda contract: iter(["one thing", "another"]))
    with pytest.raises(SystemExit, match="2 problems"):
        lint.main()
    assert capsys.readouterr().out == "one thing\nanother\n"

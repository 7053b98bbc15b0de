"""What the lint says beside what every program says of a broken contract."""

from pathlib import Path

import pytest
from click.testing import CliRunner

from conformance.cli import lint
from conformance.contract.document import Contract, find_contract

END_01 = "  - id: END-01\n"


@pytest.fixture
def copy(contract: Contract, tmp_path: Path) -> Path:
    """The project's contract in another place."""
    path = tmp_path / "openapi.yaml"
    path.write_bytes(contract.main.raw)
    return path


def edit(path: Path, *changes: tuple[str, str]) -> None:
    text = path.read_text(encoding="utf-8")
    for old, new in changes:
        assert text.count(old) == 1
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def without_end_01(path: Path) -> None:
    before, _, after = path.read_text(encoding="utf-8").partition(END_01)
    _, mark, rest = after.partition("  - id:")
    path.write_text(before + mark + rest, encoding="utf-8")


def unchecked(path: Path) -> None:
    edit(path, (END_01, f"{END_01}    unchecked: shy\n"))


def test_the_projects_contract_has_no_problem() -> None:
    assert lint.problems(find_contract()) == []


def test_the_projects_contract_keeps_every_id(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lint, "find_contract", lambda: copy)
    without_end_01(copy)
    found = lint.problems(copy)
    assert any("END-01 was removed" in problem for problem in found)


def test_the_projects_contract_gives_no_reason_beside_a_check(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lint, "find_contract", lambda: copy)
    unchecked(copy)
    line = Contract(copy).rules["END-01"].line
    wanted = f"openapi.yaml:{line}: END-01 has a check and a reason to have none"
    assert wanted in lint.problems(copy)


def test_the_projects_contract_needs_no_checkout_around_it(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lint, "find_contract", lambda: copy)
    assert lint.problems(copy) == []


@pytest.mark.parametrize("change", [without_end_01, unchecked])
def test_a_contract_of_ones_own_may_do_without_a_rule(copy: Path, change: object) -> None:
    assert callable(change)
    change(copy)
    assert lint.problems(copy) == []


def test_every_problem_of_a_kind_is_told_in_the_order_of_the_file(copy: Path) -> None:
    edit(copy, ("title: Chats API", "name: Chats API"), ("initial: active\n", "start: active\n"))
    places = [problem.partition(": ")[0] for problem in lint.problems(copy)]
    assert [place.rpartition("at ")[2] for place in places] == [
        *("/info/title", "/info/name", "/x-lifecycle/initial", "/x-lifecycle/start"),
    ]


def test_what_the_specification_forbids_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    contract = Contract(find_contract())
    monkeypatch.setitem(contract.spec["info"], "license", {})
    (told,) = lint._specification(contract)
    assert told.endswith('at /info/license: "name" is a required property')


def test_the_lint_as_a_program_ends_well() -> None:
    ended = CliRunner().invoke(lint.command)
    assert (ended.exit_code, "agree" in ended.output) == (0, True)


def test_the_lint_as_a_program_counts_the_problems(copy: Path) -> None:
    edit(copy, ("title: Chats API", "name: Chats API"))
    ended = CliRunner().invoke(lint.command, ["--contract", str(copy)])
    assert ended.exit_code == 1
    assert ended.stdout.count("\n") == 2
    assert "2 problems" in ended.stderr


def test_the_contract_may_come_from_the_environment(copy: Path) -> None:
    edit(copy, ("title: Chats API", "name: Chats API"))
    ended = CliRunner().invoke(lint.command, env={"CONFORMANCE_CONTRACT": str(copy)})
    assert str(copy) in ended.stdout

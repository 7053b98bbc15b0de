"""A contract without a word of `x-resource` is served without it, and judged by the other rules."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from conformance.contract.document import Contract
from tests.serving import Api

from .test_judged import broken
from .without import without


@contextmanager
def served(folder: Path, *words: str) -> Iterator[tuple[Api, Contract]]:
    """A mock of a contract without these words, and the contract as the suite reads it."""
    path = folder / "openapi.yaml"
    path.write_text(json.dumps(without(*words)), encoding="utf-8")
    with Api.of(contract=path) as api:
        yield api, Contract(path)


def test_no_search(tmp_path: Path) -> None:
    with served(tmp_path, "operations.search") as (api, contract):
        session = api.open()
        api.end(session["id"])
        state = api.admin("GET", "/state").json()
        assert (state["call_results"], len(state["audit"])) == ([], 1)
        assert api.admin("PUT", "/state", json=state).status_code == 200
        assert broken(contract, api, profile="core") == []


@pytest.mark.parametrize("member", ["mirror", "reason"])
def test_no_member_of_the_state(member: str, tmp_path: Path) -> None:
    with served(tmp_path, f"state.{member}") as (api, contract):
        name = {"mirror": "is_final", "reason": "final_reason"}[member]
        ended = api.end(api.open()["id"]).json()
        assert ended["status"] == "final"
        assert name not in ended
        assert broken(contract, api, profile="core") == []


def test_neither_data_nor_a_note(tmp_path: Path) -> None:
    with served(tmp_path, "request.data", "request.note") as (api, contract):
        session = api.open(additional_data={"ignored": "altogether"})
        assert api.post(f"/api/v1/chats/{session['id']}/end").status_code == 200
        (audit,) = api.admin("GET", "/state").json()["audit"]
        assert "note" not in audit or audit["note"] is None
        assert broken(contract, api, profile="core") == []

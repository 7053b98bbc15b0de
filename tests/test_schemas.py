"""The schemas of the files that people write take what the programs take, and are named there."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema_rs import Draft7Validator

from tests.schemas import schemas

ROOT = Path(__file__).parent.parent
SCHEMAS = {name.removeprefix("schemas/"): made for name, made in schemas().items()}
STAGING = (ROOT / "docs" / "staging.md").read_text(encoding="utf-8")
CONFIG = tomllib.loads(re.findall(r"```toml\n(.*?)```", STAGING, re.DOTALL)[0])
KNOWN = {"reason": "It is being mended.", "link": "https://tracker.test/1"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("suite.json", CONFIG),
        ("suite.json", {"rule": ["END-03"], "strict": True, "ttl_grace": 5}),
        ("mock.json", {"port": 0, "choice": ["duplicate_open=conflict"], "webhook-timeout": 0.5}),
        ("baseline.json", {"END-02": {**KNOWN, "expires": "2026-12-31"}}),
        ("fixture.json", {"sessions": [{"agent_id": "agent-echo", "turns": ["Hello"]}]}),
    ],
)
def test_a_file_that_is_read_fits(name: str, value: Any) -> None:
    assert [error.message for error in Draft7Validator(SCHEMAS[name]).iter_errors(value)] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("suite.json", {"targets": "http://127.0.0.1"}),
        ("suite.json", {"token": "secret"}),
        ("mock.json", {"port": "many"}),
        ("mock.json", {"list-choices": True}),
        ("baseline.json", {"END-02": {"reason": "no link"}}),
        ("baseline.json", {"end": KNOWN}),
        ("fixture.json", {"agents": {"a": {}}}),
    ],
)
def test_a_file_that_is_refused_does_not(name: str, value: Any) -> None:
    assert not Draft7Validator(SCHEMAS[name]).is_valid(value)


@pytest.mark.parametrize("file", ["openapi.yaml", "fixtures/agents.yaml"])
def test_a_file_names_its_schema(file: str) -> None:
    first, _, text = (ROOT / file).read_text(encoding="utf-8").partition("\n")
    named = ROOT.joinpath(file).parent / first.removeprefix("# yaml-language-server: $schema=")
    assert named.resolve().is_file()
    assert isinstance(yaml.safe_load(text), dict)

"""Each format read, or run on the mock, by a program of its own; `nox -s js` installs them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import jsonschema_rs
import pytest

from conformance.cli.export import FORMATS
from conformance.contract.document import Contract
from tests.serving import TOKEN, Api

pytestmark = pytest.mark.npm
HERE = Path(__file__).parent
MODULES = HERE / "node_modules"


@pytest.fixture
def url() -> Iterator[str]:
    with Api.of() as api:
        yield str(api.base_url).rstrip("/")


def laid(format: str, contract: Contract, folder: Path, **replaced: str) -> Path:
    """An export in a folder; the first file."""
    files = FORMATS[format](contract).files
    for name, text in files.items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        for old, new in replaced.items():
            text = text.replace(f"@{old} = ", f"@{old} = {new}\n# ")
        file.write_text(text, encoding="utf-8")
    return folder / next(iter(files))


def run(folder: Path, command: str, *words: str) -> str:
    """What a program of npm prints; it must be content."""
    told = subprocess.run(
        [MODULES / ".bin" / command, *words],
        cwd=folder,
        env={**os.environ, "REDOCLY_TELEMETRY": "off", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout + told.stderr


def test_openapi_is_sound_to_redocly(contract: Contract, tmp_path: Path) -> None:
    file = laid("openapi", contract, tmp_path)
    assert "is valid" in run(tmp_path, "redocly", "lint", file.name)


def test_asyncapi_fits_its_published_schema(contract: Contract, tmp_path: Path) -> None:
    schema = MODULES / "@asyncapi" / "specs" / "schemas" / "3.0.0-without-$id.json"
    document = json.loads(laid("asyncapi", contract, tmp_path).read_text("utf-8"))
    validator = jsonschema_rs.Draft7Validator(json.loads(schema.read_text("utf-8")))
    assert [error.message for error in validator.iter_errors(document)] == []


def test_arazzo_is_run_on_the_mock(contract: Contract, tmp_path: Path, url: str) -> None:
    file = laid("arazzo", contract, tmp_path)
    (tmp_path / contract.path.name).write_bytes(contract.main.raw)
    given = ("--input", "agent=agent-echo", "--input", f"token={TOKEN}", "--server", f"api={url}")
    assert "Workflows: 6 passed, 6 total" in run(tmp_path, "redocly", "respect", file.name, *given)


def test_postman_is_run_on_the_mock(contract: Contract, tmp_path: Path, url: str) -> None:
    file = laid("postman", contract, tmp_path)
    given = ("--env-var", f"baseUrl={url}", "--env-var", f"token={TOKEN}", "--reporters", "json")
    run(tmp_path, "newman", "run", file.name, *given, "--reporter-json-export", "told.json")
    told = json.loads((tmp_path / "told.json").read_text("utf-8"))["run"]["executions"]
    codes = {one["item"]["name"]: one["response"]["code"] for one in told}
    assert codes.keys() == contract.operations.keys()
    assert all(code < 300 for code in codes.values()), codes


def test_an_http_file_is_run_on_the_mock(contract: Contract, tmp_path: Path, url: str) -> None:
    file = laid("http", contract, tmp_path, baseUrl=url, token=TOKEN)
    told = run(tmp_path, "httpyac", "send", file.name, "--all", "--output", "short")
    assert "6 requests processed (6 succeeded)" in told
    assert told.count("=> 20") == 6


def test_bruno_reads_its_files(contract: Contract, tmp_path: Path) -> None:
    laid("bruno", contract, tmp_path)
    read = (
        "const { bruToJsonV2 } = require('@usebruno/lang');"
        "const { readFileSync } = require('fs');"
        "console.log(JSON.stringify(process.argv.slice(1).map("
        "  (file) => bruToJsonV2(readFileSync(file, 'utf8')))));"
    )
    files = sorted(map(str, tmp_path.glob("*.bru")))
    told = subprocess.run(
        ["node", "-e", read, *files], cwd=HERE, capture_output=True, text=True, check=True
    )
    found = {one["meta"]["name"]: one for one in json.loads(told.stdout)}
    assert found.keys() == contract.operations.keys()
    submit = found["submitMessage"]
    assert submit["auth"] == {"bearer": {"token": "{{token}}"}}
    assert contract.takes("submitMessage", json.loads(submit["body"]["json"]))

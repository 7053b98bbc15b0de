"""What the JavaScript is installed from."""

import json
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = ("clients/js", "examples/web", "tests/conformance/export")


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_lock_pins_every_package_by_its_hash_and_names_no_host(folder: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text("utf-8"))
    (_, *packages) = lock["packages"].items()
    assert len(packages) > 20
    resolved = {name: lock["resolved"] for name, lock in packages if "resolved" in lock}
    assert {name: url for name, url in resolved.items() if not url.startswith("file:")} == {}
    assert [n for n, lock in packages if "integrity" not in lock and n not in resolved] == []


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_client_needs_nothing_at_run_time(folder: str) -> None:
    package = json.loads((ROOT / folder / "package.json").read_text("utf-8"))
    assert "dependencies" not in package


def test_no_package_of_a_registry_is_in_the_tree() -> None:
    listed = ["git", "ls-files", "--", "*/node_modules/*", "*/dist/*"]
    told = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True)
    assert told.stdout == ""

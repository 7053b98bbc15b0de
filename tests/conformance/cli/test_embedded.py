"""The mock that a run starts when it is given no target."""

import os
import sys
from pathlib import Path

import pytest

from conformance.cli.embedded import embedded_mock
from conformance.config.settings import Config, UsageError


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such files")
def test_a_contract_that_can_be_read_once_alone_is_told(tmp_path: Path) -> None:
    pipe = tmp_path / "contract.yaml"
    os.mkfifo(pipe)
    with pytest.raises(UsageError, match="can be read once alone"):
        with embedded_mock(Config(contract=pipe), ""):
            pass

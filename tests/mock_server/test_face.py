"""What the package exports, loaded when it is asked for."""

import subprocess
import sys

import pytest

import mock_server


@pytest.mark.parametrize("name", mock_server.__all__)
def test_each_export_is_there_and_documented(name):
    assert getattr(mock_server, name).__name__ == name
    assert f"`{name}`" in mock_server.__doc__


def test_nothing_else_is_exported():
    with pytest.raises(AttributeError, match="nothing"):
        mock_server.nothing


def test_importing_the_package_loads_none_of_it():
    code = (
        "import sys, mock_server\n"
        "print([name for name in sys.modules if name.startswith('mock_server.')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

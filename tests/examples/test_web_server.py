"""The example page's server as a newcomer meets it: its address, a taken port, Ctrl-C."""

import signal
import socket
import subprocess
import sys
from pathlib import Path

SERVE = [sys.executable, str(Path(__file__).parents[2] / "examples" / "web" / "serve.py")]


# What a shell has started in the background ignores Ctrl-C, and so would its children.
HEARING = """
import runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
"""


def test_the_address_names_the_mock_and_ctrl_c_ends_in_silence():
    with subprocess.Popen(
        [SERVE[0], "-c", HEARING, SERVE[1], "0", "--api", "http://127.0.0.1:4999"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        address = process.stdout.readline().strip()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=10)
        assert (process.returncode, said) == (0, "")
    assert address.startswith("http://127.0.0.1:")
    assert address.endswith("/?api=http://127.0.0.1:4999")


def test_a_port_that_is_taken_is_told_in_one_line():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run([*SERVE, port], capture_output=True, text=True, timeout=10)
    (line,) = done.stderr.splitlines()
    assert (done.returncode, f"port {port} cannot be taken" in line) == (1, True)

"""What other platforms lack is done without."""

import json
import subprocess
import sys

import httpx

from tests.serving import clean_environment

WITHOUT_UVLOOP = (
    "import sys; sys.modules['uvloop'] = None\nfrom mock_server.cli.main import main; main()"
)


def test_it_serves_where_there_is_no_uvloop():
    with subprocess.Popen(
        [sys.executable, "-c", WITHOUT_UVLOOP, "--port", "0", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=clean_environment(),
    ) as process:  # fmt: skip
        url = json.loads(process.stdout.readline())["url"]
        assert httpx.get(f"{url}/livez", trust_env=False).status_code == 200
        process.terminate()
        _, told = process.communicate()
    assert (process.returncode, told) == (0, "")

"""Variables of the environment: those for the mock are taken, or named when they are wrong."""

import httpx
import pytest

from tests import programs
from tests.serving import COMMAND, clean_environment

LINKS = {
    "PORT": "tcp://10.0.0.5:4010",
    "SERVICE_HOST": "10.0.0.5",
    "SERVICE_PORT": "4010",
    "SERVICE_PORT_HTTP": "4010",
    "PORT_4010_TCP": "tcp://10.0.0.5:4010",
    "PORT_4010_TCP_ADDR": "10.0.0.5",
    "PORT_4010_TCP_PORT": "4010",
    "PORT_4010_TCP_PROTO": "tcp",
}


def refused(*options, **environment):
    """The one line that the command refuses to start with."""
    result = programs.run([*COMMAND, *options], env=clean_environment(**environment))
    assert result.returncode in (2, 4), result
    (line,) = result.stderr.splitlines()
    return line


@pytest.mark.parametrize("service", ["ADJOURN", "ADJOURN_MOCK"])
def test_what_kubernetes_says_of_a_service_is_not_taken(launch, service):
    links = {f"{service}_{name}": value for name, value in LINKS.items()}
    _, facts = launch(PORT="0", **links)
    assert httpx.get(f"{facts['url']}/livez", trust_env=False).status_code == 200


def test_a_port_of_the_mocks_own_is_taken_beside_a_service(launch):
    _, facts = launch(ADJOURN_PORT="0", ADJOURN_MOCK_PORT="tcp://10.0.0.5:4010")
    assert not facts["url"].endswith(":4010")


def test_what_only_looks_like_a_service_is_refused():
    assert "ADJOURN_MOCK_PORT" in refused(ADJOURN_MOCK_PORT="4010")


@pytest.mark.parametrize("name", ["HOST", "ADJOURN_HOST"])
def test_a_host_that_is_none_is_named_by_its_variable(name):
    line = refused("--port", "0", **{name: "x86_64-conda-linux-gnu"})
    assert "cannot listen on x86_64-conda-linux-gnu" in line
    assert line.endswith(f"told so by {name} of the environment: unset, or give --host and --port")


def test_a_host_of_the_environment_is_nothing_to_a_mock_that_is_told_its_own(launch):
    _, facts = launch("--host", "127.0.0.1", "--port", "0", HOST="x86_64-conda-linux-gnu")
    assert facts["url"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("name", ["PORT", "ADJOURN_PORT"])
@pytest.mark.parametrize("value", ["eighty", "70000", "unix:///run/x"])
def test_a_port_that_is_none_is_named_by_its_variable(name, value):
    line = refused(**{name: value})
    assert name in line
    assert value in line


def test_a_wrong_option_is_named_as_one_whatever_the_environment_says():
    assert "'--port'" in refused("--port", "x", PORT="4010")


def test_the_servers_own_variables_change_nothing(launch):
    _, facts = launch("--port", "0", WEB_CONCURRENCY="x", FORWARDED_ALLOW_IPS="*")
    forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    health = httpx.get(f"{facts['url']}/__admin/health", headers=forwarded, trust_env=False)
    assert health.status_code == 403
    assert "by way of a proxy" in health.json()["detail"]  # the peer itself still counts as local


@pytest.mark.parametrize(
    ("trusted", "believed"), [("127.0.0.1", True), ("127.0.0.0/8", True), ("10.0.0.0/8", False)]
)
def test_a_reverse_proxy_is_believed_where_it_is_trusted(launch, trusted, believed):
    _, facts = launch("--port", "0", "--trust-forwarded", trusted)
    forwarded = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    with httpx.Client(base_url=facts["url"], headers=forwarded, trust_env=False) as client:
        refusal = client.get("/__admin/health").json()["detail"]
    assert ("Only loopback peers" in refusal) is believed  # else the peer itself is taken

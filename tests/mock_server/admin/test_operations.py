"""The mock as a process: configuration, logs, TLS, health, and an end in good order."""

import json
import signal
import ssl
import subprocess
from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest

from tests import programs
from tests.serving import CHATS, COMMAND, HANGING, HELLO, clean_environment, under_way

KEY = {"Authorization": "Bearer k"}


def run(*arguments, **variables):
    """A command to its end: exit code, stdout, stderr."""
    done = programs.run([*COMMAND, *arguments], env=clean_environment(**variables))
    return done.returncode, done.stdout, done.stderr


def test_flag_wins_over_environment_and_environment_over_file(launch, tmp_path):
    file = tmp_path / "mock.toml"
    file.write_text('port = 1\ntoken = "file"\nseed-number = 7\nchoice = ["uuid_case=upper"]\n')
    variables = {"ADJOURN_CONFIG": str(file), "ADJOURN_TOKEN": "env", "ADJOURN_PORT": "2"}
    _, facts = launch("--port", "0", **variables)
    with httpx.Client(base_url=facts["url"], trust_env=False) as client:
        body = {"agent_id": "agent-echo"}
        refused = client.post(CHATS, json=body, headers={"Authorization": "Bearer file"})
        taken = client.post(CHATS, json=body, headers={"Authorization": "Bearer env"})
    assert (refused.status_code, taken.status_code) == (401, 201)
    assert taken.json()["id"] == taken.json()["id"].upper()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("prot = 1", ["'prot'", "did you mean port?"]),
        ("port = ", ["cannot be used"]),
        ('port = "x"', ["--port"]),
    ],
)
def test_a_bad_file_is_refused(tmp_path, text, words):
    file = tmp_path / "mock.toml"
    file.write_text(text)
    code, _, stderr = run("--config", str(file))
    assert code == 2
    for word in words:
        assert word in stderr


def test_an_unknown_variable_is_refused_with_the_nearest_name():
    code, _, stderr = run("--port", "0", ADJOURN_PROT="1")
    assert code == 2
    assert "ADJOURN_PROT" in stderr
    assert "did you mean ADJOURN_PORT?" in stderr
    assert len(stderr.splitlines()) == 1


def test_an_unknown_command_is_refused():
    code, _, stderr = run("clok")
    assert code == 2
    assert "clock" in stderr


def test_a_failure_is_logged_as_json_with_its_request(launch, tmp_path):
    target = "http://127.0.0.1:9/hook"  # the discard port: nobody listens
    process, facts = launch("--port", "0", "--log-format", "json", "--webhook-url", target)
    with httpx.Client(base_url=facts["url"], headers=KEY, trust_env=False) as client:
        session = client.post(CHATS, json={"agent_id": "agent-echo"}).json()["id"]
        client.post(f"{CHATS}/{session}/end")
        entry = json.loads(process.stderr.readline())
    assert (entry["level"], entry["logger"]) == ("warning", "mock_server.webhooks.dispatcher")
    assert session in entry["message"]
    assert entry.keys() >= {"time", "request_id"}


def test_a_stop_finishes_what_is_in_flight(launch):
    process, facts = launch("--port", "0")
    with httpx.Client(base_url=facts["url"], headers=KEY, trust_env=False) as client:
        session = client.post(CHATS, json={"agent_id": "agent-slow"}).json()["id"]
        with under_way(client, "POST", f"{CHATS}/{session}/messages", json=HELLO) as turn:
            process.send_signal(signal.SIGTERM)  # the agent takes a second
    assert turn.result().status_code == 200
    assert process.wait() == 0


def test_a_stop_ends_faults_that_last_longer_than_its_grace(launch):
    process, facts = launch("--port", "0")
    lasting = [
        {"X-Mock-Delay": "60000"},
        {"X-Mock-Fault": "TIMEOUT"},
        {"X-Mock-Fault": "SLOW_DRIP", "X-Mock-Delay": "60000"},
        {"X-Mock-Fault": "SERVER_ERROR", "X-Mock-Delay": "60000"},
    ]
    body = {"agent_id": "agent-echo"}
    with (
        httpx.Client(
            base_url=facts["url"], headers=KEY, timeout=HANGING, trust_env=False
        ) as client,
        ExitStack() as asking,
    ):
        answers = [
            asking.enter_context(under_way(client, "POST", CHATS, json=body, headers=headers))
            for headers in lasting
        ]
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    assert answers[0].result().json()["type"] == "/problems/stopped"
    hung_up = [answer.exception() for answer in answers[1:]]
    assert all(isinstance(error, httpx.RemoteProtocolError) for error in hung_up)
    assert "Traceback" not in process.stderr.read()


def test_a_stop_ends_open_streams_at_once(launch):
    process, facts = launch("--port", "0")
    with (
        httpx.Client(base_url=facts["url"], trust_env=False) as client,
        client.stream("GET", "/__admin/events") as stream,
    ):
        next(stream.iter_raw())
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    assert process.stderr.read() == ""  # nor that the grace was over


def test_a_stop_answers_those_who_wait_for_an_event(launch):
    process, facts = launch("--port", "0")
    wanted = {"match": {"type": "session.final"}, "timeout_ms": 60_000}
    with (
        httpx.Client(base_url=facts["url"], timeout=HANGING, trust_env=False) as client,
        under_way(client, "POST", "/__admin/events/wait-for", json=wanted) as waiting,
    ):
        process.send_signal(signal.SIGTERM)
        assert process.wait() == 0
    assert waiting.result().json()["type"] == "/problems/wait-timeout"
    assert "before the mock was stopped" in waiting.result().json()["detail"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[admin-token]\nx = 1", "admin-token: wanted a plain value, got a table"),
        ('token = ["a", "b"]', "token: wanted one value, got a list of 2"),
        ('port = "high"', "'high' is not a valid integer"),
        ('webhook-url = "http://["', "wanted an http or https URL"),
        ('ssl-keyfile = "key.pem"', "goes with --ssl-certfile"),
    ],
)
def test_a_wrong_value_in_the_file_is_refused(tmp_path, text, words):
    file = tmp_path / "mock.toml"
    file.write_text(text)
    code, _, told = run("--config", str(file))
    assert (code, "Traceback" in told) == (2, False)
    assert words in told


def test_one_value_will_do_for_a_repeatable_option(launch, tmp_path):
    file = tmp_path / "mock.toml"
    file.write_text('allowed-host = "Mock.Test"\nwatch = 0\n')
    _, facts = launch("--port", "0", "--config", str(file))
    headers = {"Host": "mock.test"}
    answer = httpx.get(f"{facts['url']}/__admin/clock", headers=headers, trust_env=False)
    assert answer.status_code == 200


@pytest.fixture
def certificate(tmp_path):
    """A certificate that signed itself, with its key."""
    files = tmp_path / "cert.pem", tmp_path / "key.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "1",
         "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
         "-out", files[0], "-keyout", files[1]],
        check=True, capture_output=True,
    )  # fmt: skip
    return files


def test_tls(launch, certificate):
    chain, key = map(str, certificate)
    _, facts = launch("--port", "0", "--ssl-certfile", chain, "--ssl-keyfile", key)
    assert facts["url"].startswith("https://")
    trust = ssl.create_default_context(cafile=chain)
    with httpx.Client(base_url=facts["url"], headers=KEY, verify=trust, trust_env=False) as client:
        assert client.get(CHATS).status_code == 200
    port = facts["url"].rpartition(":")[2]
    variables = {"ADJOURN_PORT": port, "ADJOURN_SSL_CERTFILE": chain}
    assert run("healthcheck", **variables)[0] == 0


def test_the_key_of_another_certificate_is_told(certificate, tmp_path):
    other = tmp_path / "other.pem"
    command = ("openssl", "genrsa", "-out", other, "2048")
    subprocess.run(command, check=True, capture_output=True)
    chain = str(certificate[0])
    code, _, stderr = run("--port", "0", "--ssl-certfile", chain, "--ssl-keyfile", str(other))
    assert code == 2
    assert "key values mismatch; check --ssl-certfile and --ssl-keyfile" in stderr


def test_a_bad_certificate_is_refused(tmp_path):
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    code, _, stderr = run("--port", "0", "--ssl-certfile", str(bad), "--ssl-keyfile", str(bad))
    assert code == 2
    assert str(bad) in stderr
    assert "Traceback" not in stderr


def test_a_certificate_that_is_not_there_is_named(tmp_path):
    absent = tmp_path / "nope.pem"
    code, _, stderr = run("--port", "0", "--ssl-certfile", str(absent))
    assert code == 2
    assert f"{absent}: No such file or directory; check --ssl-certfile" in stderr


def test_healthcheck(launch):
    _, facts = launch("--port", "0", "--admin-token", "t")
    assert run("healthcheck", "--url", facts["url"]) == (0, "", "")
    assert run("healthcheck", PORT=facts["url"].rpartition(":")[2])[0] == 0
    code, _, stderr = run("healthcheck", "--url", "http://127.0.0.1:9")
    assert code == 1
    assert "no mock answers at http://127.0.0.1:9" in stderr


def test_the_image_runs_as_somebody_else_and_checks_its_health():
    text = (Path(__file__).parents[3] / "Dockerfile").read_text()
    assert "\nUSER 10001" in text
    assert '"healthcheck"' in text
    assert '\nENTRYPOINT ["adjourn-mock"]' in text

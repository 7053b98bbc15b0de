"""The fuzzer sees what goes wrong, and finds nothing in a few requests."""

import socket
import threading
from pathlib import Path

import pytest
import yaml

from tests.hostile.server import listening
from tests.serving import HANGING

from . import run
from .requests import API, PLANE, ROOT, Maker
from .run import DOORS, answered, measure

ADMIN = ROOT / "mock_server" / "admin.yaml"


@pytest.mark.slow
@pytest.mark.parametrize("door", DOORS)
def test_a_few_requests_do_no_harm(door: str, tmp_path: Path) -> None:
    figures = measure(door, 200, 1, tmp_path)
    assert not figures.faults
    assert figures.made == {"grammar": 100, "bytes": 100}
    assert {"200", "400"} <= figures.answers.keys()


def test_a_request_is_made_from_its_number_alone() -> None:
    one, other = (Maker(API + PLANE, ["id"], "1/api") for _ in range(2))
    made = [one.make(number) for number in range(50)]
    assert made == [other.make(number) for number in range(50)]
    assert len({wire for _, wire in made}) == 50


@pytest.mark.parametrize(
    ("answer", "told"),
    [
        (b"HTTP/1.1 500 No\r\n\r\n", "500"),
        (b"HTTP/1.1 204 Yes\r\n\r\n", "204"),
        (b"", "closed"),
        (b"nothing", "closed"),
        (b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n:", "200"),
    ],
)
def test_what_comes_is_told(answer: bytes, told: str) -> None:
    gone = threading.Event()

    def speak(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)
        if b"event-stream" in answer:
            assert gone.wait(HANGING)

    with listening(speak) as url:
        try:
            assert answered(url, b"GET / HTTP/1.1\r\n\r\n") == told
        finally:
            gone.set()


def test_every_operation_is_asked_for_what_it_takes() -> None:
    document = yaml.load(ADMIN.read_text("utf-8"), Loader=yaml.CSafeLoader)
    told = [o for item in document["paths"].values() for o in item.values() if "operationId" in o]
    assert len(PLANE) == len(told)
    maker = Maker(PLANE, ["id"], "1/plane")
    made = b"\n".join(maker.make(number)[1] for number in range(1, 6_000, 2))
    for part in (b"GET /__admin/events HTTP", b'{"match": {"type": "session.final"}, "timeout_ms"'):
        assert part in made
    assert b'"fault": "DUPLICATE"' in made


def test_what_never_ends_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "HANGS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert answered(url, b"GET / HTTP/1.1\r\n\r\n") == "hung"

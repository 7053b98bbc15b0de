"""The fuzzer sees what goes wrong, and finds nothing in a few requests."""

import socket
from pathlib import Path

import pytest

from tests.hostile.server import listening

from . import run
from .requests import API, PLANE, Maker
from .run import DOORS, answered, measure


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
    ],
)
def test_what_comes_is_told(answer: bytes, told: str) -> None:
    def speak(connection: socket.socket) -> None:
        connection.recv(65536)
        connection.sendall(answer)

    with listening(speak) as url:
        assert answered(url, b"GET / HTTP/1.1\r\n\r\n") == told


def test_what_never_ends_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "HANGS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert answered(url, b"GET / HTTP/1.1\r\n\r\n") == "hung"

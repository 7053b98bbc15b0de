"""What a client sends steers no terminal that shows the log."""

import json
import logging

import pytest

from mock_server.serve.logs import _Json, _Text

STEERING = "\u202eevil\u2066\x9b31m\x1b[2J\r\u200f"


def record(message):
    return logging.LogRecord("adjourn", logging.ERROR, "", 0, message, None, None)


@pytest.mark.parametrize("style", [_Text, _Json])
def test_a_line_holds_nothing_that_steers(style):
    line = style().format(record(f"Grüße {STEERING}"))
    assert "Grüße" in line
    assert all(letter.isprintable() for letter in line)


def test_the_json_is_the_message_all_the_same():
    assert json.loads(_Json().format(record(STEERING)))["message"] == STEERING


def test_a_traceback_keeps_its_lines():
    assert "one\n\ttwo" in _Text().format(record("one\n\ttwo"))

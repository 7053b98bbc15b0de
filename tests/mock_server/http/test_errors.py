"""What is raised on the way through the middleware."""

import asyncio

import pytest

from mock_server.http.errors import Errors, refusal
from mock_server.problems.kinds import Problem

SCOPE = {"type": "http", "method": "GET", "path": "/"}


def answers(app):
    """The messages that are sent when the app is called behind `Errors`."""
    sent = []

    async def send(message):
        sent.append(message)

    behind = Errors(app, lambda error, scope: refusal(error, scope, "GET", "problem"))
    asyncio.run(behind(SCOPE, None, send))
    return sent


def test_a_problem_is_told():
    async def app(scope, receive, send):
        raise Problem("unknown-session", "No session has the id x.")

    head, body = answers(app)
    assert head["status"] == 404
    assert b"No session has the id x." in body["body"]


def test_whatever_else_is_raised_is_an_internal_error_that_tells_nothing(caplog):
    async def app(scope, receive, send):
        raise KeyError("secret")

    head, body = answers(app)
    assert head["status"] == 500
    assert b"secret" not in body["body"]
    assert "secret" in caplog.text


def test_what_is_raised_behind_the_head_is_raised_on():
    async def app(scope, receive, send):
        await send({"type": "http.response.start", "status": 200, "headers": []})
        raise KeyError("late")

    with pytest.raises(KeyError, match="late"):
        answers(app)

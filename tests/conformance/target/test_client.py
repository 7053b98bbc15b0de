"""What is sent, and what is recorded of it."""

import httpx
import pytest

from conformance.judging.exchange import Exchange
from conformance.judging.outcomes import Blocked
from conformance.target.api import Api
from conformance.target.circuit import SILENCES_TO_OPEN
from conformance.target.ledger import ForeignWrite

from .conftest import Make, silent


def test_a_final_session_is_not_left_open(connect: Make, session: Make) -> None:
    replies = iter([session(), session(is_final=True)])
    api = connect(lambda request: httpx.Response(200, json=next(replies)))
    id = api.open().id
    assert api.client.ledger.left_open == [id]
    api.end(id)
    assert api.client.ledger.left_open == []


def test_a_refused_open_opens_nothing(connect: Make, session: Make) -> None:
    api = connect(lambda request: httpx.Response(400, json=session()))
    api.open()
    assert api.client.ledger.opened == {}


def test_a_request_without_an_answer_blocks(connect: Make) -> None:
    with pytest.raises(Blocked, match=r"listChats was not answered: ReadTimeout \(no answer\)"):
        connect(silent).list()


def test_a_session_of_somebody_else_is_not_written_to(connect: Make, session: Make) -> None:
    api = connect(lambda request: httpx.Response(200, json=session()))
    for write in (api.end, api.submit):
        with pytest.raises(ForeignWrite, match="was not opened by this run"):
            write(session()["id"])
    assert api.get(session()["id"]).status == 200
    assert api.client.budget.sent == 1


def test_what_cannot_be_sent_is_no_silence_of_the_target(connect: Make) -> None:
    api = connect(lambda request: httpx.Response(200, json={}))
    for _ in range(SILENCES_TO_OPEN + 1):
        with pytest.raises(Blocked, match="could not be sent"):
            api.client.send(broken_draft(api))
    assert api.list().status == 200


def broken_draft(api: Api) -> Exchange:
    return Exchange(0, "getChat", "GET", "http://target.test/base/\x7f", {}, None, api.contract)


def test_a_redirect_is_an_answer(connect: Make) -> None:
    location = {"location": "http://elsewhere.test/"}
    api = connect(lambda request: httpx.Response(302, headers=location))
    assert api.list().status == 302
    assert api.client.budget.sent == 1

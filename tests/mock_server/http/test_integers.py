"""Integers beyond 64 bits keep their digits wherever the contract lets data through."""

import json

import pytest

LARGE = [2**64, 2**64 + 1, 12345678901234567890123, -(10**40)]


@pytest.fixture
def client(client, receiver):
    client.steer("PUT", "/webhooks/target", json={"url": receiver.url})
    return client


@pytest.mark.parametrize("number", LARGE)
def test_in_additional_data_call_results_and_webhooks(client, receiver, number):
    session = client.open(additional_data={"n": number})
    client.end(session["id"])
    (result,) = client.search(callIds=[session["id"]])["results"]
    assert result["callAdditionalData"] == {"n": number}
    receiver.wait_for(1)
    assert b'"n":%d' % number in receiver.bodies[0]
    (logged,) = client.steer("GET", "/webhooks/deliveries")["deliveries"]
    assert logged["payload"]["callAdditionalData"] == {"n": number}


def test_a_search_tells_neighbours_apart(client):
    for number in (2**64, 2**64 + 1):
        client.end(client.open(additional_data={"n": number})["id"])
    for number in (2**64, 2**64 + 1):
        found = client.search(additionalDataFilters={"callAdditionalData.n": number})
        assert [row["callAdditionalData"]["n"] for row in found["results"]] == [number]
    as_float = client.search(additionalDataFilters={"callAdditionalData.n": float(2**64)})
    assert [row["callAdditionalData"]["n"] for row in as_float["results"]] == [2**64]


def test_two_endpoints_that_differ_in_the_last_digit_are_two(client):
    first, again, other = (
        client.open(channel="c", external_id={"n": number})["id"]
        for number in (2**64 + 1, 2**64 + 1, 2**64 + 2)
    )
    assert first == again != other


def test_a_number_is_the_same_however_it_is_written(client):
    client.steer("POST", "/reset")
    ways = ("100", "100.0", "1e2", "1E+2", "10000e-2")
    opened = {_opened(client, f'"external_id": {{"n": [{way}]}}') for way in ways}
    assert len(opened) == 1
    others = ("100.5", '"100"', "true", "1", "-100", "1e3")
    assert len({_opened(client, f'"external_id": {{"n": [{way}]}}') for way in others}) == 6
    client.end(_opened(client, '"additional_data": {"n": {"price": 1e2}}'))
    for way in ways:
        wanted = {"callAdditionalData.n.price": json.loads(way)}
        assert client.search(additionalDataFilters=wanted)["totalCount"] == 1, way
    assert (
        client.search(additionalDataFilters={"callAdditionalData.n.price": "100"})["totalCount"]
        == 0
    )


def _opened(client, members):
    body = f'{{"agent_id": "agent-echo", "channel": "numbers", {members}}}'
    headers = {"Content-Type": "application/json"}
    return client.post("/api/v1/chats", content=body, headers=headers).json()["id"]


def test_in_what_a_tool_is_called_with(client):
    tool = {"name": "order", "arguments": {"n": 2**64 + 1, "id": "{id}"}}
    agents = {"agent-order": {"script": [{"tools": [tool], "reply": "{id}"}]}}
    client.steer("POST", "/seed", json={"agents": agents})
    session = client.open("agent-order", additional_data={"id": 2**64 + 1})["id"]
    called, said = client.submit(session).json()["messages"]
    assert called["tool_calls"][0]["arguments"] == {"n": 2**64 + 1, "id": str(2**64 + 1)}
    assert said["content"] == str(2**64 + 1)


def test_in_a_state_that_is_taken_out_and_put_back(client):
    client.end(client.open(additional_data={"n": 2**64 + 1})["id"])
    state = client.steer("GET", "/state")
    assert str(2**64 + 1) in json.dumps(state)
    client.steer("PUT", "/state", json=state)
    assert client.search()["results"][0]["callAdditionalData"] == {"n": 2**64 + 1}


def test_an_integer_that_is_too_large_for_its_schema_is_refused_in_words(client):
    response = client.post("/api/v1/chats", json={"agent_id": "agent-echo", "ttl_seconds": 2**64})
    (error,) = response.json()["errors"]
    assert error["detail"] == "wanted at most 86400, got the integer 18446744073709551616"

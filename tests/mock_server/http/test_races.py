"""Many at once, over real HTTP: one of them wins and all agree."""

from concurrent.futures import ThreadPoolExecutor

CROWD = 50


def at_once(action, count=CROWD):
    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(action, n) for n in range(count)]]


def test_fifty_ends_make_one_finalisation_and_one_webhook(start, receiver):
    api = start(webhook_url=receiver.url)
    session = api.open()["id"]
    responses = at_once(lambda n: api.end(session, note=str(n)))
    assert {response.status_code for response in responses} == {200}
    assert len({response.text for response in responses}) == 1
    api.end(api.open()["id"])
    payloads = receiver.wait_for(2)
    assert [payload["callId"] for payload in payloads].count(session) == 1
    assert api.search(callIds=[session])["totalCount"] == 1


def test_fifty_opens_of_one_endpoint_make_one_session(start):
    api = start()
    sessions = at_once(lambda _: api.open(external_id={"from": "+1"}, channel="sms"))
    assert len({session["id"] for session in sessions}) == 1
    assert api.list(state="all")["total_count"] == 1


def test_one_key_at_once_makes_one_turn(start):
    api = start(choices=["turn_delay=1"])
    session = api.open()["id"]
    replies = at_once(lambda n: api.submit(session, str(n), idempotency_key="k").json(), 10)
    assert all(reply == replies[0] for reply in replies)
    assert len(api.read(session)["messages"]) == 2


def test_turns_at_once_are_each_kept_whole(start):
    api = start()
    session = api.open()["id"]
    at_once(lambda n: api.submit(session, f"turn {n}"), 20)
    texts = [message["content"] for message in api.read(session)["messages"]]
    assert sorted(texts[::2]) == sorted(f"turn {n}" for n in range(20))
    assert texts[1::2] == [f"You said: {text}" for text in texts[::2]]


def test_a_race_of_end_and_finish_leaves_one_reason(start, receiver):
    api = start(webhook_url=receiver.url)
    sessions = [api.open("agent-closer")["id"] for _ in range(10)]

    def act(n):
        session = sessions[n % 10]
        return api.end(session) if n < 10 else api.submit(session, "bye")

    at_once(act, 20)
    reasons = [api.read(session)["final_reason"] for session in sessions]
    assert set(reasons) <= {"user_end", "agent_finish"}
    told = {body["callId"]: body["result"]["finishReason"] for body in receiver.wait_for(10)}
    assert [told[session] for session in sessions] == reasons
    assert api.search()["totalCount"] == 10

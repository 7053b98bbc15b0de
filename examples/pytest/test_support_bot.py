"""How to test an app of one's own against the mock: `pip install ../.. pytest`, `pytest`."""

import httpx
import pytest
from support_bot import SupportBot


@pytest.fixture
def bot(adjourn_sandbox):
    headers = {"Authorization": "Bearer any", **adjourn_sandbox.headers}
    with httpx.Client(base_url=adjourn_sandbox.url, headers=headers, trust_env=False) as api:
        yield SupportBot(api)


def test_the_bot_passes_on_what_the_agent_says(bot, adjourn_agents):
    agent = adjourn_agents.add("shop", "Hello {customer}!", "You said {text}.")
    bot.greet(agent, "Ada")
    assert bot.say("Hi") == "Hello Ada!"
    assert bot.say("Where is it?") == "You said Where is it?."


def test_the_bot_survives_a_lost_reply_without_speaking_twice(bot, adjourn_sandbox):
    rule = {"operation": "submitMessage", "fault": "COMMIT_THEN_DROP", "times": 1}
    adjourn_sandbox.admin("POST", "/faults", rule)
    bot.greet("agent-echo", "Ada")
    assert bot.say("Hi") == "You said: Hi"
    session = bot.api.get(f"/api/v1/chats/{bot.session}").json()
    assert [line["content"] for line in session["messages"]] == bot.transcript


def test_the_bot_sees_that_a_silent_session_is_over(bot, adjourn_clock):
    bot.greet("agent-echo", "Ada")
    assert not bot.is_over()
    assert adjourn_clock.advance("PT11M")[0]["kind"] == "session.final"
    assert bot.is_over()


def test_the_end_is_told_by_a_webhook(bot, adjourn_webhooks):
    bot.greet("agent-echo", "Ada")
    assert bot.close() == "user_end"
    (received,) = adjourn_webhooks.wait_for(1)
    assert received["body"]["callId"] == bot.session
    assert received["body"]["callAdditionalData"] == {"customer": "Ada"}
    assert adjourn_webhooks.deliveries()[0]["outcome"] == "delivered"


def test_every_test_begins_with_nothing(bot, adjourn_sandbox):
    assert adjourn_sandbox.coverage()["summary"]["operations"]["exercised"] == 0
    assert bot.api.get("/api/v1/chats?state=all").json()["total_count"] == 0

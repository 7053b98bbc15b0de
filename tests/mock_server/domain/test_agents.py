"""Scripted agents: words, scripts, cursors and templates."""

import pytest

from mock_server.contract.fixtures import fixture_violations, load_fixture
from mock_server.contract.locations import resource
from mock_server.domain.agents import (
    Agent,
    Filling,
    Step,
    holds_word,
    load_agents,
    template_values,
)

SCRIPTED = load_agents(
    {
        "agents": {
            "a": {
                "words": [{"word": "stop", "reply": "Done.", "finish": True}],
                "script": [
                    {"reply": "one {name}"},
                    {"tools": [{"name": "t", "arguments": {"q": ["{text}"]}}], "reply": "two"},
                    {"fail": True, "delay": 2},
                ],
            }
        }
    }
)["a"]


def test_the_fixtures_hold_the_seven_agents():
    agents = load_agents(load_fixture(resource("fixtures/agents.yaml")))
    assert agents.keys() >= {
        "agent-echo", "agent-tools", "agent-closer", "agent-slow", "agent-failing",
        "agent-greeter", "agent-disabled",
    }  # fmt: skip


def test_the_cursor_walks_the_script_and_stays_on_its_last_step():
    first = SCRIPTED.answer("x", 0, {"name": "Ada"})
    assert (first.turns, first.cursor) == ((("one Ada", None),), 1)
    tool, reply = SCRIPTED.answer("x", 1, {}).turns
    assert tool == (
        "",
        [{"id": "call-2-1", "name": "t", "arguments": {"q": ["x"]}, "response": None}],
    )
    assert reply == ("two", None)
    assert SCRIPTED.answer("x", 2, {}).fail
    assert SCRIPTED.answer("x", 99, {}).delay == 2


def test_a_word_comes_before_the_script_and_leaves_the_cursor():
    answer = SCRIPTED.answer("please STOP.", 1, {})
    assert (answer.turns, answer.finish, answer.cursor) == ((("Done.", None),), True, 1)


@pytest.mark.parametrize(
    ("text", "word", "held"),
    [
        ("Bye!", "bye", True),
        ("goodbye", "bye", False),
        ("byes", "bye", False),
        ("I need help?", "help?", True),
        ("yelp? help?!", "elp?", False),
        ("C++ or C", "c++", True),
        ("ABC++", "c++", False),
        ("明日は天気がいいです", "天気", True),
        ("สวัสดีครับคุณ", "ครับ", True),
        ("Tschüß", "tsch", False),
        ("вокзал", "вок", False),
        (":-)", ":-)", True),
    ],
)
def test_a_word_is_a_whole_word_where_words_are_parted(text, word, held):
    assert holds_word(text, word) == held


def test_a_whole_text_comes_before_words():
    agent = load_agents(
        {
            "agents": {
                "a": {
                    "texts": [{"text": "Straße frei", "reply": "whole"}],
                    "words": [{"word": "frei", "reply": "word"}],
                    "script": [{"reply": "script"}],
                }
            }
        }
    )["a"]
    said = [agent.answer(text, 0, {}) for text in ("STRASSE FREI", "Straße frei?", "other")]
    assert [answer.turns[0][0] for answer in said] == ["whole", "word", "script"]
    assert [answer.cursor for answer in said] == [0, 0, 1]


def test_a_template_is_filled_once_and_keeps_what_it_does_not_know():
    values = {"text": "{name}", "name": "Ada", "n": 7, "o": {"a": None}}
    filled = Filling(values).fill("{text} {name} {n} {o} {other} {} {")
    assert filled == '{name} Ada 7 {"a":null} {other} {} {'


def test_no_more_is_filled_in_than_a_transcript_holds():
    text = "x" * 1_000_000
    tool = {"name": "t", "arguments": ["{text}"] * 9}
    agent = Agent("a", script=(Step("{text}" * 2_000, (tool,)),))
    (_, calls), (reply, _) = agent.answer(text, 0, {}).turns
    assert calls[0]["arguments"] == [text] * 5 + ["{text}"] * 4
    assert reply == "{text}" * 2_000


@pytest.mark.parametrize("member", ["word", "text"])
def test_few_words_and_texts_are_looked_for(member):
    def fixture(size):
        matches = [{member: f"w{number}", "reply": ""} for number in range(size)]
        return {"agents": {"a": {"script": [{}], f"{member}s": matches}}}

    assert not fixture_violations(fixture(1_000))
    (beyond,) = fixture_violations(fixture(1_001))
    assert beyond["pointer"] == f"/agents/a/{member}s"


def test_the_turns_data_overrides_the_sessions_but_not_the_servers():
    values = template_values(
        {"name": "Ada", "city": "Bonn", "channel": "x"},
        {"name": "Eve", "channel": "y", "sip_endpoint": "z"},
        {"channel": "web", "sip_endpoint": ""},
    )
    assert values == {"name": "Eve", "city": "Bonn", "channel": "web", "sip_endpoint": ""}


def test_an_agent_greets_when_it_has_a_greeting_or_must():
    assert Agent("a", greeting="Hi {name}").greet({"name": "Ada"}, always=False) == "Hi Ada"
    assert Agent("a").greet({}, always=False) is None
    assert Agent("a").greet({}, always=True)


def test_an_override_lasts_for_one_round(start, tmp_path):
    seed = tmp_path / "seed.yaml"
    seed.write_text("agents: {a: {script: [{reply: '{name} on {channel}'}]}}")
    api = start(seed=seed)
    session = api.open("a", additional_data={"name": "Ada", "channel": "x"})["id"]
    said = lambda **more: api.submit(session, **more).json()["messages"][0]["content"]  # noqa: E731
    assert said() == "Ada on web"
    assert said(additional_data={"name": "Eve", "channel": "y"}) == "Eve on web"
    assert said() == "Ada on web"

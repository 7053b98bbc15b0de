"""The kill harness sees what is lost, and finds nothing where nothing is."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.serving import Api

from . import run
from .checks import lost, unlike
from .run import Figures, measure
from .story import Story, Turn
from .victims import VICTIMS, Victim, embedded, running


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with Api.of() as api:
        yield api


@pytest.fixture
def story(api: Api) -> Story:
    """A session with two acknowledged turns and an acknowledged end."""
    story = Story(api.open("agent-tools"))
    for number in range(2):
        turn = Turn(f"turn {number}", f"key {number}")
        turn.answer = api.submit(story.id, turn.content, idempotency_key=turn.key).json()
        story.turns.append(turn)
    story.in_doubt = True
    story.final = api.end(story.id).json()
    return story


def test_what_was_acknowledged_and_is_there_is_no_fault(api: Api, story: Story) -> None:
    assert [*lost(api, story)] == []
    assert story.acknowledged == 4


def test_what_was_not_acknowledged_may_be_there_or_not(api: Api, story: Story) -> None:
    story.turns.insert(1, Turn("never stored", "k"))
    story.turns[2].answer = None
    story.final = None
    assert [*lost(api, story)] == []


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda session: session["messages"].clear(), "the turn 'turn 0' is lost"),
        (lambda session: session["messages"].__delitem__(slice(3, 4)), "'turn 1' is lost"),
        (lambda session: session["messages"].__delitem__(slice(4, None)), "has no reply"),
        (lambda session: session["messages"].__delitem__(slice(5, None)), "other replies"),
        (lambda session: session["messages"].extend(session["messages"]), "nobody sent"),
        (lambda session: session.update(is_final=False), "the end is lost"),
        (lambda session: session.update(last_activity="later"), "the end is lost"),
    ],
)
def test_a_session_by_halves_is_a_fault(
    api: Api, story: Story, damage: Callable[[Any], None], words: str
) -> None:
    session = copy.deepcopy(api.read(story.id))
    damage(session)
    assert words in " ".join(unlike(story, session))


def test_an_end_that_nobody_asked_for_is_a_fault(api: Api, story: Story) -> None:
    story.final, story.in_doubt = None, False
    assert "nobody ended it" in " ".join(lost(api, story))


def test_a_finish_of_the_agent_that_is_lost_is_a_fault(api: Api) -> None:
    story = Story(api.open("agent-closer"), in_doubt=True)
    answer = api.submit(story.id, "bye").json()
    session = api.read(story.id)
    story.turns.append(Turn("bye", "k", answer))
    assert [*unlike(story, session)] == []
    assert "finish is lost" in " ".join(unlike(story, {**session, "is_final": False}))


@pytest.mark.parametrize(
    ("table", "column", "words"),
    [
        ("sessions", "id", "the session is lost"),
        ("call_results", "call_id", "0 call results"),
        ("replies", "session_id", "is answered anew"),
    ],
)
def test_what_is_gone_from_a_store_is_a_fault(
    api: Api, story: Story, table: str, column: str, words: str
) -> None:
    connection = api.mock.sandbox.store.tables.database.connection  # type: ignore[attr-defined]
    connection.execute(f"DELETE FROM {table} WHERE {column} = ?", (story.id,))
    assert words in " ".join(lost(api, story))


@contextmanager
def forgetful(folder: Path, options: Sequence[str]) -> Iterator[Victim]:
    """A mock that keeps nothing over a kill."""
    with running(1, *options) as mocks:
        yield Victim(mocks, lambda _: mocks[0].kill(), lambda _: mocks[0].start())


@contextmanager
def silent(folder: Path, options: Sequence[str]) -> Iterator[Victim]:
    """A mock that announces nothing."""
    with embedded(folder, []) as victim:
        yield victim


def killed(monkeypatch: pytest.MonkeyPatch, victim: Any) -> Figures:
    monkeypatch.setitem(VICTIMS, "victim", victim)
    monkeypatch.setattr(run, "_ANNOUNCED_SECONDS", 3.0)
    return measure("victim", 1, 1, lambda _: None)


@pytest.mark.slow
def test_a_mock_that_keeps_what_it_acknowledged_has_no_faults(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(VICTIMS, "victim", embedded)
    figures = measure("victim", 2, 1, lambda _: None)
    assert figures.faults == []
    assert (figures.kills, figures.announced) == (2, figures.final)
    assert figures.acknowledged >= figures.sessions > 0


def test_a_mock_that_keeps_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "the session is lost" in " ".join(killed(monkeypatch, forgetful).faults)


@pytest.mark.slow
def test_a_mock_that_announces_nothing_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "never announced" in " ".join(killed(monkeypatch, silent).faults)


@pytest.mark.slow
def test_a_webhook_of_a_session_that_is_not_final_is_found_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(run, "final_ids", lambda api: set())
    assert "announced, and not final" in " ".join(killed(monkeypatch, embedded).faults)

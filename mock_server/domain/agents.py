"""Scripted agents: what an agent says to a text, with a cursor per session."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..codec import encode
from .transcript import MOST_CHARACTERS

_LAST_CURSOR = 2_147_483_647  # as `admin.yaml` has it
_COMPILING = 1_000  # characters that are looked at meanwhile
_DEFAULT_GREETING = "Hello, how can I help?"
_VARIABLE = re.compile(r"\{([A-Za-z_][A-Za-z0-9_.-]*)\}")

# Of a script that parts its words; Thai to Khmer, kana and Han do not.
_LETTER = r"[^\W\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]"


@dataclass(frozen=True, slots=True)
class Step:
    """One scripted answer; `delay` in seconds."""

    reply: str = ""
    tools: tuple[Mapping[str, Any], ...] = ()
    delay: float = 0.0
    finish: bool = False
    fail: bool = False


@dataclass(frozen=True, slots=True)
class Round:
    """What an agent does with one turn: its assistant turns as (content, tool_calls)."""

    turns: tuple[tuple[str, list[dict[str, Any]] | None], ...]
    delay: float
    finish: bool
    fail: bool
    cursor: int


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent as its fixture describes it. Without a script it never replies."""

    id: str
    description: str = ""
    enabled: bool = True
    greeting: str | None = None
    texts: tuple[tuple[str, Step], ...] = ()
    words: tuple[tuple[str, Step], ...] = ()
    script: tuple[Step, ...] = ()
    additional_data: Mapping[str, Any] = field(default_factory=dict)
    post_call_analysis: Mapping[str, Any] = field(default_factory=dict)
    webhook: Mapping[str, Any] | None = None

    def effort(self, text: str) -> int:
        """About how many characters are looked at to answer a text."""
        return (len(text) + _COMPILING) * (len(self.texts) + len(self.words))

    def answer(self, text: str, cursor: int, values: Mapping[str, Any]) -> Round:
        """The round that a user's text leads to, at the session's cursor."""
        if not self.script:
            return Round((), 0.0, finish=False, fail=False, cursor=cursor)
        step, moved = self._pick(text, cursor)
        filling = Filling({**values, "text": text})
        turns: list[tuple[str, list[dict[str, Any]] | None]] = [
            ("", [_tool_call(tool, f"call-{cursor + 1}-{number}", filling)])
            for number, tool in enumerate(step.tools, 1)
        ]
        turns.append((filling.fill(step.reply), None))
        return Round(tuple(turns), step.delay, step.finish, step.fail, moved)

    def greet(self, values: Mapping[str, Any], always: bool) -> str | None:
        """The first words of the agent, or None; `always` makes silent agents greet too."""
        greeting = self.greeting or (_DEFAULT_GREETING if always else None)
        return None if greeting is None else Filling(values).fill(greeting)

    def _pick(self, text: str, cursor: int) -> tuple[Step, int]:
        for whole, step in self.texts:
            if text.casefold() == whole.casefold():
                return step, cursor
        for word, step in self.words:
            if holds_word(text, word):
                return step, cursor
        step = self.script[min(cursor, len(self.script) - 1)]
        return step, min(cursor + 1, _LAST_CURSOR)


class Agents(Mapping[str, Agent]):
    """The agents of a sandbox: its own before those that all sandboxes share."""

    def __init__(self, shared: Mapping[str, Agent], own: Mapping[str, Agent] | None = None) -> None:
        self.shared = shared
        self.own: Mapping[str, Agent] = own or {}

    def __getitem__(self, name: str) -> Agent:
        return self.own.get(name) or self.shared[name]

    def __iter__(self) -> Iterator[str]:
        return iter({**self.shared, **self.own})

    def __len__(self) -> int:
        return len({**self.shared, **self.own})

    def replace(self, own: Mapping[str, Agent]) -> None:
        """Know these, and no others, as the sandbox's own."""
        self.own = dict(own)


NOBODY = Agent("", "Nobody: the contract has no agents.")


def absent_agent(name: str) -> Agent:
    """Stands in for an agent of a stored session that no fixture describes any longer."""
    return Agent(name, enabled=False, script=(Step(fail=True),))


def load_agents(fixture: Mapping[str, Any]) -> dict[str, Agent]:
    """The agents of a fixture that has been checked, by id."""
    return {name: _agent(name, raw) for name, raw in fixture.get("agents", {}).items()}


def template_values(
    session_data: Mapping[str, Any], turn_data: Mapping[str, Any], own: Mapping[str, str]
) -> dict[str, Any]:
    """The template's variables: the session's, the turn's over them, the server's over both."""
    return {**session_data, **turn_data, **own}


def holds_word(text: str, word: str) -> bool:
    """Whether the text holds the word, in any case and not as a part of a longer one."""
    before = f"(?<!{_LETTER})" if re.match(_LETTER, word[0]) else ""
    after = f"(?!{_LETTER})" if re.match(_LETTER, word[-1]) else ""
    return re.search(f"{before}{re.escape(word)}{after}", text, re.IGNORECASE) is not None


class Filling:
    """Replaces every known {name} in one pass. Unknown ones stay, and all when the values that
    were filled in are more than a transcript holds."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.values, self.room = values, MOST_CHARACTERS

    def fill(self, template: str) -> str:
        return _VARIABLE.sub(self._value, template)

    def fill_all(self, value: Any) -> Any:
        """A JSON value with each of its texts filled."""
        if isinstance(value, str):
            return self.fill(value)
        if isinstance(value, list):
            return [self.fill_all(item) for item in value]
        if isinstance(value, dict):
            return {key: self.fill_all(item) for key, item in value.items()}
        return value

    def _value(self, match: re.Match[str]) -> str:
        if self.room < 0:
            return match[0]
        found = self.values.get(match[1], match[0])
        text = found if isinstance(found, str) else encode(found).decode()
        self.room -= len(text)
        return text


def _tool_call(tool: Mapping[str, Any], call_id: str, filling: Filling) -> dict[str, Any]:
    return {
        "id": call_id,
        "name": tool["name"],
        "arguments": filling.fill_all(tool.get("arguments")),
        "response": filling.fill_all(tool.get("response")),
    }


def _agent(name: str, raw: Mapping[str, Any]) -> Agent:
    texts = tuple((entry["text"], _step(entry)) for entry in raw.get("texts", ()))
    words = tuple((entry["word"], _step(entry)) for entry in raw.get("words", ()))
    script = tuple(_step(entry) for entry in raw["script"])
    return Agent(**{**raw, "id": name, "texts": texts, "words": words, "script": script})


def _step(raw: Mapping[str, Any]) -> Step:
    members = {key: value for key, value in raw.items() if key not in ("word", "text")}
    return Step(**{**members, "tools": tuple(members.get("tools", ()))})

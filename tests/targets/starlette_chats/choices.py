"""What the contract leaves open, and how this server may answer it: one table."""

from collections.abc import Iterable
from dataclasses import dataclass

NUMBER = "N"


@dataclass(frozen=True)
class Choice:
    """One open point. The first value is the default; `N` stands for any number above 0."""

    values: tuple[str, ...]
    meaning: str

    def admits(self, value: str) -> bool:
        """Whether `value` is one of the legal ones."""
        return value in self.values or (NUMBER in self.values and positive(value))


def positive(text: str) -> bool:
    """Whether `text` is a decimal number above 0."""
    return text.replace(".", "", 1).isdecimal() and float(text) > 0


CHOICES = {
    # Statuses
    "open_status": Choice(("200", "201"), "the status of a new session"),
    "duplicate_open": Choice(("409", "200"), "a second open of an endpoint"),
    "final_submit": Choice(("410", "409", "400", "422"), "a new turn on a final session"),
    "malformed_id": Choice(("400", "404", "422"), "a session id that is no UUID"),
    "invalid": Choice(("422", "400"), "a request that breaks a schema"),
    "malformed_json": Choice(("400", "422"), "a body that is no JSON or no UTF-8"),
    "media_type": Choice(("422", "400", "415"), "a body of another media type"),
    "unknown_agent": Choice(("422", "400", "404"), "an open for an agent that is not there"),
    "disabled_agent": Choice(("403", "409", "404", "422"), "an open for a disabled agent"),
    # Opening
    "ttl": Choice(("clamp", "reject"), "a ttl_seconds outside the range"),
    "greeting": Choice(("on", "off"), "whether the agent speaks first"),
    "no_channel": Choice(("web", "null"), "the channel of an open that names none"),
    # Turns
    "turn_delay": Choice(("0", "0.5", "1", NUMBER), "seconds that an agent thinks"),
    "replies": Choice(("same", "counted"), "whether a plain reply is the same every time"),
    "long_key": Choice(("distinct", "reject"), "an idempotency_key beyond 128 characters"),
    "empty_key": Choice(("absent", "key"), "an idempotency_key without characters"),
    "key_reuse": Choice(("refuse", "replay"), "an old key with another content"),
    "key_in_flight": Choice(("409", "wait"), "a key whose first turn still runs"),
    "replay_state": Choice(("now", "then"), "whose is_final and status a replay gives"),
    "end_during_turn": Choice(("refuse", "wait"), "an end while a turn runs: who gives way"),
    # Ending
    "touch_on_end": Choice(("off", "on"), "whether an end moves last_activity"),
    "end_without_body": Choice(("ok", "reject"), "an end that has no body"),
    "sweep": Choice(("1", "10", NUMBER), "seconds between two looks for expired sessions"),
    # Lists
    "list_messages": Choice(("null", "full"), "the transcript of a listed session"),
    "large_take": Choice(("clamp", "reject"), "a take beyond 200"),
    "low_take": Choice(("clamp", "reject"), "a take below 1"),
    # Call results and webhooks
    "results_delay": Choice(("1.5", "0", "5", NUMBER), "seconds until a call result is found"),
    "call_id": Choice(("own", "session"), "the callId of a call result"),
    "empty_filter": Choice(("all", "none"), "what an empty array in a search finds"),
    "hook_timeout": Choice(("1", "5", NUMBER), "seconds that a webhook receiver may take"),
    # Form
    "time": Choice(("millis", "micros", "east"), "+00:00 with 3 digits, Z with 6, or +05:30"),
    "ids": Choice(("upper", "lower"), "the letters of a session id"),
    "tool_calls": Choice(("absent", "null", "empty"), "tool_calls of a turn without tools"),
    "tool_content": Choice(("null", "empty"), "the content of a tool turn"),
    "json": Choice(("loose", "compact"), "spaces and the order of members"),
    "errors": Choice(("problem", "text"), "an error as a problem document or plain text"),
    "headers": Choice(("proxy", "bare"), "response headers beyond those needed"),
    "head": Choice(("served", "refused"), "HEAD where GET is served"),
    # Nuisances
    "rate_limit": Choice(("off", NUMBER), "requests a second, 429 beyond"),
    "busy": Choice(("off", "on"), "sessions that the server opens and ends of its own"),
}


def settle(pairs: Iterable[str]) -> dict[str, str]:
    """All choices, those given as `name=value` in `pairs` instead of their defaults.

    Raises ValueError for a name or value that the table does not have.
    """
    settled = {name: choice.values[0] for name, choice in CHOICES.items()}
    for pair in pairs:
        name, _, value = pair.partition("=")
        if name not in CHOICES:
            raise ValueError(f"no choice is named {name!r}; --list-choices shows them")
        if not CHOICES[name].admits(value):
            legal = "|".join(CHOICES[name].values)
            raise ValueError(f"choice {name} takes {legal}, not {value!r}")
        settled[name] = value
    return settled

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from conformance.config.profiles import PACKS, PROFILES
from conformance.config.settings import Config, UsageError
from conformance.config.sources import load_config

Load = Callable[..., Config]


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Load:
    """Load from flags, an environment and the text of a file."""

    def read(file: str | None = None, env: dict[str, str] | None = None, **flags: Any) -> Config:
        for name, value in (env or {}).items():
            monkeypatch.setenv(f"CONFORMANCE_{name}", value)
        path = tmp_path / "conformance.toml"
        path.write_text(file or "")
        return load_config(flags, path if file is not None else None)

    return read


def test_a_flag_wins_over_the_environment_and_that_over_the_file(load: Load) -> None:
    file = "seed = 3\ntimeout = 3.0\nagent = 'file'"
    config = load(file, {"SEED": "2", "TIMEOUT": "2"}, seed=1)
    assert (config.seed, config.timeout, config.agent) == (1, 2.0, "file")


def test_a_flag_that_was_not_given_decides_nothing(load: Load) -> None:
    config = load("seed = 3\nstrict = true\nrules = ['END-01']", seed=None, strict=None, rules=())
    assert (config.seed, config.strict, config.rules) == (3, True, ("END-01",))


def test_an_empty_variable_counts_as_not_set(load: Load) -> None:
    assert load("seed = 3", {"SEED": "", "TOKEN": ""}).seed == 3


def test_an_empty_target_is_not_taken_for_the_embedded_mock(load: Load) -> None:
    with pytest.raises(UsageError, match="CONFORMANCE_TARGET is empty"):
        load("", {"TARGET": ""})


def test_without_an_agent_the_target_is_taken_for_a_mock(load: Load) -> None:
    config = load()
    assert (config.agent, config.closing_agent) == ("agent-echo", "agent-closer")


def test_with_an_agent_no_other_is_made_up(load: Load) -> None:
    config = load(agent="mine")
    assert (config.tool_agent, config.closing_agent, config.disabled_agent) == (None, None, None)


def test_the_environment_gives_lists_and_flags_as_text(load: Load) -> None:
    config = load(env={"PROFILE": "smoke,races", "STRICT": "True", "READ_ONLY": "0"})
    assert (config.profile, config.strict, config.read_only) == (("smoke", "races"), True, False)


def test_every_option_can_stand_in_the_environment_under_its_name(load: Load) -> None:
    assert load(env={"RULE": "END-01,END-02"}).rules == ("END-01", "END-02")


@pytest.mark.parametrize(
    ("key", "nearest"),
    [("profil", "profile"), ("tool-agent", "tool_agent"), ("timeouts", "timeout")],
)
def test_an_unknown_key_is_refused_with_the_nearest(load: Load, key: str, nearest: str) -> None:
    with pytest.raises(UsageError, match=f"'{key}'; did you mean {nearest}?"):
        load(f'"{key}" = 1')


def test_an_unknown_key_like_no_other_is_refused_with_all(load: Load) -> None:
    with pytest.raises(UsageError, match="known are agent, allow_writes"):
        load("qqqq = 1")


def test_an_unknown_variable_is_refused_with_the_nearest(load: Load) -> None:
    with pytest.raises(UsageError, match="'CONFORMANCE_TOKN'; did you mean CONFORMANCE_TOKEN?"):
        load(env={"TOKN": "x"})


def test_an_unknown_profile_is_refused_with_the_nearest(load: Load) -> None:
    with pytest.raises(UsageError, match="'smok'; did you mean smoke?"):
        load(profile="smok")


@pytest.mark.parametrize("profile", [[], ""])
def test_no_profile_is_refused(profile: Any) -> None:
    with pytest.raises(UsageError, match="profile"):
        load_config({"profile": profile}, None)


@pytest.mark.parametrize(
    "text",
    [
        "seed = 'many'",
        "seed = 1.5",
        "seed = true",
        "timeout = 'long'",
        "timeout = [1]",
        "timeout = 0",
        "timeout = -1",
        "rate = -1",
        "max_sessions = -1",
        "max_turns = -1",
        "strict = 'maybe'",
        "strict = 1",
        "profile = 5",
        "profile = [3]",
        "rules = 5",
        "agent = 5",
        "target = 5",
        "report = 5",
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_by_its_key(load: Load, text: str) -> None:
    key = text.split(" ", maxsplit=1)[0].replace("_", "[-_]")
    with pytest.raises(UsageError, match=key):
        load(text)


@pytest.mark.parametrize("name", ["token", "second_token"])
def test_a_key_in_a_file_is_refused(load: Load, name: str) -> None:
    with pytest.raises(UsageError, match=f"CONFORMANCE_{name.upper()}"):
        load(f"{name} = 'secret'")


@pytest.mark.parametrize(
    "target",
    ["ftp://x", "localhost:4010", "x", "//x", "http://", "http:///chats", "http://127.0.0.1:99999"],
)
def test_a_target_that_is_no_url_is_refused(load: Load, target: str) -> None:
    with pytest.raises(UsageError, match="target"):
        load(target=target)


def test_a_target_with_a_password_is_refused_without_repeating_it(load: Load) -> None:
    with pytest.raises(UsageError) as caught:
        load(target="http://me:hunter2@127.0.0.1:4010")
    assert "hunter2" not in str(caught.value)


def test_reading_only_and_consent_to_write_exclude_each_other(load: Load) -> None:
    with pytest.raises(UsageError, match="exclude each other"):
        load(read_only=True, allow_writes=True)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="nowhere.toml"):
        load_config({}, tmp_path / "nowhere.toml")


def test_a_file_that_is_no_toml_is_refused(load: Load) -> None:
    with pytest.raises(UsageError, match="not TOML"):
        load("seed: 1")


@pytest.mark.parametrize(
    ("target", "loopback"),
    [
        (None, True),
        ("http://localhost:4010", True),
        ("http://localhost.:4010", True),
        ("http://api.localhost:4010", True),
        ("http://127.8.9.1", True),
        ("http://[::1]:4010", True),
        ("https://blackbox.dasha.ai", False),
        ("http://10.0.0.1", False),
        ("http://0.0.0.0", False),
        ("http://localhost.example.org", False),
        ("http://notlocalhost", False),
        ("http://127.0.0.1.example.org", False),
    ],
)
def test_what_is_this_machine(target: str | None, loopback: bool) -> None:
    assert Config(target=target).loopback is loopback


def test_a_closing_agent_needs_its_text_to_count() -> None:
    assert "closing_agent" not in Config(closing_agent="closer").capabilities
    assert "closing_agent" in Config(closing_agent="closer", closing_text="bye").capabilities


def test_settings_are_shown_without_their_secrets() -> None:
    shown = Config(token="hunter2", second_token="hunter3", agent="a").shown()
    assert shown["token"] == "(given)"
    assert "hunter" not in str(shown)
    assert "report" not in shown


def test_the_extended_profile_holds_every_pack() -> None:
    assert set(PROFILES["extended"]) == set(PACKS)


def test_core_is_what_runs_by_default() -> None:
    assert Config().profile == ("core",)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("max_sessions", "inf"), ("timeout", "nan"), ("rate", "inf"), ("agent", "")),
        *(("timeout", "1e308"), ("max_seconds", "1e300"), ("rate", "1e-300")),
    ],
)
def test_what_no_run_can_use_is_refused(key: str, value: str) -> None:
    with pytest.raises(UsageError, match=key.replace("_", ".")):
        load_config({key: value}, None)


def test_rules_may_be_named_in_any_case() -> None:
    assert load_config({"rules": ("end-01",)}, None).rules == ("END-01",)


def test_what_differs_from_the_defaults_is_told() -> None:
    config = load_config({"seed": 4, "token": "key-0001", "rate": 0}, None)
    assert config.shown(changed=True) == {"seed": 4, "token": "(given)"}

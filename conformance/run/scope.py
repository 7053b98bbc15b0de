"""What a verdict is about, in the words that every format uses."""

from ..config.profiles import PROFILES, Pack
from ..config.settings import Config

NAMED = 5  # rules that are told by name


def selected_packs(config: Config) -> set[Pack]:
    return {pack for name in config.profile for pack in PROFILES[name]}


def named_packs(config: Config) -> set[Pack]:
    """The packs that were asked for one by one; `extended` takes whatever the target has."""
    return {pack for name in config.profile if name != "extended" for pack in PROFILES[name]}


def partial(config: Config) -> bool:
    """Whether the run leaves out some of what its profile holds."""
    return bool(config.rules) or config.read_only


def scope(config: Config) -> str:
    """`the profile core`, `the rules OPEN-01, END-02`, `the profile core, read-only`."""
    if config.rules:
        names = list(dict.fromkeys(config.rules))
        more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
        words = f"the rule{'s'[: len(names) > 1]} {', '.join(names[:NAMED])}{more}"
    else:
        words = f"the profile {', '.join(config.profile)}"
    words += ", read-only" if config.read_only else ""
    return f"{words}, --insecure: no certificate was checked" if config.insecure else words


def left_out(config: Config, rule: str, pack: Pack | None) -> str:
    """Why a rule was not selected."""
    if pack not in selected_packs(config):
        return f"belongs to the pack {pack}"
    if config.rules and rule not in config.rules:
        return f"left out by {'--replay' if config.replay else '--rule'}"
    return "writes, and the run is --read-only"

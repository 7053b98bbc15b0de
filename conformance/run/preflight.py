"""Asks the target, before anything is judged, whether it can be judged at all."""

from __future__ import annotations

from contextlib import suppress

from ..judging.outcomes import Blocked, Hiccup
from ..target.api import Api


def preflight(api: Api) -> None:
    """Refuse to judge a target that cannot be reached or does not know the suite."""
    config = api.config
    answer = api.list(take=1)
    if answer.status in (401, 403) and api.search(size=1).status in (401, 403):
        cure = "check the key in" if config.token else "set"
        raise Blocked(
            f"the target refuses the suite's key ({answer.status}); {cure} CONFORMANCE_TOKEN"
        )
    if not config.read_only:
        opened = None
        with suppress(Hiccup):
            opened = api.open()
        if opened and opened.status == 404:
            raise Blocked(f"the target does not know the agent {config.agent!r}; set --agent")

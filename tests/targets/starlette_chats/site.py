"""The parts put together, and the tasks that run beside the requests."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette

from .choices import settle
from .domain import Desk
from .faults import FAULTS
from .hooks import Courier
from .instants import Clock, wall
from .results import Archive
from .truth import live_by
from .views import Views
from .web import Web

Doc = dict[str, Any]
STEPS = {"millis": 1000}
BUSY_AGENTS = ("plain-1", "tool-1", "closer-1")
BUSY_CHANNELS = ("web", "twilio_sms")
BUSY_PAUSE = 0.1


class Site:
    """One server's parts; a fault replaces methods of them."""

    def __init__(
        self,
        choices: Mapping[str, str],
        tokens: Mapping[str, str],
        webhook_url: str | None,
        now: Callable[[], int],
    ) -> None:
        self.choices = choices
        self.desk = Desk(choices, Clock(now, STEPS.get(choices["time"], 1)))
        self.views = Views(choices)
        self.archive = Archive(choices, self.desk.clock, self.views)
        self.courier = Courier(webhook_url, float(choices["hook_timeout"]))
        self.web = Web(choices, tokens, self.desk, self.views, self.archive)
        self.org = next(iter(tokens.values()), "org-1")
        self.desk.on_finish.append(self.wrap_up)

    def wrap_up(self, session: Doc) -> None:
        """What follows a finish: a call result, then the webhook."""
        if session["reason"] == self.choices["finished"] and self.choices["quiet_finish"]:
            return
        self.courier.announce(session, self.archive.keep(session))

    async def sweep(self) -> None:
        """Look for expired sessions, for ever."""
        while True:
            await asyncio.sleep(float(self.choices["sweep"]))
            self.desk.sweep()

    async def bustle(self) -> None:
        """Open, use, list and end sessions, for ever: the traffic of somebody else."""
        opened: list[Doc] = []
        while True:
            opened.append(await self.visit(len(opened)))
            self.desk.matches(self.org, {"state": "all"})
            if len(opened) >= 5:
                await self.desk.end(opened[-5], "gone")
            await asyncio.sleep(BUSY_PAUSE)

    async def visit(self, number: int) -> Doc:
        """A session with one turn."""
        agent = BUSY_AGENTS[number % len(BUSY_AGENTS)]
        channel = BUSY_CHANNELS[number % len(BUSY_CHANNELS)]
        order = {"agent_id": agent, "channel": channel, "ttl_seconds": None}
        session, _ = await self.desk.open(self.org, order)
        await self.desk.submit(session, {"content": "Anybody in?"})
        return session

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Run the tasks while the server runs."""
        tasks = [asyncio.create_task(self.sweep())]
        if self.choices["busy"] == "on":
            tasks.append(asyncio.create_task(self.bustle()))
        yield
        for task in tasks:
            task.cancel()


def create_app(
    *,
    token: str | None = None,
    second_token: str | None = None,
    choices: Iterable[str] = (),
    faults: Iterable[str] = (),
    webhook_url: str | None = None,
    now: Callable[[], int] = wall,
    truths: Iterable[str] = (),
) -> Starlette:
    """A server as an ASGI app; its parts are at `app.state.site`.

    Without `token` any key is accepted. `choices` are `name=value` pairs, `faults` names of
    `FAULTS`, `now` gives microseconds since 1970, `truths` are `name=value` pairs of `TRUTH`.
    Raises ValueError for an unknown choice, fault or truth, or a second token without a first.
    """
    if second_token is not None and token is None:
        raise ValueError("a second token needs a first: give token too")
    tokens = {key: f"org-{i}" for i, key in enumerate((token, second_token), 1) if key}
    site = Site({**settle(choices), **live_by(truths)}, tokens, webhook_url, now)
    for name in faults:
        if name not in FAULTS:
            raise ValueError(f"no fault is named {name!r}; --list-faults shows them")
        FAULTS[name].apply(site)
    app = Starlette(routes=site.web.routes(), lifespan=site.lifespan)
    app.router.redirect_slashes = False
    app.state.site = site
    return app

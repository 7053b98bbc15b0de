"""The parts of one mock, with Connexion's middleware around a small dispatcher."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any, cast

from connexion.middleware import ConnexionMiddleware
from connexion.middleware.lifespan import LifespanMiddleware
from connexion.resolver import Resolver
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Receive, Scope, Send

from .contract.choices import clamped, fitting, refusal_statuses
from .contract.document import Contract
from .domain.agents import Agent
from .domain.render import Renderer
from .files import Files
from .http.documentation import Documentation
from .http.errors import Errors, chosen, refusal
from .http.handlers import HANDLERS
from .http.layers import Layers, Make
from .http.overrides import OverriddenOperation
from .http.pages import page
from .http.recorder import Counts, Recorder
from .http.replies import reply_of, send_reply
from .http.routing import Routing, add_contract
from .http.sandboxes import SANDBOX
from .http.security import SecuredOperation
from .http.validation import CALL, Call, ValidatedOperation
from .problems.kinds import Problem, Refusal, Reply, reply_with
from .problems.violations import quote
from .sandbox.background import keep_running
from .sandbox.coverage import Coverage
from .sandbox.journal import Journals
from .sandbox.pool import Sandboxes
from .sandbox.sandbox import Sandbox
from .settings import Settings
from .store.opening import open_store


class Mock:
    """All parts of one mock, made but not started. `api` answers within a sandbox; the work in
    `beside` goes on while the mock runs. Raises OutgoingFault when a webhook could not be sent."""

    def __init__(self, settings: Settings, files: Files) -> None:
        self.contract = files.contract
        settings = replace(settings, choices=fitting(settings.choices, files.contract))
        self.settings = settings
        self.renderer = Renderer(settings.choices, files.contract.resource)
        self.seed = files.seed
        self.agents: dict[str, Agent] = {**files.agents}
        for url in self.webhook_targets():
            settings.outgoing.check(url)
        self.database, self.store_of = open_store(settings.db, files.contract.lifecycle.states)
        self.coverage = Coverage()
        self.journals = Journals()
        self.sandboxes = Sandboxes(
            self.make_sandbox,
            self.open_sandbox,
            self.database,
            settings.sandbox_idle,
            settings.sandbox_limit,
        )
        self.counts = Counts()
        self.started = time.monotonic()
        self.stopping = asyncio.Event()
        self.ready = False
        self.api = Recorder(self.build(self.contract), self.counts)
        self.beside: list[Callable[[], Awaitable[None]]] = []

    @property
    def sandbox(self) -> Sandbox:
        """The sandbox of requests that name none."""
        return self.sandboxes.default

    def sandbox_of(self, scope: Scope) -> Sandbox:
        """The sandbox that a request acts on."""
        sandbox: Sandbox = scope["extensions"][SANDBOX]
        return sandbox

    def make_sandbox(self, name: str) -> Sandbox:
        """A sandbox, with whatever the database holds of it."""
        store = self.store_of(name)
        shared = (self.coverage, self.journals)
        return Sandbox(name, store, self.agents, self.contract, self.settings, *shared)

    async def open_sandbox(self, sandbox: Sandbox) -> None:
        """Plant the seed in a sandbox that is empty, and start it."""
        await sandbox.store.image.touch()
        await sandbox.catch_up()  # an earlier run may have been ahead of the wall
        await sandbox.plant(self.seed)
        await sandbox.start()

    def webhook_targets(self) -> set[str]:
        """Where webhooks will go, as far as that is known."""
        own = [agent.webhook["url"] for agent in self.agents.values() if agent.webhook]
        return {*own, *([self.settings.webhook_url] if self.settings.webhook_url else [])}

    async def dispatch(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that has passed Connexion's middleware."""
        call: Call | None = scope["extensions"].get(CALL)
        if call is None:
            await send_reply(send, self.answer_elsewhere(scope))
            return
        try:
            role = self.contract.resource.roles[call.operation]
            status, value = await HANDLERS[role](self.sandbox_of(scope), self.renderer, call)
            reply = await reply_of(status, value)
        except Refusal as refusal:
            reply = reply_with(chosen(refusal, call.statuses), self.settings.choices["error_body"])
        await send_reply(send, reply)

    def answer_elsewhere(self, scope: Scope) -> Reply:
        """The answer on a path that the contract does not have. Raises Problem for none."""
        found = page(scope["path"], self.ready)
        about_all = (scope["method"], scope["path"]) == ("OPTIONS", "*")
        if about_all or (found is not None and scope["method"] not in ("GET", "HEAD")):
            raise HTTPException(405)
        if found is None:
            shown = quote(scope["path"], 100)
            raise Problem("unknown-path", f"The contract has no path {shown}; see /ui/.")
        return found

    def refuse(self, error: Exception, scope: Scope) -> Reply:
        """The answer to whatever was raised on the way."""
        allow = self.contract.allowed(scope["path"]) or "GET, HEAD"
        return refusal(error, scope, allow, self.settings.choices["error_body"])

    def build(self, contract: Contract) -> ASGIApp:
        """The API of a contract. Raises FixtureError for one that cannot be served."""
        connexion = ConnexionMiddleware(
            self.dispatch,
            import_name=__name__,
            lifespan=self._lifespan,
            middlewares=[
                partial(Errors, refuse=self.refuse),
                Documentation,
                Routing,
                partial(Layers, makes=self._layers(contract)),
                LifespanMiddleware,
            ],
            resolver=Resolver(lambda name: HANDLERS[contract.resource.roles[name]]),
        )
        add_contract(connexion, contract)
        return cast(ASGIApp, connexion)

    def _layers(self, contract: Contract) -> list[Make]:
        """What stands around each operation, outermost first."""
        settings = self.settings
        loose = clamped(settings.choices, contract.resource)
        statuses = refusal_statuses(settings.choices, contract)
        return [
            partial(SecuredOperation, token=settings.token),
            partial(OverriddenOperation, error_body=settings.choices["error_body"]),
            partial(ValidatedOperation, settings=settings, clamped=loose, statuses=statuses),
        ]

    def adopt(self, files: Files, api: ASGIApp) -> None:
        """Go on with other files; what the sandboxes hold stays."""
        self.contract, self.seed = files.contract, files.seed
        self.renderer = Renderer(self.settings.choices, files.contract.resource)
        self.agents.clear()
        self.agents.update(files.agents)
        for sandbox in self.sandboxes.sandboxes():
            sandbox.adopt(files.contract)
        self.api.app = api

    @asynccontextmanager
    async def _lifespan(self, _: Any) -> AsyncIterator[None]:
        await self.database.start()
        await self.sandboxes.start()
        beside = [asyncio.create_task(keep_running(work)) for work in self.beside]
        self.ready = True
        try:
            yield
        finally:
            self.ready = False
            for task in beside:
                task.cancel()
            await self.sandboxes.stop()
            await self.database.close()

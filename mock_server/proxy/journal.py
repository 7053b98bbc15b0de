"""What a proxy notes of each exchange that passes it: a journal, with the violations in it."""

from itertools import islice

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from ..domain.clock import Clock
from ..http.recorder import Counts, Recorder
from ..http.sandboxes import SANDBOX
from ..sandbox.journal import Entry, Journal
from ..settings import Settings

__all__ = ["MOST_VIOLATIONS", "VIOLATIONS", "InPassing", "Passing", "Witness"]

VIOLATIONS = "adjourn.violations"
MOST_VIOLATIONS = 100


class Passing:
    """Stands where a mock has a sandbox, for the recorder and for the calls on the journal."""

    def __init__(self, settings: Settings) -> None:
        self.clock = Clock()
        self.journal = Journal(settings.journal_count, settings.journal_bytes)


class InPassing:
    """Puts it into the scope of every request."""

    def __init__(self, app: ASGIApp, passing: Passing) -> None:
        self.app = app
        self.passing = passing

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand the request on."""
        scope.setdefault("extensions", {})[SANDBOX] = self.passing
        await self.app(scope, receive, send)


class Witness(Recorder):
    """Records each exchange, and what breaks the contract in it."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, Counts())

    def answered(self, entry: Entry, scope: Scope) -> None:
        """What the upstream's clients have exercised is not counted."""

    def note(self, entry: Entry, scope: Scope) -> None:
        """Take up what was found wrong, as much as an entry holds."""
        super().note(entry, scope)
        found = scope["extensions"].get(VIOLATIONS, ())
        entry.violations = orjson.dumps([*islice(found, MOST_VIOLATIONS)])

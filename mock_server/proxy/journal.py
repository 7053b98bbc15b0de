"""The proxy's journal: each exchange, with the violations in it."""

from itertools import islice

import orjson
from starlette.types import ASGIApp, Receive, Scope, Send

from ..domain.clock import Clock
from ..http.recorder import Counts, Recorder
from ..http.sandboxes import SANDBOX
from ..sandbox.journal import Entry, Journal
from ..settings import Settings

VIOLATIONS = "adjourn.violations"
MOST_VIOLATIONS = 100


class ProxyState:
    """Takes the place of a mock's sandbox: a clock and a journal."""

    def __init__(self, settings: Settings) -> None:
        self.clock = Clock()
        self.redacted = settings.outgoing.redacted
        self.journal = Journal(settings.journal_count, settings.journal_bytes)

    def within(self, app: ASGIApp) -> ASGIApp:
        """The app, with the state in the scope of every request."""

        async def run(scope: Scope, receive: Receive, send: Send) -> None:
            scope.setdefault("extensions", {})[SANDBOX] = self
            await app(scope, receive, send)

        return run


class ProxyRecorder(Recorder):
    """Records each exchange with its violations."""

    def __init__(self, app: ASGIApp) -> None:
        super().__init__(app, Counts())

    def answered(self, entry: Entry, scope: Scope) -> None:
        """What the upstream's clients have exercised is not counted."""

    def note(self, entry: Entry, scope: Scope) -> None:
        """Take up what was found wrong, as much as an entry holds."""
        super().note(entry, scope)
        found = scope["extensions"].get(VIOLATIONS, ())
        redacted = scope["extensions"][SANDBOX].redacted
        entry.violations = redacted(orjson.dumps([*islice(found, MOST_VIOLATIONS)]))
        entry.answer_headers = redacted(entry.answer_headers)
        entry.answer = redacted(entry.answer)

"""Taking up changed files while the mock runs, with all that it holds."""

import asyncio
import itertools
import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from starlette.types import ASGIApp, Message

from .contract.choices import fitting
from .contract.document import Contract
from .contract.source import FixtureError
from .domain.records import SessionQuery
from .domain.session import Session
from .domain.store import StoreUnavailable
from .files import paths, read_files
from .http.sandboxes import SANDBOX
from .mock import Mock
from .problems.kinds import Problem
from .problems.violations import describe_error, pointer_of
from .sandbox.sandbox import Sandbox
from .sandbox.state_check import session_check

_PAUSE_SECONDS = 0.25
_PAGE = 500
_LOGGED = 20
_log = logging.getLogger("adjourn.watch")


class Watcher:
    """Looks at the mock's files, and takes them up when one has changed."""

    def __init__(self, mock: Mock) -> None:
        self.mock = mock
        self.stamps = self._stamps()

    async def run(self) -> None:
        while True:
            await asyncio.sleep(_PAUSE_SECONDS)
            await self.look()

    async def look(self) -> None:
        """Reload if a file has changed; a file that cannot be used changes nothing."""
        stamps = self._stamps()
        if stamps == self.stamps:
            return
        self.stamps = stamps
        try:
            mismatches = await reload(self.mock)
        except FixtureError as error:
            _log.warning("kept the old files: %s", error)
            return
        except StoreUnavailable as error:
            _log.warning("took up the changed files; which sessions fit is unknown: %s", error)
            return
        _log.warning("took up the changed files; %d sessions fit no longer", len(mismatches))
        for mismatch in mismatches[:_LOGGED]:
            _log.warning("%s", mismatch)

    def _stamps(self) -> dict[Path, tuple[int, int] | None]:
        files = {*paths(self.mock.settings), *self.mock.contract.files}
        return {path: _stamp(path) for path in files}


async def reload(mock: Mock) -> list[str]:
    """Read the mock's files anew; which stored sessions do not fit them, and why.

    Raises FixtureError, and changes nothing, when a file cannot be used.
    """
    files = read_files(mock.settings)
    if fitting(mock.settings.choices, files.contract) != mock.settings.choices:
        reason = "gives other statuses than the mock was started with; start it anew"
        raise FixtureError(files.contract.path, reason, "/paths")
    await _refuse_gone(mock, files.contract)
    api = mock.build(files.contract)
    await _try(api, files.contract.path, mock.sandbox)
    mock.adopt(files, api)
    sandboxes = mock.sandboxes.sandboxes()
    return [mismatch for sandbox in sandboxes async for mismatch in mismatches_of(sandbox, mock)]


async def mismatches_of(sandbox: Sandbox, mock: Mock) -> AsyncIterator[str]:
    """Each session of a sandbox that the mock's files have no room for, with the reason."""
    errors_of = session_check(mock.contract, mock.renderer)
    async for session in _sessions(sandbox):
        place = f"sandbox {sandbox.name}, session {session.id}"
        if session.agent_id not in sandbox.agents:
            yield f"{place}: there is no agent {session.agent_id!r} any longer"
        for error in errors_of(session):
            yield f"{place}, at {pointer_of(error) or '/'}: {describe_error(error)}"


async def _refuse_gone(mock: Mock, contract: Contract) -> None:
    """Raise FixtureError if sessions are in a state that a new contract does not have."""
    for state in {*mock.contract.lifecycle.states} - {*contract.lifecycle.states}:
        for sandbox in mock.sandboxes.sandboxes():
            if (await sandbox.store.sessions.page(SessionQuery(0, 1, state=state)))[1]:
                reason = f"has no state {state}, and sandbox {sandbox.name} has sessions in it"
                raise FixtureError(contract.path, f"{reason}; reset that", "/x-lifecycle/states")


async def _sessions(sandbox: Sandbox) -> AsyncIterator[Session]:
    for skip in itertools.count(0, _PAGE):
        page, total = await sandbox.store.sessions.page(SessionQuery(skip, _PAGE))
        for session in page:
            yield session
        if skip + _PAGE >= total:
            return


async def _try(app: ASGIApp, contract: Path, sandbox: Sandbox) -> None:
    """Have the app answer once: only then is it built. Raises FixtureError if it cannot be."""

    async def nobody(*_: Message) -> Any:
        return {"type": "http.disconnect"}

    scope = {
        "type": "http", "method": "GET", "path": "/livez", "root_path": "", "headers": [],
        "query_string": b"", "extensions": {SANDBOX: sandbox},
    }  # fmt: skip
    try:
        await app(scope, nobody, nobody)
    except (Problem, LookupError, TypeError, ValueError) as error:
        raise FixtureError(contract, f"cannot be served: {error}") from None


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        facts = path.stat()
    except OSError:
        return None
    return facts.st_mtime_ns, facts.st_size

"""Servers that are no target of the suite's, each in its own way."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.serving import answering

from .conformance.target.servers import Page, page
from .network import Authority, answering_tls


class Redirecting(Page):
    def do_GET(self) -> None:
        self.answer(308, b"", location=f"https://staging.invalid{self.path}")

    do_POST = do_GET


class Portal(Page):
    def do_GET(self) -> None:
        self.answer(302, b"", location="https://login.invalid/authorize")

    do_POST = do_GET


class SignIn(Page):
    def do_GET(self) -> None:
        self.answer(200, b"<title>Sign in</title>", content_type="text/html")

    do_POST = do_GET


class Elsewhere(Page):
    def do_GET(self) -> None:
        self.answer(404, {"error": "no such page"})

    do_POST = do_GET


class Starting(Page):
    def do_GET(self) -> None:
        self.answer(503, {})

    do_POST = do_GET


class Refusing(Page):
    def do_GET(self) -> None:
        self.answer(401, {"error": "no such key"})

    def do_POST(self) -> None:
        self.taken()
        self.do_GET()


class Agentless(Page):
    """Knows the agent `plain` alone."""

    def do_POST(self) -> None:
        known = b'"plain"' in self.taken()
        self.answer(201 if known else 404, {"id": "none"} if known else {"error": "no such agent"})


class Forbidding(Page):
    def do_CONNECT(self) -> None:
        self.answer(407, b"")

    do_GET = do_CONNECT


class Unwilling(Page):
    def do_POST(self) -> None:
        self.taken()
        self.answer(401, {"error": "invalid_client"})


class Unscoped(Page):
    """Says in an answer of 200 why it gives no key."""

    def do_POST(self) -> None:
        self.taken()
        self.answer(200, {"error": "invalid_scope", "error_description": "no such scope"})


PLAIN: dict[int, type[Page]] = {
    8001: Page,
    8002: Redirecting,
    8003: Portal,
    8004: SignIn,
    8005: Elsewhere,
    8008: Forbidding,
    8009: Unwilling,
    8010: Starting,
    8011: Refusing,
    8012: Agentless,
    8013: Unscoped,
}


@contextmanager
def wrong_targets(folder: Path) -> Iterator[dict[int, int]]:
    """The servers, by the port that stands for each: 8000 is a port that nobody listens at,
    8006 speaks TLS, and 8007 wants a client certificate. The authority's files are put into the
    folder."""
    authority = Authority(folder)
    own, _ = authority.issue("localhost"), authority.issue("other.test")
    lock = f"openssl pkey -in {own[1]} -aes256 -passout pass:hush -out {folder / 'locked.key'}"
    subprocess.run(lock.split(), check=True)
    with ExitStack() as stack:
        urls = {
            number: stack.enter_context(answering(type(kind.__name__, (kind,), {"asked": []})))
            for number, kind in PLAIN.items()
        }
        urls[8006] = stack.enter_context(answering_tls(page(), own))
        urls[8007] = stack.enter_context(answering_tls(page(), own, clients_of=authority))
        ports = {number: int(url.rpartition(":")[2]) for number, url in urls.items()}
        taken = stack.enter_context(socket.socket())
        taken.bind(("127.0.0.1", 0))
        yield {8000: taken.getsockname()[1], **ports}

"""Lines run in a shell, and a server that tells what they have sent."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.serving import Answering, answering

TOKEN = "hunter2"


@dataclass
class Got:
    """A request as the server got it."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Echo:
    """Where the server listens, what came, and what it answers."""

    url: str = ""
    got: list[Got] = field(default_factory=list)
    answer: bytes = b"{}"


@contextmanager
def echoing() -> Iterator[Echo]:
    """A server that keeps what comes."""
    seen = Echo()

    class Handler(Answering):
        def keep(self) -> None:
            body = self.taken()
            headers = {key.lower(): value for key, value in self.headers.items()}
            seen.got.append(Got(self.command, self.path, headers, body))
            self.reply(201, seen.answer)

        do_GET = do_POST = do_PUT = do_DELETE = keep

    with answering(Handler) as seen.url:
        yield seen


def bash(*lines: str, token: str | None = TOKEN) -> str:
    """What the lines print."""
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}
    environment |= {"CONFORMANCE_TOKEN": token} if token else {}
    done = subprocess.run(
        ["bash", "-u", "-c", "\n".join(lines)], capture_output=True, env=environment
    )
    assert done.stderr == b""
    return done.stdout.decode("utf-8", "replace")

"""What a mock is built from."""

from dataclasses import dataclass, field
from pathlib import Path

from .choices import Choices, parse_choices
from .outgoing.clients import Outgoing


@dataclass(frozen=True, slots=True)
class Settings:
    """The mock's options; times in seconds.

    `token` None accepts any bearer token, `db` is a file or the URL of a PostgreSQL database and
    None keeps the state in memory, `cors_origins` empty lets every origin in. `webhook_secret`
    None signs no webhook; `webhook_hosts` are those beside loopback that webhooks may go to,
    `outgoing` is how. `admin_token` None lets loopback peers steer the mock, and them alone;
    `allowed_hosts` are the names beside loopback's that it may then be steered by,
    `admin_cors_origins` the origins whose pages may steer it beside its own. `frozen_time`, in
    microseconds since 1970, is where every clock stands at first, None lets them run; the same
    `seed_number` gives the same ids. With `watch`, changed files are taken up while it runs.
    `contract` and `agents` None are the project's own files. `demo_fault` names what was broken on
    purpose in this process, so that it is told.
    """

    db: Path | str | None = None
    seed: Path | None = None
    token: str | None = None
    choices: Choices = field(default_factory=parse_choices)
    webhook_url: str | None = None
    webhook_timeout: float = 10.0
    webhook_backoff: float = 1.0
    webhook_secret: str | None = None
    webhook_hosts: tuple[str, ...] = ()
    outgoing: Outgoing = field(default_factory=Outgoing)
    cors_origins: tuple[str, ...] = ()
    admin_token: str | None = None
    allowed_hosts: tuple[str, ...] = ()
    admin_cors_origins: tuple[str, ...] = ()
    frozen_time: int | None = None
    seed_number: int | None = None
    journal_count: int = 1000
    journal_bytes: int = 8 * 1024 * 1024
    sandbox_idle: float = 3600.0
    sandbox_limit: int = 1000
    validate_responses: bool = True
    watch: bool = False
    contract: Path | None = None
    agents: Path | None = None
    demo_fault: str | None = None

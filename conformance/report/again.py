"""What does a run again, or its requests: its own command, and the options of curl."""

import shlex
from collections.abc import Iterator
from typing import Any

from ..config.options import CONNECTION
from ..config.program import PROGRAM
from ..config.settings import FIXTURE_AGENTS, Config, flag
from ..run.run import Run
from .curl import added_headers

SECONDS = ("ttl_grace", "index_wait", "webhook_wait")
OF_TARGET = (*CONNECTION, "webhook_listen", "webhook_url", *SECONDS, *FIXTURE_AGENTS)


def command(run: Run, *rules: str) -> str:
    """The command that repeats the run, or evaluates these rules alone."""
    config = run.config
    words = [PROGRAM, *_given(config, "contract")]
    if not run.embedded:
        words += [f"--target {config.target}", *_given(config, *OF_TARGET)]
        words += [] if config.loopback or config.read_only else ["--allow-writes"]
    words.append(f"--profile {','.join(config.profile)}")
    words += [f"--rule {rule}" for rule in rules or config.rules]
    return " ".join([*words, *_given(config, "strict", "read_only"), f"--seed {config.seed}"])


def curl_options(config: Config) -> list[str]:
    """How curl reaches the target as the run has; a proxy's password is not told."""
    way = config.connection
    options = {
        "--http2-prior-knowledge": config.http2,
        "--cacert": way.ca,
        "--cert": way.client_cert,
        "--key": way.client_key,
        "--insecure": config.insecure,
        "--proxy": way.proxy and config.proxy and way.proxy.url,
        "--noproxy": config.no_proxy and "*",
        "--unix-socket": way.unix_socket,
    }
    return [*_words(options), *added_headers(config.headers)]


def _given(config: Config, *names: str) -> Iterator[str]:
    """These settings as options, where they are not as usual."""
    values = {name: getattr(config, name) for name in names}
    if config.proxy and config.connection.proxy:
        values |= {"proxy": config.connection.proxy.url} if "proxy" in values else {}
    changed = {name: value for name, value in values.items() if value != getattr(Config, name)}
    return _words({flag(name): value for name, value in changed.items()})


def _words(options: dict[str, Any]) -> Iterator[str]:
    for option, value in options.items():
        for one in value if isinstance(value, tuple) else (value,):
            if one is not None and one is not False:  # a 0 counts
                text = f"{one:g}" if isinstance(one, float) else str(one)
                yield option if one is True else f"{option} {shlex.quote(text)}"

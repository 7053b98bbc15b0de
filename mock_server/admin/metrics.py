"""Counters and gauges as Prometheus reads them."""

import time
from collections.abc import Iterable, Mapping

from ..domain.instants import SECOND
from ..domain.records import SessionQuery
from ..http.validation import Call
from ..mock import Mock
from ..problems.kinds import Reply
from ..sandbox.sandbox import Sandbox
from ..version import version
from .calls import Answer

_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_Samples = Iterable[tuple[Mapping[str, object], float]]


async def show_metrics(mock: Mock, sandbox: Sandbox, call: Call) -> Answer:
    """GET /metrics."""
    sandboxes = mock.sandboxes.sandboxes()
    text = "".join(
        [
            *_requests(mock),
            *_metric(
                "adjourn_sessions",
                "gauge",
                "Sessions by sandbox and state.",
                [
                    ({"sandbox": one.name, "state": state}, await _count(one, state))
                    for one in sandboxes
                    for state in mock.contract.lifecycle.states
                ],
            ),
            *_metric(
                "adjourn_clock_offset_seconds",
                "gauge",
                "How far each clock is ahead of the wall.",
                [({"sandbox": one.name}, one.clock.offset / SECOND) for one in sandboxes],
            ),
            *_metric(
                "adjourn_sandboxes", "gauge", "Sandboxes on this port.", [({}, len(sandboxes))]
            ),
            *_metric(
                "adjourn_uptime_seconds",
                "gauge",
                "Since the start.",
                [({}, time.monotonic() - mock.started)],
            ),
            *_metric("adjourn_info", "gauge", "The release.", [({"version": version()}, 1)]),
        ]
    )
    return Reply(200, text.encode(), _MEDIA_TYPE)


def _requests(mock: Mock) -> Iterable[str]:
    requests = [
        ({"operation": operation, "status": status or "none"}, count)
        for (operation, status), count in mock.counts.requests.items()
    ]
    seconds = [({"operation": name}, value) for name, value in mock.counts.seconds.items()]
    yield from _metric("adjourn_requests_total", "counter", "Requests answered.", requests)
    yield from _metric(
        "adjourn_request_seconds_total", "counter", "Time spent on them in all.", seconds
    )


def _metric(name: str, kind: str, text: str, samples: _Samples) -> Iterable[str]:
    yield f"# HELP {name} {text}\n# TYPE {name} {kind}\n"
    for labels, value in samples:
        inner = ",".join(f'{key}="{label}"' for key, label in labels.items())
        yield f"{name}{{{inner}}} {value:g}\n" if inner else f"{name} {value:g}\n"


async def _count(sandbox: Sandbox, state: str) -> int:
    return (await sandbox.store.sessions.page(SessionQuery(0, 1, state=state)))[1]

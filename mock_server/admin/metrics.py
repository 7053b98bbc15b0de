"""What tells how the mock does: health, metrics, and what its clients have exercised."""

import time
from collections.abc import Iterator, Mapping
from typing import Any

from ..domain.instants import SECOND
from ..domain.records import SessionQuery
from ..problems.kinds import Reply
from ..sandbox.coverage import coverage_document
from ..sandbox.sandbox import Sandbox
from ..version import version
from .calls import AdminCall, Answer

_MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"  # of Prometheus
_Samples = list[tuple[dict[str, Any], float]]
# The metrics; those that end in `_total` are counters, the others gauges.
_HELP: Mapping[str, str] = {
    "requests_total": "Requests answered.",
    "request_seconds_total": "Time spent on them in all.",
    "sessions": "Sessions by sandbox and state.",
    "clock_offset_seconds": "How far each clock is ahead of the wall.",
    "sandboxes": "Sandboxes on this port.",
    "uptime_seconds": "Since the start.",
    "info": "The release.",
}


async def show_health(call: AdminCall) -> Answer:
    """GET /health."""
    return 200, {
        "status": "ok" if call.mock.ready else "starting",
        "version": version(),
        "uptime_seconds": round(time.monotonic() - call.mock.started, 3),
    }


async def show_metrics(call: AdminCall) -> Answer:
    """GET /metrics."""
    sandboxes = call.mock.sandboxes.sandboxes()
    samples: Mapping[str, _Samples] = {
        "requests_total": [
            ({"operation": operation, "status": status or "none"}, count)
            for (operation, status), count in call.mock.counts.requests.items()
        ],
        "request_seconds_total": [
            ({"operation": name}, value) for name, value in call.mock.counts.seconds.items()
        ],
        "sessions": [
            ({"sandbox": one.name, "state": state}, await _count(one, state))
            for one in sandboxes
            for state in call.mock.contract.lifecycle.states
        ],
        "clock_offset_seconds": [
            ({"sandbox": one.name}, one.clock.offset / SECOND) for one in sandboxes
        ],
        "sandboxes": [({}, len(sandboxes))],
        "uptime_seconds": [({}, time.monotonic() - call.mock.started)],
        "info": [({"version": version()}, 1)],
    }
    text = "".join(line for name in _HELP for line in _metric(name, samples[name]))
    return Reply(200, text.encode(), _MEDIA_TYPE)


async def show_coverage(call: AdminCall) -> Answer:
    """GET /coverage."""
    coverage = call.mock.coverage if call.query["of"] == "run" else call.sandbox.coverage
    return 200, coverage_document(coverage, call.mock.contract)


async def clear_coverage(call: AdminCall) -> Answer:
    """DELETE /coverage."""
    call.sandbox.coverage.clear()
    return 204, None


def _metric(name: str, samples: _Samples) -> Iterator[str]:
    kind = "counter" if name.endswith("_total") else "gauge"
    yield f"# HELP adjourn_{name} {_HELP[name]}\n# TYPE adjourn_{name} {kind}\n"
    for labels, value in samples:
        inner = ",".join(f'{key}="{label}"' for key, label in labels.items())
        yield f"adjourn_{name}{{{inner}}} {value:g}\n" if inner else f"adjourn_{name} {value:g}\n"


async def _count(sandbox: Sandbox, state: str) -> int:
    return (await sandbox.store.sessions.page(SessionQuery(0, 1, state=state)))[1]

"""What tells how the mock does: health, metrics, and what its clients have exercised."""

import time
from collections.abc import Iterator
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


async def show_health(call: AdminCall) -> Answer:
    return 200, {
        "status": "ok" if call.mock.ready else "starting",
        "version": version(),
        "uptime_seconds": round(time.monotonic() - call.mock.started, 3),
    }


async def show_metrics(call: AdminCall) -> Answer:
    sandboxes, counts = call.mock.sandboxes.sandboxes(), call.mock.counts
    uptime = time.monotonic() - call.mock.started
    lines = [
        *_metric("requests_total", "Requests answered.", [
            ({"operation": operation, "status": status or "none"}, count)
            for (operation, status), count in counts.requests.items()
        ]),
        *_metric("request_seconds_total", "Time spent on them in all.", [
            ({"operation": name}, value) for name, value in counts.seconds.items()
        ]),
        *_metric("sessions", "Sessions by sandbox and state.", [
            ({"sandbox": one.name, "state": state}, await _count(one, state))
            for one in sandboxes
            for state in call.mock.contract.lifecycle.states
        ]),
        *_metric("clock_offset_seconds", "How far each clock is ahead of the wall.", [
            ({"sandbox": one.name}, one.clock.offset / SECOND) for one in sandboxes
        ]),
        *_metric("sandboxes", "Sandboxes on this port.", [({}, len(sandboxes))]),
        *_metric("uptime_seconds", "Since the start.", [({}, uptime)]),
        *_metric("info", "The release.", [({"version": version()}, 1)]),
    ]  # fmt: skip
    return Reply(200, "".join(lines).encode(), _MEDIA_TYPE)


async def show_coverage(call: AdminCall) -> Answer:
    coverage = call.mock.coverage if call.query["of"] == "run" else call.sandbox.coverage
    return 200, coverage_document(coverage, call.mock.contract)


async def clear_coverage(call: AdminCall) -> Answer:
    call.sandbox.coverage.clear()
    return 204, None


def _metric(name: str, help: str, samples: _Samples) -> Iterator[str]:
    """The lines of a metric; one that ends in `_total` is a counter, another a gauge."""
    kind = "counter" if name.endswith("_total") else "gauge"
    yield f"# HELP adjourn_{name} {help}\n# TYPE adjourn_{name} {kind}\n"
    for labels, value in samples:
        inner = ",".join(f'{key}="{label}"' for key, label in labels.items())
        yield f"adjourn_{name}{{{inner}}} {value:g}\n" if inner else f"adjourn_{name} {value:g}\n"


async def _count(sandbox: Sandbox, state: str) -> int:
    return (await sandbox.store.sessions.page(SessionQuery(0, 1, state=state)))[1]

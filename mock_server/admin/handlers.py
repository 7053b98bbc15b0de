"""Which function carries out which operation of `admin.yaml`."""

from collections.abc import Mapping

from . import (
    clock,
    coverage,
    events,
    faults,
    health,
    metrics,
    pages,
    requests,
    sandboxes,
    sink,
    snapshots,
    state,
    webhooks,
)
from .calls import AdminHandler

HANDLERS: Mapping[str, AdminHandler] = {
    **clock.HANDLERS,
    **coverage.HANDLERS,
    **events.HANDLERS,
    **faults.HANDLERS,
    **health.HANDLERS,
    **metrics.HANDLERS,
    **pages.HANDLERS,
    **requests.HANDLERS,
    **sandboxes.HANDLERS,
    **sink.HANDLERS,
    **snapshots.HANDLERS,
    **state.HANDLERS,
    **webhooks.HANDLERS,
}

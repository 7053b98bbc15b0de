"""Every operation of the control plane by its operationId: `listFaults` is `list_faults`."""

import re
from collections.abc import Mapping
from inspect import iscoroutinefunction

from . import (
    clock,
    events,
    faults,
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

_SUBJECTS = (
    *(clock, events, faults, metrics, pages, requests),
    *(sandboxes, sink, snapshots, state, webhooks),
)


def _operation_id(name: str) -> str:
    return re.sub(r"_([a-z])", lambda found: found[1].upper(), name)


HANDLERS: Mapping[str, AdminHandler] = {
    _operation_id(name): found
    for subject in _SUBJECTS
    for name, found in vars(subject).items()
    if iscoroutinefunction(found) and name[0] != "_" and found.__module__ == subject.__name__
}

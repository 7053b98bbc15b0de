"""Every edit by its name, in the order of the contract's parts."""

from ..edit import EDITS
from . import (
    bounds,
    form,
    lifecycle,
    lifecycle_states,
    lifecycle_tables,
    lists,
    members,
    names,
    resource,
    rules,
    security,
    statuses,
    webhooks,
)

__all__ = [
    "EDITS",
    "bounds",
    "form",
    "lifecycle",
    "lifecycle_states",
    "lifecycle_tables",
    "lists",
    "members",
    "names",
    "resource",
    "rules",
    "security",
    "statuses",
    "webhooks",
]

"""Every edit by its name, in the order of the contract's parts."""

from ..edit import EDITS
from . import bounds, lifecycle, names, security, statuses  # noqa: F401  (the order of the table)

__all__ = ["EDITS"]

"""Every hostile mode, by name."""

from __future__ import annotations

from . import bodies, connections, framing, heads, http2, pace, secrets, sessions

__all__ = ["GROUPS", "MODES"]

GROUPS = {
    "connections": connections.MODES,
    "framing": framing.MODES,
    "heads": heads.MODES,
    "HTTP/2": http2.MODES,
    "bodies": bodies.MODES,
    "pace": pace.MODES,
    "secrets": secrets.MODES,
    "sessions": sessions.MODES,
}
MODES = {mode.name: mode for group in GROUPS.values() for mode in group}

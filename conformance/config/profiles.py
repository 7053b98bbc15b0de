"""Packs of checks, and the profiles that select them."""

from typing import Literal

Pack = Literal["smoke", "core", "model", "generated", "races", "ttl", "webhooks"]
PACKS: tuple[Pack, ...] = ("smoke", "core", "model", "generated", "races", "ttl", "webhooks")

# What a profile selects. Watched rules belong to every profile.
PROFILES: dict[str, tuple[Pack, ...]] = {
    "smoke": ("smoke",),
    "core": ("smoke", "core"),
    "model": ("model",),
    "generated": ("model", "generated"),
    "races": ("races",),
    "ttl": ("ttl",),
    "webhooks": ("webhooks",),
    "extended": PACKS,
}

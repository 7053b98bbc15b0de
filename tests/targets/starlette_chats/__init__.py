"""The Chats API on plain Starlette: legal in every point, and unlike the mock in most."""

from .site import Site, create_app

__all__ = ["Site", "create_app"]

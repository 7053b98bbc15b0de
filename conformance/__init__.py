"""Judges any deployment of the Chats API against `openapi.yaml`, over HTTP alone."""

__all__ = ["__version__"]

__version__ = "0.1.0"

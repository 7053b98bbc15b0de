"""Judges any deployment of the Chats API against `openapi.yaml`, over HTTP alone.

It is used by its commands and in pytest (`docs/suite.md`), and read by its reports: nothing but
the version is to be imported.
"""

__all__ = ["__version__"]

__version__ = "0.1.0"

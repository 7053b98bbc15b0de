"""Text on its way to PostgreSQL and back: letter for letter, U+0000 included.

PostgreSQL's text cannot hold that character. So it is written as U+001A and `0`, and U+001A itself
as U+001A and `1`: equal texts stay equal, others stay different, and all else reads as it is.
"""

from typing import Any

from psycopg import adapters
from psycopg.abc import Buffer
from psycopg.adapt import AdaptersMap
from psycopg.types.string import StrBinaryDumper, StrDumper, TextBinaryLoader, TextLoader

_MARK = "\x1a"


class _Dumper(StrDumper):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(_escaped(obj))


class _BinaryDumper(StrBinaryDumper):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(_escaped(obj))


class _Loader(TextLoader):
    def load(self, data: Buffer) -> Any:
        return _unescaped(str(super().load(data)))


class _BinaryLoader(TextBinaryLoader):
    def load(self, data: Buffer) -> Any:
        return _unescaped(str(super().load(data)))


def _adapters() -> AdaptersMap:
    own = AdaptersMap(adapters)
    for dumper in (_BinaryDumper, _Dumper):
        own.register_dumper(str, dumper)
    for loader in (_BinaryLoader, _Loader):
        own.register_loader("text", loader)
    return own


def _escaped(text: str) -> str:
    return text.replace(_MARK, f"{_MARK}1").replace("\x00", f"{_MARK}0")


def _unescaped(text: str) -> str:
    if _MARK not in text:
        return text
    return text.replace(f"{_MARK}0", "\x00").replace(f"{_MARK}1", _MARK)


# How the connections of the store send and receive values.
TEXT = _adapters()

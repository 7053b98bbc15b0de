"""What is printed suits every terminal, and a reader that leaves stops nothing."""

import io
import os
import sys
from typing import TextIO


class Output(io.TextIOWrapper):
    """A stream that writes escapes for what its encoding lacks, and drops what nobody reads."""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """As click is told, which writes UTF-8 past a stream that admits to be ASCII."""
        own = super().encoding
        return "utf-8" if own.lower().replace("_", "-") in ("ascii", "us-ascii") else own

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            self._drop()
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except (OSError, ValueError):
            self._drop()

    def _drop(self) -> None:
        """From now on, to nowhere, with what is in the buffer."""
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), self.fileno())


def use_any_terminal() -> None:
    """Let standard output and error take all that is printed."""
    sys.stdout, sys.stderr = _tolerant(sys.stdout), _tolerant(sys.stderr)


def _tolerant(stream: TextIO | None) -> TextIO:
    if stream is None:
        # Takes the number of the one that is closed: no other file may, and be written to.
        return open(os.devnull, "w", encoding="utf-8")
    if type(stream) is not io.TextIOWrapper:
        return stream  # of a test, or tolerant already
    try:
        stream.fileno()
    except OSError:
        return stream
    stream.flush()
    encoding, lines = stream.encoding, stream.line_buffering
    return Output(stream.detach(), encoding, "backslashreplace", line_buffering=lines)

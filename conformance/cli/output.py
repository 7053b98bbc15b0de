"""Output that no terminal and no reader can break: any encoding, a reader that leaves, a full
disk, and colours only where they are wanted."""

import codecs
import io
import os
import sys
from typing import TextIO

# How a character is told where the encoding lacks it.
PLAIN = {"→": "->", "…": "...", "×": "x", "–": "-", "’": "'", "\N{NO-BREAK SPACE}": " "}
ERRORS = "adjourn.plain"


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end]
    escaped = (PLAIN.get(c) or c.encode("unicode_escape", "surrogatepass").decode() for c in text)
    return "".join(escaped), error.end


codecs.register_error(ERRORS, _plain)


class Output(io.TextIOWrapper):
    """A stream that goes silent when nobody reads it any more: the run goes on, and its exit
    code stays what it found."""

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """As click is told: it writes UTF-8 past a stream that admits to be ASCII."""
        own = super().encoding
        return "utf-8" if codecs.lookup(own).name == "ascii" else own

    def write(self, text: str) -> int:
        try:
            return super().write(text)
        except OSError:
            self._silence()
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except (OSError, ValueError):
            self._silence()

    def _silence(self) -> None:
        """Send what is still to come nowhere; what is in the buffer too."""
        with open(os.devnull, "wb") as nowhere:
            os.dup2(nowhere.fileno(), self.fileno())


def prepare() -> None:
    """Let standard output and error take everything that is printed."""
    sys.stdout, sys.stderr = _tolerant(sys.stdout), _tolerant(sys.stderr)


def _tolerant(stream: TextIO | None) -> TextIO:
    if stream is None:
        # Takes the number of the one that is closed: no other file may, and be written to.
        return open(os.devnull, "w", encoding="utf-8")
    if not isinstance(stream, io.TextIOWrapper) or isinstance(stream, Output):
        return stream  # a test's own
    try:
        stream.fileno()
    except OSError:
        return stream
    stream.flush()
    encoding, lines = stream.encoding, stream.line_buffering
    return Output(stream.detach(), encoding, ERRORS, line_buffering=lines)


def colour() -> bool | None:
    """Whether to print colours, as https://no-color.org and https://force-color.org have it;
    None to let the terminal decide."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return False if os.environ.get("TERM") == "dumb" else None

"""The legal word that was probably meant."""

from collections.abc import Iterable
from difflib import get_close_matches

_LONGEST = 100  # characters that are compared: the work grows with their square


def did_you_mean(word: str, legal: Iterable[str]) -> str:
    """The end of a refusal that suggests the nearest legal word, empty where none is near."""
    close = get_close_matches(word[:_LONGEST], [*legal], n=1, cutoff=0.4)
    return f"; did you mean {close[0]}?" if close else ""

"""What somebody who wrote a name that does not exist may have meant."""

import difflib
from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str], otherwise: str) -> str:
    """A question with the nearest names, or what is said `otherwise`."""
    near = difflib.get_close_matches(name, list(known), n=3, cutoff=0.6)
    return f"did you mean {', '.join(near)}?" if near else otherwise

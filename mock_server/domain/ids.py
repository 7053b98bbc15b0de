"""Ids of sessions: random, or always the same ones from a seed."""

import random
import uuid
from typing import Any


class Ids:
    """Version 4 UUIDs. With a seed the sequence is always the same; it can be wound back."""

    def __init__(self, seed: int | None = None) -> None:
        self.seed = seed
        self._random = random.Random(seed)

    def next(self) -> str:
        if self.seed is None:
            return str(uuid.uuid4())
        return str(uuid.UUID(int=self._random.getrandbits(128), version=4))

    def state(self) -> Any:
        """Where the sequence stands."""
        return self._random.getstate()

    def restore(self, state: Any = None) -> None:
        """Go on from where it stood then, or from the beginning."""
        if state is None:
            self._random.seed(self.seed)
        else:
            self._random.setstate(state)

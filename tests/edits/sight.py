"""What is seen of an edit: how each program takes it, and what that comes to."""

from __future__ import annotations

from dataclasses import dataclass, field

FOLLOWED, REFUSED, FAULT = "followed", "refused", "FAULT"


@dataclass(frozen=True)
class Run:
    """One run of the suite: who was judged, the rules that it found broken, why it judged nothing,
    and what went wrong in it."""

    server: str
    broken: dict[str, str] = field(default_factory=dict)
    blocked: str = ""
    crash: str = ""


@dataclass(frozen=True)
class Sight:
    """How lint, mock and suite take one edit: a refusal of each, or what came of it."""

    name: str
    lint: str = ""
    mock: str = ""
    suite: str = ""
    unlived: str = ""
    obedient: Run | None = None
    disobedient: Run | None = None
    crash: str = ""
    seconds: float = 0.0

    @property
    def faults(self) -> list[str]:
        """What must not be: silence, an accusation, an acquittal, a crash, a refusal by one."""
        said = {"lint": self.lint, "mock": self.mock, "suite": self.suite}
        if self.crash:
            return [f"crash: {self.crash}"]
        if refusing := [name for name in said if said[name]]:
            if len(refusing) < len(said) or len({_place(said[name]) for name in said}) > 1:
                told = "; ".join(f"{name}: {text or 'takes it'}" for name, text in said.items())
                return [f"not refused alike: {told}"]
            return []
        return [*self._of_the_mock(), *self._of_the_suite()]

    def _of_the_mock(self) -> list[str]:
        return [f"the mock does not live by it: {self.unlived}"] if self.unlived else []

    def _of_the_suite(self) -> list[str]:
        found = []
        for run in (self.obedient, self.disobedient):
            if run and run.crash:
                found.append(f"the suite crashes on {run.server}: {run.crash}")
        if self.obedient and (self.obedient.broken or self.obedient.blocked):
            told = "; ".join(f"{id}: {why}" for id, why in self.obedient.broken.items())
            found.append(f"accuses {self.obedient.server}: {told or self.obedient.blocked}")
        if self.disobedient and not (self.disobedient.broken or self.disobedient.blocked):
            found.append(f"acquits {self.disobedient.server}")
        return found

    @property
    def verdict(self) -> str:
        """Followed by both, refused by both, or a fault."""
        if self.faults:
            return FAULT
        return REFUSED if self.mock else FOLLOWED

    def __str__(self) -> str:
        told = "; ".join(self.faults) or self.mock or self.judged
        return f"{self.name:40} {self.verdict:9} {self.seconds:3.0f} s  {told}"

    @property
    def judged(self) -> str:
        """What the suite says of a server of the old truth."""
        run = self.disobedient
        return " ".join(run.broken) or run.blocked if run else "no old truth breaks it"


def _place(refusal: str) -> str:
    """The file, the line and the place that a refusal names."""
    return refusal.split(": ", 1)[0]

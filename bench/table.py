"""The figures side by side, and the bars they are held to."""

from __future__ import annotations

from dataclasses import dataclass

from bench.rounds import OPERATIONS, Figures

__all__ = ["Row", "compare", "lines"]

START_BAR = 0.5
# An end writes a change, a call result and an audit entry in one transaction; Prism writes nothing.
RATE_BARS = {"open": 4.0, "retrieve": 4.0, "end": 2.0}


@dataclass(frozen=True)
class Row:
    """One figure of both servers, and the ratio that the mock has to keep."""

    title: str
    mock: float
    prism: float
    bar: float
    at_most: bool = False

    @property
    def ratio(self) -> float:
        """The mock's figure as a multiple of Prism's."""
        return self.mock / self.prism

    @property
    def passed(self) -> bool:
        """Whether the ratio keeps the bar."""
        return self.ratio <= self.bar if self.at_most else self.ratio >= self.bar

    def __str__(self) -> str:
        sign, verdict = ("<=" if self.at_most else ">="), ("pass" if self.passed else "MISSED")
        figures = f"{self.mock:10,.2f}{self.prism:10,.2f}" if self.at_most else self._rates()
        return f"{self.title:20}{figures}{self.ratio:8.2f}  {sign} {self.bar:.1f}  {verdict}"

    def _rates(self) -> str:
        return f"{self.mock:10,.0f}{self.prism:10,.0f}"


def compare(mock: Figures, prism: Figures) -> list[Row]:
    """Every figure that has a bar."""
    start = Row("first answer, s", mock.start, prism.start, START_BAR, at_most=True)
    rates = [
        Row(f"{name}, answers/s", mock.rate(name), prism.rate(name), RATE_BARS[name])
        for name in OPERATIONS
    ]
    return [start, *rates]


def lines(rows: list[Row]) -> list[str]:
    """The table."""
    return [f"{'median':20}{'mock':>10}{'prism':>10}{'ratio':>8}  bar", *map(str, rows)]

"""Tallies: every row and every value of a file is accounted for."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction

from app.layouts.findings import Finding, SeriesKey

KEPT_FINDINGS = 1000


@dataclass(slots=True)
class Energy:
    """What the readings of one direction add up to: given in whole Wh, and as the file says."""

    readings: int = 0
    energy_wh: int = 0
    exact_wh: Fraction = Fraction(0)

    @property
    def remainder_wh(self) -> Fraction:
        """What the file says above what was given."""
        return self.exact_wh - self.energy_wh

    @property
    def remainder(self) -> str:
        """The remainder as text, such as 0 or 3/10."""
        return str(self.remainder_wh)

    def add(self, other: "Energy") -> None:
        """Add another's figures to these."""
        self.readings += other.readings
        self.energy_wh += other.energy_wh
        self.exact_wh += other.exact_wh


@dataclass(slots=True)
class Tally:
    """What was read of a series.

    - `cells` are the values that were looked at: blanks inside a day are, the others are not.
    - `refused` says by code why a cell gave no reading.
    - `findings` counts all that was seen, refused or only noted.
    - `negative_wh` is the sum of all negative values, whatever became of them.
    - `imports` counts the extra readings that negative values gave in the direction import.
    """

    rows: int = 0
    cells: int = 0
    imports: int = 0
    gaps: int = 0
    first_ms: int | None = None
    last_ms: int | None = None
    negative_wh: Fraction = Fraction(0)
    refused: Counter[str] = field(default_factory=Counter)
    findings: Counter[str] = field(default_factory=Counter)
    energies: dict[str, Energy] = field(default_factory=dict)

    @property
    def readings(self) -> int:
        """How many readings were given."""
        return sum(energy.readings for energy in self.energies.values())

    @property
    def is_balanced(self) -> bool:
        """Whether every cell became a reading or is counted among the refused."""
        return self.cells + self.imports == self.readings + self.refused.total()

    def add(self, other: "Tally") -> None:
        """Add another's figures to these."""
        self.rows += other.rows
        self.cells += other.cells
        self.imports += other.imports
        self.gaps += other.gaps
        self.negative_wh += other.negative_wh
        self.refused += other.refused
        self.findings += other.findings
        if other.first_ms is not None and other.last_ms is not None:
            self.reach(other.first_ms, other.last_ms)
        for direction, energy in other.energies.items():
            self.energies.setdefault(direction, Energy()).add(energy)

    def reach(self, first_ms: int, last_ms: int) -> None:
        """Say from when until when there are readings."""
        self.first_ms = first_ms if self.first_ms is None else min(self.first_ms, first_ms)
        self.last_ms = last_ms if self.last_ms is None else max(self.last_ms, last_ms)


@dataclass(slots=True)
class FileTally:
    """What was read of a file: its lines, and a tally of each series.

    `kept` holds the first 1,000 findings; the tallies count all of them.
    """

    lines: int = 0
    heading: int = 0
    comments: int = 0
    blank: int = 0
    skipped: int = 0
    series: dict[SeriesKey, Tally] = field(default_factory=dict)
    kept: list[Finding] = field(default_factory=list)

    def total(self) -> Tally:
        """Return the sum over all series."""
        total = Tally()
        for tally in self.series.values():
            total.add(tally)
        return total

    @property
    def is_balanced(self) -> bool:
        """Whether every line and every cell is accounted for."""
        beside = self.heading + self.comments + self.blank + self.skipped
        rows = sum(tally.rows for tally in self.series.values())
        is_whole = self.lines == beside + rows
        return is_whole and all(tally.is_balanced for tally in self.series.values())

    def note(self, findings: Iterable[Finding]) -> None:
        """Count findings, and keep the first of them."""
        for finding in findings:
            self.series[finding.series].findings[finding.code] += finding.count
            if len(self.kept) < KEPT_FINDINGS:
                self.kept.append(finding)

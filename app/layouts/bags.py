"""Cells on their way to readings: gathered by series and local day."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from app.layouts.errors import MeterFileError
from app.layouts.findings import Finding, SeriesKey
from app.layouts.local_days import LocalDay
from app.layouts.tallies import FileTally, Tally

SERIES_MAX = 50_000
HELD_MAX = 5_000_000

Cell = tuple[int, int, int, str, int, int, str]
"""Start, end, amount, quality, line, column, direction: sorted, the same reading lies together."""


@dataclass(slots=True)
class Doubtful:
    """A cell whose stamp may mean several starts; the cell itself has the first."""

    starts: tuple[int, ...]
    cell: Cell


@dataclass(slots=True)
class SeriesState:
    """What goes over from one day of a series to the next, by direction.

    `reached_ms` is the end of the last reading, or where the first cell begins; `edge_ms` is the
    end of the last cell, taken or not; `register` is the last instant, amount and, after a
    decrease, the amount before it.
    """

    key: SeriesKey
    tally: Tally
    labels: tuple[str, ...] = ()
    carried: dict[str, int] = field(default_factory=dict)
    reached_ms: dict[str, int] = field(default_factory=dict)
    edge_ms: dict[str, int] = field(default_factory=dict)
    register: dict[str, tuple[int, int, int | None]] = field(default_factory=dict)


@dataclass(slots=True)
class Bag:
    """What a file has about a local day of a series; `absent` are intervals without a reading."""

    state: SeriesState
    day: LocalDay
    cells: list[Cell] = field(default_factory=list)
    doubtful: list[Doubtful] = field(default_factory=list)
    absent: list[tuple[str, int, int]] = field(default_factory=list)
    findings: dict[tuple[str, int, int], Finding] = field(default_factory=dict)

    def note(self, finding: Finding, *, refused: int, is_merged: bool = False) -> None:
        """Keep a finding, merged with those of its code on this day where that tells enough."""
        if refused:
            self.state.tally.refused[finding.code] += refused
        place = (finding.code, 0, 0) if is_merged else (finding.code, finding.line, finding.column)
        if place in self.findings:
            count = self.findings[place].count + finding.count
            finding = replace(self.findings[place], count=count)
        self.findings[place] = finding


class Bags:
    """The bags of a file: each is handed on once it is complete."""

    def __init__(self, *, tally: FileTally, is_sorted: bool) -> None:
        """Start with none; of a sorted file only the last one is held."""
        self._tally = tally
        self._is_sorted = is_sorted
        self._states: dict[SeriesKey, SeriesState] = {}
        self._open: Bag | None = None
        self._held: dict[SeriesKey, dict[int, Bag]] = {}
        self.complete: list[Bag | SeriesState] = []
        """What to hand on: bags in order of time, and a state after the last of its bags."""

    def state(self, key: SeriesKey, line: int) -> SeriesState:
        """Return the state of a series. Raises MeterFileError where one comes back."""
        state = self._states.get(key)
        if state is None:
            if len(self._tally.series) >= SERIES_MAX:
                raise _refusal("too-many-series", line, f"a file has up to {SERIES_MAX} series")
            if self._is_sorted:
                self._close()
                self._states.clear()
                if key in self._tally.series:
                    raise _refusal("series-returns", line, "this series was complete before")
            state = self._states[key] = SeriesState(key, Tally())
            self._tally.series[key] = state.tally
        return state

    def bag(self, state: SeriesState, day: LocalDay, line: int) -> Bag:
        """Return the bag of a day. Raises MeterFileError where a sorted file goes back."""
        if not self._is_sorted:
            days = self._held.setdefault(state.key, {})
            if day.start_ms not in days:
                days[day.start_ms] = Bag(state, day)
            return days[day.start_ms]
        last = self._open
        if last is not None and last.state is state:
            if last.day.start_ms == day.start_ms:
                return last
            if last.day.start_ms > day.start_ms:
                raise _refusal("not-sorted", line, "this series was at a later day before")
            self.complete.append(last)
        self._open = Bag(state, day)
        return self._open

    def finish(self) -> Iterator[Bag | SeriesState]:
        """Yield what is left at the end of the file."""
        self._close()
        yield from self.complete
        self.complete.clear()
        for key, state in self._states.items():
            if not self._is_sorted:
                for _, bag in sorted(self._held.pop(key, {}).items()):
                    yield bag
                yield state

    def _close(self) -> None:
        if self._is_sorted and self._states:
            if self._open is not None:
                self.complete.append(self._open)
            self.complete.extend(self._states.values())
            self._open = None


def _refusal(code: str, line: int, reason: str) -> MeterFileError:
    return MeterFileError(code=code, line=line, column=1, reason=reason)

"""A complete day becomes readings: clashes are parted, energies rounded, gaps found."""

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

from app.layouts.amounts import Amounts
from app.layouts.bags import Bag, Cell, SeriesState
from app.layouts.clashes import DIRECTION, START, apart, decided
from app.layouts.days import Reading, SeriesDay
from app.layouts.findings import Finding
from app.layouts.layout import ENERGY_UNITS, POWER_UNITS, Layout
from app.layouts.registers import differences
from app.layouts.tallies import Energy

IMPORT = "import"


class Settling:
    """Turns the bags of one layout into days, a series' bags in order of time."""

    def __init__(self, layout: Layout) -> None:
        """Take a layout."""
        amount, time = layout.amount, layout.time
        unit = next(iter(POWER_UNITS if amount.kind == "power" else ENERGY_UNITS))
        self._parts = Amounts(amount, unit).parts
        self._interval_ms = (time.interval_s or 0) * 1000
        self._is_in_order = time.is_repeated_in_order
        self._range_parts = _range_parts(layout, self._parts)
        self._is_counter = amount.kind == "counter"

    def day(self, bag: Bag) -> SeriesDay:
        """Return the day of a bag, its findings in order of lines."""
        if bag.doubtful:
            bag.cells += decided(bag, self._interval_ms, is_in_order=self._is_in_order)
        streams = {
            direction: self._energies(bag, apart(bag, cells))
            for direction, cells in _streams(bag.cells).items()
        }
        _extend(bag, streams)
        readings: list[Reading] = []
        for direction, cells in streams.items():
            readings += self._readings(bag, direction, cells)
        if len(streams) > 1 or len(readings) > len(bag.cells):
            readings.sort(key=_by_time)
        return _day(bag, readings)

    def last_gaps(self, state: SeriesState) -> Iterator[Finding]:
        """Yield the gaps between the last readings of a series and its last cells."""
        for direction, edge_ms in state.edge_ms.items():
            reached_ms = state.reached_ms[direction]
            if reached_ms < edge_ms:
                yield self._gap(state, (reached_ms, edge_ms), 0, 0)

    def _energies(self, bag: Bag, cells: list[Cell]) -> list[Cell]:
        if not self._is_counter:
            return cells
        return list(differences(bag, cells, parts=self._parts, range_parts=self._range_parts))

    def _readings(self, bag: Bag, direction: str, cells: Sequence[Cell]) -> Iterator[Reading]:
        if not cells:
            return
        state, parts = bag.state, self._parts
        reached_ms = state.reached_ms.get(direction, cells[0][START])
        carried = before = state.carried.get(direction, 0)
        given_wh = 0
        for start_ms, end_ms, amount, quality, line, column, _ in cells:
            if start_ms > reached_ms:
                gap = self._gap(state, (reached_ms, start_ms), line, column)
                bag.note(gap, refused=0)
            reached_ms = end_ms
            energy_wh = amount
            if amount < 0:
                energy_wh = 0
                yield self._import(state, Reading(start_ms, end_ms, -amount, quality, IMPORT))
            elif parts > 1:
                energy_wh, carried = divmod(carried + amount, parts)
            given_wh += energy_wh
            yield Reading(start_ms, end_ms, energy_wh, quality, direction)
        state.reached_ms[direction] = reached_ms
        state.carried[direction] = carried
        exact_wh = given_wh + Fraction(carried - before, parts)
        _energy(state, direction).add(Energy(len(cells), given_wh, exact_wh))

    def _import(self, state: SeriesState, drawn: Reading) -> Reading:
        """Return what was drawn, its amount in parts, as a reading in whole watt-hours."""
        before = state.carried.get(IMPORT, 0)
        energy_wh, carried = divmod(before + drawn.energy_wh, self._parts)
        state.carried[IMPORT] = carried
        state.tally.imports += 1
        exact_wh = Fraction(drawn.energy_wh, self._parts)
        _energy(state, IMPORT).add(Energy(1, energy_wh, exact_wh))
        return drawn._replace(energy_wh=energy_wh)

    def _gap(self, state: SeriesState, stretch: tuple[int, int], line: int, column: int) -> Finding:
        start_ms, end_ms = stretch
        count = -(-(end_ms - start_ms) // self._interval_ms) if self._interval_ms else 1
        state.tally.gaps += count
        return Finding("gap", state.key, line, column, count, "no readings", start_ms, end_ms)


def _range_parts(layout: Layout, parts: int) -> int | None:
    """Return what a register counts to, in parts; it then has one unit."""
    digits, unit = layout.amount.register_digits, layout.amount.unit
    return None if digits is None or unit is None else 10**digits * ENERGY_UNITS[unit] * parts


def _streams(cells: list[Cell]) -> dict[str, list[Cell]]:
    if not cells:
        return {}
    first = cells[0][DIRECTION]
    if all(cell[DIRECTION] == first for cell in cells):
        return {first: cells}
    streams: dict[str, list[Cell]] = {}
    for cell in cells:
        streams.setdefault(cell[DIRECTION], []).append(cell)
    return streams


def _extend(bag: Bag, streams: Mapping[str, Sequence[Cell]]) -> None:
    """Say from where to where a series should have readings, by the cells that gave none."""
    state = bag.state
    lows: dict[str, int] = {}
    for direction, start_ms, end_ms in bag.absent:
        lows[direction] = min(start_ms, lows.get(direction, start_ms))
        state.edge_ms[direction] = max(end_ms, state.edge_ms.get(direction, end_ms))
    for direction, low_ms in lows.items():
        if direction not in state.reached_ms:
            starts = [cell[START] for cell in streams.get(direction, ())]
            state.reached_ms[direction] = min([low_ms, *starts])


def _by_time(reading: Reading) -> tuple[int, int, str]:
    return reading.start_ms, reading.end_ms, reading.direction


def _energy(state: SeriesState, direction: str) -> Energy:
    return state.tally.energies.setdefault(direction, Energy())


def _day(bag: Bag, readings: list[Reading]) -> SeriesDay:
    if readings:
        bag.state.tally.reach(readings[0].start_ms, max(item.end_ms for item in readings))
    return SeriesDay(
        series=bag.state.key,
        date=bag.day.date,
        start_ms=bag.day.start_ms,
        end_ms=bag.day.end_ms,
        readings=tuple(readings),
        findings=tuple(sorted(bag.findings.values(), key=lambda item: (item.line, item.column))),
    )

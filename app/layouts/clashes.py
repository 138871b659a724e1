"""Cells of one direction that are of the same time: taken once, or not at all."""

from collections.abc import Iterator, Sequence
from typing import Final

from app.layouts.bags import Bag, Cell, Doubtful
from app.layouts.findings import Finding

START: Final = 0
END: Final = 1
AMOUNT: Final = 2
QUALITY: Final = 3
LINE: Final = 4
DIRECTION: Final = 6


def apart(bag: Bag, cells: list[Cell]) -> list[Cell]:
    """Return the cells in order of time that share none of it; the others become findings."""
    cells.sort()
    reached = cells[0][START] if cells else 0
    for cell in cells:
        if cell[START] < reached:
            return list(_cleared(bag, cells))
        reached = cell[END]
    return cells


def _cleared(bag: Bag, cells: Sequence[Cell]) -> Iterator[Cell]:
    for cluster in _clusters(cells):
        distinct = {cell[: QUALITY + 1]: cell for cell in reversed(cluster)}
        first = distinct[cluster[0][: QUALITY + 1]]
        if len(distinct) == 1:
            for cell in cluster[1:]:
                _refuse(bag, cell, "duplicate", f"the same as line {first[LINE]}")
            yield first
            continue
        is_same_time = len({cell[:AMOUNT] for cell in cluster}) == 1
        code = "duplicate-conflict" if is_same_time else "overlap"
        lines = ", ".join(str(line) for line in sorted({cell[LINE] for cell in cluster})[:10])
        for cell in cluster:
            _refuse(bag, cell, code, f"lines {lines}")


def _clusters(cells: Sequence[Cell]) -> Iterator[list[Cell]]:
    """Yield runs of cells each of which shares time with one before it in the run."""
    cluster: list[Cell] = []
    reached = 0
    for cell in cells:
        if cluster and cell[START] >= reached:
            yield cluster
            cluster = []
        reached = max(reached, cell[END]) if cluster else cell[END]
        cluster.append(cell)
    yield cluster


def _refuse(bag: Bag, cell: Cell, code: str, detail: str) -> None:
    start_ms, end_ms, _, _, line, column, direction = cell
    finding = Finding(code, bag.state.key, line, column, 1, detail, start_ms, end_ms)
    bag.note(finding, refused=1)
    bag.absent.append((direction, start_ms, end_ms))


def decided(bag: Bag, interval_ms: int, *, is_in_order: bool) -> list[Cell]:
    """Return the doubtful cells whose time the order of the file tells; refuse the others.

    The first of two that are stamped alike is the one before the clock went back. One that is
    there once, where the clock showed its time twice, may be either and is refused.
    """
    taken: list[Cell] = []
    for direction in {doubtful.cell[DIRECTION] for doubtful in bag.doubtful}:
        own = [item for item in bag.doubtful if item.cell[DIRECTION] == direction]
        sure = [cell for cell in bag.cells if cell[DIRECTION] == direction]
        is_told = is_in_order and _is_ascending(sure)
        used = {cell[START] for cell in sure}
        placed = [(item, _start(item, used, bag) if is_told else None) for item in own]
        for item, start_ms in placed:
            if start_ms is None or not used.issuperset(item.starts):
                detail = "the local clock showed this time more than once"
                _refuse(bag, item.cell, "ambiguous-local-time", detail)
            elif (start_ms - bag.day.start_ms) % interval_ms:
                _refuse(bag, item.cell, "misaligned", "the interval does not lie on the grid")
            else:
                taken.append((start_ms, start_ms + interval_ms, *item.cell[AMOUNT:]))
    return taken


def _is_ascending(cells: Sequence[Cell]) -> bool:
    return all(cells[at][START] <= cells[at + 1][START] for at in range(len(cells) - 1))


def _start(item: Doubtful, used: set[int], bag: Bag) -> int | None:
    """Return the first start that is free, or the last where none is; None outside the day."""
    start_ms = next((start for start in item.starts if start not in used), item.starts[-1])
    used.add(start_ms)
    return start_ms if bag.day.start_ms <= start_ms < bag.day.end_ms else None

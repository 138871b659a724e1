"""Register readings become energies: the difference of two that stand one interval apart."""

from collections.abc import Iterator, Sequence
from fractions import Fraction

from app.layouts.bags import Bag, Cell
from app.layouts.findings import Finding

_Register = tuple[int, int, int | None]


def differences(
    bag: Bag, cells: Sequence[Cell], *, parts: int, range_parts: int | None
) -> Iterator[Cell]:
    """Yield the energies of register readings in order of time; others become findings.

    `range_parts` is what the register counts to before it starts at zero again. A step back that
    is shorter forwards over zero is such a start; any other step back gives nothing.
    """
    registers = bag.state.register
    for cell in cells:
        start_ms, end_ms, amount, _, _, _, direction = cell
        last = registers.get(direction)
        risen = None if last is None else amount - last[1]
        registers[direction] = (end_ms, amount, None)
        if last is None or risen is None:
            _refuse(bag, cell, "register-start", "the first reading of the register")
        elif last[0] != start_ms:
            detail = f"{Fraction(risen, parts)} Wh since {_count(last[0], start_ms, end_ms)} before"
            _refuse(bag, cell, "register-start", detail)
            bag.absent.append((direction, last[0], end_ms))
        elif risen < 0 and (range_parts is None or 2 * (risen + range_parts) >= range_parts):
            registers[direction] = (end_ms, amount, last[1])
            _fell(bag, cell, f"{Fraction(-risen, parts)} Wh less than before")
        elif last[2] is not None and amount >= last[2]:
            _fell(bag, cell, "the register is back where it was before it went back")
        else:
            energy = risen if risen >= 0 else risen + (range_parts or 0)
            yield (start_ms, end_ms, energy, *cell[3:])


def _count(last_ms: int, start_ms: int, end_ms: int) -> str:
    return f"{(end_ms - last_ms) // (end_ms - start_ms)} intervals"


def _fell(bag: Bag, cell: Cell, detail: str) -> None:
    _refuse(bag, cell, "meter-reading-decreased", detail)
    bag.absent.append((cell[6], cell[0], cell[1]))


def _refuse(bag: Bag, cell: Cell, code: str, detail: str) -> None:
    start_ms, end_ms, _, _, line, column, _ = cell
    finding = Finding(code, bag.state.key, line, column, 1, detail, start_ms, end_ms)
    bag.note(finding, refused=1)

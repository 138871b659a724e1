"""Texts of cells become amounts in bags, or findings that say why not."""

from fractions import Fraction

from app.layouts.amounts import AmountError, Amounts
from app.layouts.bags import Bag
from app.layouts.findings import Finding
from app.layouts.layout import ENERGY_UNITS, POWER_UNITS, Layout

Spot = tuple[Bag, int, int, int, int, str]
"""Where a cell stands: bag, start, end, line, column, direction."""


class Cells:
    """Takes the cells of one layout."""

    def __init__(self, layout: Layout) -> None:
        """Take what the layout says of values."""
        amount = layout.amount
        units = POWER_UNITS if amount.kind == "power" else ENERGY_UNITS
        self._amounts = {unit: Amounts(amount, unit) for unit in units}
        self._blanks = amount.blanks
        self._negative = amount.negative

    def put(self, spot: Spot, text: str, quality: str, unit: str) -> None:
        """Put a cell into its bag."""
        bag, start_ms, end_ms, line, column, direction = spot
        bag.state.tally.cells += 1
        amounts = self._amounts[unit]
        amount = amounts.known((end_ms - start_ms) // 1000).get(text)
        if amount is None:
            amount = self._unusual(spot, text, amounts)
            if amount is None:
                bag.absent.append((direction, start_ms, end_ms))
                return
        bag.cells.append((start_ms, end_ms, amount, quality, line, column, direction))

    def _unusual(self, spot: Spot, text: str, amounts: Amounts) -> int | None:
        """Return the amount of a text that was not seen before; None where there is none."""
        if text in self._blanks:
            _note(spot, "missing", "blank", refused=1, is_merged=True)
            return None
        try:
            amount, is_noisy = amounts.read(text, (spot[2] - spot[1]) // 1000)
        except AmountError as error:
            _note(spot, error.code, error.detail, refused=1)
            return None
        if is_noisy:
            detail = f"such as {text[:40]!r}"
            _note(spot, "decimal-noise", detail, refused=0, is_merged=True)
        return self._signed(spot, amount, amounts.parts) if amount < 0 else amount

    def _signed(self, spot: Spot, amount: int, parts: int) -> int | None:
        energy_wh = Fraction(amount, parts)
        spot[0].state.tally.negative_wh += energy_wh
        is_refused = self._negative == "refuse"
        _note(spot, "negative", f"{energy_wh} Wh, {_TAKEN[self._negative]}", refused=is_refused)
        if is_refused:
            return None
        return 0 if self._negative == "zero" else amount


def refuse_outside(bag: Bag, *, text: str, line: int, column: int, count: int) -> None:
    """Note a value in a period that the day does not have."""
    bag.state.tally.cells += 1
    detail = f"{text[:40]!r}: the day has {count} periods"
    finding = Finding("outside-day", bag.state.key, line, column, 1, detail)
    bag.note(finding, refused=1)


_TAKEN = {"refuse": "refused", "zero": "taken as zero", "import": "taken as import"}


def _note(spot: Spot, code: str, detail: str, *, refused: int, is_merged: bool = False) -> None:
    bag, start_ms, end_ms, line, column, _ = spot
    finding = Finding(code, bag.state.key, line, column, 1, detail, start_ms, end_ms)
    bag.note(finding, refused=refused, is_merged=is_merged)

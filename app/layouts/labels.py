"""The labels of a row: which series, unit, direction and quality it is of."""

from collections.abc import Sequence

from app.layouts.bags import SeriesState
from app.layouts.layout import Layout, Mapped
from app.layouts.rows import Rows


class RowError(ValueError):
    """A row of which nothing is taken."""

    def __init__(self, *, code: str, index: int, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.index = index
        self.detail = detail


class Labels:
    """The columns of a row that are neither time nor value."""

    def __init__(self, layout: Layout, rows: Rows) -> None:
        """Find the columns."""
        self._series = [rows.index(name) for name in layout.series]
        self._constant = [rows.index(name) for name in layout.constant]
        self._only = [
            (rows.index(item.column), item.values, item.is_skipped) for item in layout.only
        ]
        self._layout = layout
        self._units = _column(layout.amount.units, rows)
        self._directions = _column(layout.directions, rows)
        self._qualities = _column(layout.qualities, rows)

    def is_skipped(self, row: Sequence[str]) -> bool:
        """Say whether the layout passes over a row."""
        return any(skip and row[index] not in values for index, values, skip in self._only)

    def key(self, row: Sequence[str]) -> tuple[str, ...]:
        """Return the series of a row."""
        return tuple([row[index] for index in self._series])

    def check(self, row: Sequence[str], state: SeriesState) -> None:
        """Raise RowError where a label is not as expected."""
        for index, values, _ in self._only:
            if row[index] not in values:
                raise _unexpected(row, index)
        if self._constant:
            labels = tuple([row[index] for index in self._constant])
            if not state.labels:
                state.labels = labels
            for index, label, first in zip(self._constant, labels, state.labels, strict=True):
                if label != first:
                    raise _unexpected(row, index)

    def unit(self, row: Sequence[str]) -> str:
        """Return the unit of a row. Raises RowError."""
        return _mapped(row, self._units, self._layout.amount.unit or "")

    def direction(self, row: Sequence[str]) -> str:
        """Return the direction of a row. Raises RowError."""
        return _mapped(row, self._directions, self._layout.direction or "")

    def quality(self, row: Sequence[str]) -> str:
        """Return the quality of a row. Raises RowError."""
        return _mapped(row, self._qualities, self._layout.quality)


_Column = tuple[int, Mapped] | None


def _column(mapped: Mapped | None, rows: Rows) -> _Column:
    return None if mapped is None else (rows.index(mapped.column), mapped)


def _mapped(row: Sequence[str], column: _Column, fixed: str) -> str:
    if column is None:
        return fixed
    index, mapped = column
    found = mapped.values.get(row[index])
    if found is None:
        raise _unexpected(row, index)
    return found


def _unexpected(row: Sequence[str], index: int) -> RowError:
    detail = f"{row[index][:40]!r} is not expected here"
    return RowError(code="unexpected-label", index=index, detail=detail)

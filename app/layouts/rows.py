"""Rows of a meter file: cells in columns that are known by name."""

import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from app.layouts.errors import MeterFileError
from app.layouts.layout import Table
from app.layouts.opening import LINE_MAX
from app.layouts.tallies import FileTally

LINES_MAX = 5_000_000
COLUMNS_MAX = 2000


class Rows:
    """The rows of a file below its columns, each with its line; the columns are read at once.

    Raises MeterFileError where lines are not the table that the layout declares.
    """

    def __init__(
        self, *, lines: Iterable[str], table: Table, used: Sequence[str], tally: FileTally
    ) -> None:
        """Read as far as the columns."""
        self._table = table
        self._tally = tally
        self._asked = 0
        self._csv = csv.reader(self._checked(lines), delimiter=table.separator, strict=True)
        self.columns = self._read_columns() if table.columns is None else table.columns
        self._check_columns(used)

    def index(self, name: str) -> int:
        """Return where a column is."""
        return self.columns.index(name)

    def __iter__(self) -> Iterator[tuple[int, list[str]]]:
        """Yield each row that is no blank line, with its line."""
        tally, trim, count = self._tally, self._table.trim, len(self.columns)
        for row in self._each():
            if not row:
                tally.blank += 1
            elif len(row) != count:
                at = min(len(row), count) + 1
                raise self._error("field-count", at, f"{len(row)} cells, not {count}")
            else:
                yield tally.lines, ([cell.strip() for cell in row] if trim else row)

    def _each(self) -> Iterator[list[str]]:
        tally = self._tally
        try:
            for row in self._csv:
                tally.lines = self._asked
                yield row
        except csv.Error as error:
            tally.lines = self._asked
            raise self._error("not-csv", 1, "the line is no CSV") from error

    def _checked(self, lines: Iterable[str]) -> Iterator[str]:
        """Yield lines under the caps; a row that would go on in a second line is refused."""
        tally, comment, skip_lines = self._tally, self._table.comment, self._table.skip_lines
        for number, line in enumerate(lines, 1):
            if self._asked != tally.lines:
                raise self._error("not-csv", 1, "a quoted cell has no end in its line")
            self._asked = number
            if number > LINES_MAX:
                raise self._error("too-many-lines", 1, f"a file has up to {LINES_MAX} lines")
            if len(line) > LINE_MAX:
                raise self._error("line-too-long", 1, f"a line has up to {LINE_MAX} characters")
            if number == 1:
                line = line.removeprefix("\ufeff")  # noqa: PLW2901 the mark is no part of it
            if number <= skip_lines or (comment and line.startswith(comment)):
                self._pass_over(is_heading=number <= skip_lines)
            else:
                yield line

    def _pass_over(self, *, is_heading: bool) -> None:
        tally = self._tally
        tally.lines = self._asked
        tally.heading += is_heading
        tally.comments += not is_heading

    def _read_columns(self) -> tuple[str, ...]:
        for row in self._each():
            if row:
                self._tally.heading += 1
                return tuple(cell.strip() for cell in row) if self._table.trim else tuple(row)
            self._tally.blank += 1
        raise self._error("header", 1, "there is no line that names the columns")

    def _check_columns(self, used: Sequence[str]) -> None:
        if len(self.columns) > COLUMNS_MAX:
            raise self._error("too-many-columns", COLUMNS_MAX + 1, f"up to {COLUMNS_MAX} columns")
        counts = Counter(self.columns)
        known = self._table.ignored.union(used)
        for at, name in enumerate(self.columns, 1):
            if name not in known and not self._table.ignore_other:
                raise self._error("header", at, f"column {name[:40]!r} is not known to the layout")
            if counts[name] > 1 and name in used:
                raise self._error("header", at, f"column {name[:40]!r} is there twice")
        for name in used:
            if name not in counts:
                at = len(self.columns) + 1
                raise self._error("header", at, f"column {name!r} is missing")

    def _error(self, code: str, column: int, reason: str) -> MeterFileError:
        return MeterFileError(code=code, line=max(self._asked, 1), column=column, reason=reason)

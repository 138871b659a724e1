"""Read a meter file by a layout: days of readings, and a tally in which nothing is lost."""

from collections.abc import Iterable, Iterator

from app.layouts.bags import Bag, Bags, SeriesState
from app.layouts.days import SeriesDay
from app.layouts.layout import Layout
from app.layouts.rows import Rows
from app.layouts.settling import Settling
from app.layouts.taking import Rowwise
from app.layouts.tallies import FileTally


class MeterFile(Iterator[SeriesDay]):
    """The days of a file; `tally` is whole once the last of them was taken.

    A series' days come in order of time. Of a sorted file one day is held at a time; the series
    of another come one after the other, in the order in which the file names them first. Days
    taken before a MeterFileError are not to be used.
    """

    def __init__(self, layout: Layout, lines: Iterable[str]) -> None:
        """Read nothing yet."""
        self.tally = FileTally()
        self._layout = layout
        self._days = self._read(lines)

    def __next__(self) -> SeriesDay:
        """Return the next day. Raises MeterFileError."""
        return next(self._days)

    def _read(self, lines: Iterable[str]) -> Iterator[SeriesDay]:
        layout, tally = self._layout, self.tally
        rows = Rows(lines=lines, table=layout.table, used=layout.used_columns, tally=tally)
        bags = Bags(tally=tally, is_sorted=layout.is_sorted)
        rowwise, settling = Rowwise(layout, rows, bags, tally), Settling(layout)
        complete = bags.complete
        for line, row in rows:
            rowwise.take(line, row)
            if complete:
                yield from self._settled(settling, complete)
                complete.clear()
        yield from self._settled(settling, bags.finish())

    def _settled(
        self, settling: Settling, complete: Iterable[Bag | SeriesState]
    ) -> Iterator[SeriesDay]:
        for item in complete:
            if isinstance(item, SeriesState):
                self.tally.note(settling.last_gaps(item))
                continue
            day = settling.day(item)
            self.tally.note(day.findings)
            yield day


def read(*, layout: Layout, lines: Iterable[str]) -> MeterFile:
    """Return the days that a file's lines have by a layout, to be taken one by one."""
    return MeterFile(layout, lines)

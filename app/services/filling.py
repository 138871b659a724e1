"""Filling: spans and gaps in order of time become as many reports as hold them, each in a leaf."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from app.ledger.leaves import LEAF_BYTES_MAX
from app.registry.measurements import MEASURED, DeclaredGap
from app.services.measure import Day

ENTRIES_MOST = 90
"""Spans, and likewise gaps, of one report: fewer than an operation may have."""

SPAN_BYTES, GAP_BYTES, FINDING_BYTES, QUALITY_BYTES, NETTING_BYTES = 198, 146, 85, 61, 194
"""How many bytes each takes of a leaf with its comma, where words and numbers are longest."""

_FRAME_BYTES = 1_024
_DAY_BYTES = SPAN_BYTES + 3 * FINDING_BYTES + QUALITY_BYTES + NETTING_BYTES
_BYTES_MOST = LEAF_BYTES_MAX - _FRAME_BYTES
_GAPS_BYTES_MOST = _BYTES_MOST - _DAY_BYTES - 2 * GAP_BYTES
"""Gaps leave room for the rest as one more, and for the span that must follow them."""


@dataclass(frozen=True, slots=True)
class Filled:
    """Spans and gaps of a device in order of time: an operation's worth."""

    days: tuple[Day, ...]
    gaps: tuple[DeclaredGap, ...]

    @property
    def start(self) -> int:
        """When it begins, UTC milliseconds."""
        return min([self.days[0].start, *(gap.start for gap in self.gaps[:1])])


class Filling:
    """Takes spans and gaps in order of time, and gives what is full when more comes.

    No report is given without a span, since an operation has one at least.
    """

    def __init__(self) -> None:
        """Start with nothing."""
        self._days: list[Day] = []
        self._gaps: list[DeclaredGap] = []
        self._bytes = 0

    def add(self, day: Day) -> Iterator[Filled]:
        """Take a span; yield what was full without it."""
        day_bytes = _bytes_of(day)
        if self._bytes + day_bytes > _BYTES_MOST or len(self._days) == ENTRIES_MOST:
            yield from self.finish()
        self._days.append(day)
        self._bytes += day_bytes

    def declare(self, gaps: Sequence[DeclaredGap], *, is_last: bool = False) -> Iterator[Filled]:
        """Take gaps that follow one another; yield what was full without them.

        Where there is no room for them all and no span to give them with, as when they are the
        last, the rest becomes one.
        """
        for gap in gaps:
            if self._bytes > _GAPS_BYTES_MOST or len(self._gaps) >= ENTRIES_MOST:
                if is_last or not self._days:
                    self._take(replace(gap, end=gaps[-1].end))
                    return
                yield from self.finish()
            self._take(gap)

    def finish(self) -> Iterator[Filled]:
        """Yield what is left, where there is a span to it."""
        if self._days:
            yield Filled(tuple(self._days), tuple(self._gaps))
            self._days, self._gaps, self._bytes = [], [], 0

    def _take(self, gap: DeclaredGap) -> None:
        self._gaps.append(gap)
        self._bytes += GAP_BYTES


def _bytes_of(day: Day) -> int:
    """Return how much of a leaf a span takes at most; it may turn out to be over capacity."""
    return (
        SPAN_BYTES
        + FINDING_BYTES * (len(day.findings) + 1)
        + (0 if day.quality == MEASURED else QUALITY_BYTES)
        + (0 if day.netting is None else NETTING_BYTES)
    )

"""Streams: the readings of a point's meters, each in order of time, become those of one point."""

from collections.abc import Iterable, Iterator
from heapq import merge
from typing import NamedTuple

from app.registry.measurements import CORRECTED, ESTIMATED, MEASURED, SUBSTITUTED
from app.services.netting import Flow

_WORSE = (MEASURED, CORRECTED, SUBSTITUTED, ESTIMATED)


class Reading(NamedTuple):
    """What a metering point gave and drew in one interval, how it came about, what looked wrong.

    `is_given` says whether the meter of what is given was read: missing is not zero.
    """

    flow: Flow
    quality: str = MEASURED
    finding: str = ""
    is_given: bool = True


def combined(*streams: Iterable[Reading]) -> Iterator[Reading]:
    """Yield the readings of several meters of one point as one, each in order of time.

    What they gave and drew in the same interval is added up; the least good quality is told.
    """
    waiting: Reading | None = None
    for reading in merge(*streams, key=lambda reading: reading.flow[:2]):
        if waiting is None:
            waiting = reading
        elif waiting.flow[:2] == reading.flow[:2]:
            waiting = joined(waiting, reading)
        else:
            yield waiting
            waiting = reading
    if waiting is not None:
        yield waiting


def joined(one: Reading, other: Reading) -> Reading:
    """Return two readings of one interval as one."""
    start, end, given_wh, drawn_wh = one.flow
    return Reading(
        Flow(start, end, given_wh + other.flow.given_wh, drawn_wh + other.flow.drawn_wh),
        max(one.quality, other.quality, key=_WORSE.index),
        one.finding or other.finding,
        one.is_given or other.is_given,
    )

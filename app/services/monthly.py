"""Monthly: which periods of a registrant's devices a month, or another period, asks for."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self
from zoneinfo import ZoneInfo


class Piece(NamedTuple):
    """[start, end) of a device in UTC milliseconds; `is_whole` where nothing was cut off."""

    device: str
    start: int
    end: int
    is_whole: bool


class Version(NamedTuple):
    """A device under one registration, in force in [valid_from, valid_until), UTC milliseconds."""

    device: str
    timezone: str
    valid_from: int
    valid_until: int


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for: a month of each device's own zone, or [start, end) of all."""

    month: str | None = None
    start: int = 0
    end: int = 0

    @classmethod
    def of_month(cls, month: str) -> Self:
        """Return a month, written 2025-01."""
        return cls(month=month)

    def period(self, timezone: str) -> tuple[int, int]:
        """Return [start, end) in UTC milliseconds; a month of a zone has its changes of clocks."""
        if self.month is None:
            return self.start, self.end
        year, month = map(int, self.month.split("-"))
        return _midnight(year, month, timezone), _midnight(*_after(year, month), timezone)


def pieces(versions: Iterable[Version], wanted: Wanted) -> Iterator[Piece]:
    """Yield what is to be requested of each version: the period as far as it is in force (R3)."""
    for version in versions:
        period = wanted.period(version.timezone)
        start, end = max(period[0], version.valid_from), min(period[1], version.valid_until)
        if start < end:
            yield Piece(version.device, start, end, (start, end) == period)


def _after(year: int, month: int) -> tuple[int, int]:
    return year + month // 12, month % 12 + 1


def _midnight(year: int, month: int, timezone: str) -> int:
    first = datetime(year, month, 1, tzinfo=ZoneInfo(timezone))
    return int(first.timestamp()) * 1000

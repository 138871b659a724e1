"""Local days: where they begin and end, and which instants a local clock shows a time at."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY_MS = 86_400_000
FIRST_YEAR = 1950
LAST_YEAR = 2199
FIRST_MS = (datetime(FIRST_YEAR, 1, 1, tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)
LAST_MS = (datetime(LAST_YEAR, 12, 31, tzinfo=UTC) - EPOCH) // timedelta(milliseconds=1)
_CACHE_MAX = 20_000
_MS = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class LocalDay:
    """A day of a zone, from local midnight to local midnight."""

    date: date
    start_ms: int
    end_ms: int

    def starts(self, interval_ms: int) -> range:
        """Return where each whole interval of the day begins."""
        return range(self.start_ms, self.end_ms - interval_ms + 1, interval_ms)


class LocalDays:
    """The days of one zone, each computed once."""

    def __init__(self, zone: tzinfo) -> None:
        """Take a zone."""
        self._zone = zone
        self._days: dict[date, LocalDay] = {}

    def on(self, day: date) -> LocalDay:
        """Return the local day of a date from 1950 to 2199."""
        found = self._days.get(day)
        if found is None:
            if len(self._days) >= _CACHE_MAX:
                self._days.clear()
            after = day + timedelta(days=1)
            found = LocalDay(day, self._midnight_ms(day), self._midnight_ms(after))
            self._days[day] = found
        return found

    def at(self, instant_ms: int) -> LocalDay:
        """Return the local day that an instant is in."""
        local = (EPOCH + timedelta(milliseconds=instant_ms)).astimezone(self._zone)
        day = self.on(local.date())
        if instant_ms >= day.end_ms:
            return self.on(day.date + timedelta(days=1))
        return self.on(day.date - timedelta(days=1)) if instant_ms < day.start_ms else day

    def _midnight_ms(self, day: date) -> int:
        return (datetime.combine(day, time.min, tzinfo=self._zone) - EPOCH) // _MS


class Wall:
    """A clock on a wall of a zone: at which instants it shows a time.

    With `is_standard` nobody changes it for the summer.
    """

    def __init__(self, zone: tzinfo, *, is_standard: bool) -> None:
        """Take a zone."""
        self._zone = zone
        self._is_standard = is_standard
        self._days = LocalDays(zone)

    def midnight_ms(self, day: date) -> int | None:
        """Return when a day begins that is plain: 24 hours, each shown once; None for others."""
        if self._is_standard:
            (midnight_ms,) = self.instants(datetime.combine(day, time.min))
            return midnight_ms
        found = self._days.on(day)
        return found.start_ms if found.end_ms - found.start_ms == DAY_MS else None

    def instants(self, shown: datetime) -> tuple[int, ...]:
        """Return every instant at which the clock shows a time, in order; none for some."""
        if self._is_standard:
            return ((shown.replace(tzinfo=UTC) - self._standard(shown.year) - EPOCH) // _MS,)
        found = {
            (aware - EPOCH) // _MS
            for aware in (shown.replace(tzinfo=self._zone, fold=fold) for fold in (0, 1))
            if aware.astimezone(UTC).astimezone(self._zone).replace(tzinfo=None) == shown
        }
        return tuple(sorted(found))

    def _standard(self, year: int) -> timedelta:
        """Return the lesser of a year's two offsets, whichever its law calls standard."""
        middays = (datetime(year, month, 1, 12, tzinfo=self._zone) for month in (1, 7))
        return min(midday.utcoffset() or timedelta() for midday in middays)

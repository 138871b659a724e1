"""Windows in calendar months: the arithmetic that needs no time zone, and a bound that replays."""

from calendar import monthrange
from collections.abc import Callable, Iterator
from datetime import MAXYEAR, UTC, date, datetime, timedelta
from typing import NamedTuple

from app.ledger.times import TIME_MAX_MS
from app.registry.devices import FARTHEST_ZONE_MS
from app.registry.domains import Deadline, Domain, DomainSettings

TOLERANCE_MS = 4 * 86_400_000
"""A zone moves the last day by one, and clamping at the end of February by two more."""


class Windows(NamedTuple):
    """Instants, UTC milliseconds, until which certificates may be transferred and retired."""

    transfer_until: int
    retire_until: int


Calendar = Callable[[Domain, int], Windows]
"""From a domain and the exclusive end of production to the windows, in the domain's zone."""


def add_months(day: date, months: int) -> date:
    """Return the same day months later, clamped to the last day of its month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def nominal_end(period_end: int, months: int) -> int:
    """Return when a window of months would end in UTC; all instants in UTC milliseconds."""
    last_day = _last_day(period_end)
    if last_day.year + months // 12 + 2 > MAXYEAR:
        return TIME_MAX_MS
    last = add_months(last_day, months) + timedelta(days=1)
    return int(datetime(last.year, last.month, last.day, tzinfo=UTC).timestamp()) * 1000


def nominal_windows(settings: DomainSettings, period_end: int) -> Windows:
    """Return the windows of a domain as if its zone were UTC; all instants in UTC milliseconds."""
    return _windows_of(settings, period_end, year=_last_day(period_end).year)


def is_retirable(settings: DomainSettings, period_end: int, *, time_ms: int) -> bool:
    """Say whether certificates issued now could be retired for a while, whatever the zone (R11)."""
    retire_until = min(found.retire_until for found in _possible(settings, period_end))
    return retire_until == TIME_MAX_MS or time_ms < retire_until - TOLERANCE_MS


def is_plausible(settings: DomainSettings, period_end: int, windows: Windows) -> bool:
    """Say whether windows are the domain's months after production, whatever its zone.

    The exact instants are the issuing body's, computed in the domain's zone and frozen at issue;
    this bounds them, so that no replay needs a time-zone database (R39).
    """
    is_in_order = windows.transfer_until <= windows.retire_until
    return is_in_order and any(
        _is_near(windows, nominal) for nominal in _possible(settings, period_end)
    )


def _is_near(windows: Windows, nominal: Windows) -> bool:
    return all(
        abs(until_ms - nominal_ms) <= TOLERANCE_MS
        and (nominal_ms < TIME_MAX_MS or until_ms == nominal_ms)
        for until_ms, nominal_ms in zip(windows, nominal, strict=True)
    )


def _possible(settings: DomainSettings, period_end: int) -> Iterator[Windows]:
    """Yield the nominal windows for each year that the last day has in some zone."""
    latest = min(period_end + FARTHEST_ZONE_MS, TIME_MAX_MS)
    ends = (period_end - FARTHEST_ZONE_MS, latest)
    for year in sorted({_last_day(end).year for end in ends}):
        yield _windows_of(settings, period_end, year=year)


def _windows_of(settings: DomainSettings, period_end: int, *, year: int) -> Windows:
    transfer_until = _nominal(settings.transfer_months, period_end)
    retire_until = _nominal(settings.retire_months, period_end)
    if settings.retire_deadline is not None:
        retire_until = min(retire_until, _nominal_deadline(settings.retire_deadline, year))
    return Windows(min(transfer_until, retire_until), retire_until)


def _nominal(months: int | None, period_end: int) -> int:
    return TIME_MAX_MS if months is None else nominal_end(period_end, months)


def _nominal_deadline(deadline: Deadline, year: int) -> int:
    if year + deadline.years >= MAXYEAR:
        return TIME_MAX_MS
    last = deadline.after(year) + timedelta(days=1)
    return int(datetime(last.year, last.month, last.day, tzinfo=UTC).timestamp()) * 1000


def _last_day(period_end: int) -> date:
    return datetime.fromtimestamp((period_end - 1) // 1000, UTC).date()

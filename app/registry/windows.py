"""Windows in calendar months: the arithmetic that needs no time zone, and a bound that replays."""

from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from app.registry.domains import DomainSettings
from app.registry.issuances import Windows

TOLERANCE = timedelta(days=4)
"""A zone moves the last day by one, and clamping at the end of February by two more."""


def add_months(day: date, months: int) -> date:
    """Return the same day months later, clamped to the last day of its month (REGISTRY 2.2)."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def is_plausible(settings: DomainSettings, period_end: int, windows: Windows) -> bool:
    """Say whether windows are the domain's months after production, whatever its zone.

    The exact instants are the issuing body's, computed in the domain's zone and frozen at issue;
    this bounds them, so that no replay needs a time-zone database (R39).
    """
    last_day = datetime.fromtimestamp((period_end - 1) // 1000, UTC).date()
    near = (
        abs(_instant(until_ms) - _end_of(add_months(last_day, months))) <= TOLERANCE
        for until_ms, months in (
            (windows.transfer_until, settings.transfer_months),
            (windows.retire_until, settings.retire_months),
        )
    )
    return all(near) and windows.transfer_until <= windows.retire_until


def _end_of(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)


def _instant(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms // 1000, UTC)

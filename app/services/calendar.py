"""Windows in a domain's own zone: the one place that reads the time-zone database to write."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from app.ledger.times import TIME_MAX_MS
from app.registry.domains import Domain
from app.registry.windows import Windows, add_months


def windows(domain: Domain, period_end: int) -> Windows:
    """Return until when certificates may be transferred and retired; a Calendar.

    Each is the end of the local day so many calendar months after the last local day of
    production, or never; a deadline ends both (2.2). `period_end` is exclusive, in UTC
    milliseconds.
    """
    settings = domain.settings
    zone = ZoneInfo(settings.timezone)
    last_instant = datetime.fromtimestamp(period_end / 1000, UTC) - timedelta(microseconds=1)
    last_day = last_instant.astimezone(zone).date()
    transfer_until = _months_after(last_day, settings.transfer_months, zone)
    retire_until = _months_after(last_day, settings.retire_months, zone)
    deadline = settings.retire_deadline
    if deadline is not None:
        retire_until = min(retire_until, _end_of(deadline.after(last_day.year), zone))
    return Windows(min(transfer_until, retire_until), retire_until)


def _months_after(day: date, months: int | None, zone: ZoneInfo) -> int:
    return TIME_MAX_MS if months is None else _end_of(add_months(day, months), zone)


def _end_of(day: date, zone: ZoneInfo) -> int:
    """Return the instant, UTC milliseconds, at which a local day ends."""
    after = day + timedelta(days=1)
    midnight = datetime(after.year, after.month, after.day, tzinfo=zone)
    return int(midnight.timestamp()) * 1000

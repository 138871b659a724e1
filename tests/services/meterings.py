"""Devices and readings for the tests of what becomes of meter files."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from app.registry.domains import DomainSettings
from app.registry.presets import domain_of
from app.services.intake import Intake, Report
from app.services.metering import Metered, Stretch, Version
from app.services.netting import Balance, Flow
from app.services.streams import Reading
from tests.scenario import HOUR_MS, new_id

NOW = 1_790_000_000_000
YEARS_AGO, YEARS_ON = 1_000_000_800_000, 2_000_001_600_000
BODY = new_id()
VERSION = Version(YEARS_AGO, YEARS_ON, 10**9, "F01050200", BODY, None, None)


def domain(timezone: str = "Europe/Copenhagen", *, scheme: str = "go") -> DomainSettings:
    return domain_of(
        {
            "scheme": scheme,
            "code": "DK",
            "country": "DK",
            "timezone": timezone,
            "issuer_prefix": "571313180",
        }
    )


def metered(
    timezone: str = "Europe/Copenhagen",
    *,
    scheme: str = "go",
    versions: Sequence[Version] = (VERSION,),
    balance: Balance | None = None,
) -> Metered:
    return Metered(
        device=new_id(),
        settings=domain(timezone, scheme=scheme),
        versions=tuple(versions),
        balance=balance or Balance(),
    )


def version(valid_from: int, valid_until: int, **changes: object) -> Version:
    """Return a version in force for a time."""
    made = replace(VERSION, valid_from=valid_from, valid_until=valid_until)
    return replace(made, **changes)  # type: ignore[arg-type]  # as replace takes them


def midnight(day: date, timezone: str) -> int:
    began = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone))
    return int(began.timestamp()) * 1000


def reading(start: int, end: int, given: int = 1000, drawn: int = 0, **more: object) -> Reading:
    return Reading(Flow(start, end, given, drawn), **more)  # type: ignore[arg-type]  # its members


def hours(start: int, end: int, *, given: int = 1000, length_ms: int = HOUR_MS) -> list[Reading]:
    """Return readings of an hour, or another length, one after another from start to end."""
    return [reading(at, at + length_ms, given) for at in range(start, end, length_ms)]


def reports(
    device: Metered,
    readings: Iterable[Reading],
    *,
    now_ms: int = NOW,
    period: Stretch | None = None,
    measured: Sequence[Stretch] = (),
) -> tuple[list[Report], Intake]:
    """Return every report that readings make, and what took them."""
    intake = Intake(replace(device, measured=tuple(measured)), now_ms=now_ms, period=period)
    return [*intake.take(readings), *intake.finish()], intake


def lengths(found: Iterable[Report]) -> list[int]:
    """Return how many minutes each span has."""
    return [(day.end - day.start) // 60_000 for report in found for day in report.days]


def gaps(found: Iterable[Report]) -> list[Stretch]:
    return [(gap.start, gap.end) for report in found for gap in report.gaps]


def timeline(found: Iterable[Report]) -> list[Stretch]:
    """Return spans and gaps together, in order of time."""
    spans = [(day.start, day.end) for report in found for day in report.days]
    return sorted([*spans, *gaps(found)])


def left_out(intake: Intake) -> dict[str, tuple[int, int, int]]:
    """Return by reason how many readings stayed out, and what they gave and drew."""
    return {
        code: (left.readings, left.given_wh, left.drawn_wh)
        for code, left in intake.left_out.items()
    }

"""Intake: readings become spans of local days and declared gaps; nothing disappears."""

from datetime import date, timedelta
from itertools import pairwise

import pytest

from app.registry.measurements import ESTIMATED, NIGHT_SUN
from app.services.netting import Balance
from tests.scenario import DAY_MS, HOUR_MS
from tests.services.meterings import (
    NOW,
    YEARS_AGO,
    YEARS_ON,
    gaps,
    hours,
    left_out,
    lengths,
    metered,
    midnight,
    reading,
    reports,
    timeline,
    version,
)

DK, NZ, LORD_HOWE = "Europe/Copenhagen", "Pacific/Auckland", "Australia/Lord_Howe"
HALF_HOUR_MS = HOUR_MS // 2
ONE, NINE = date(2025, 1, 1), date(2025, 1, 9)


def start(day: date = ONE, zone: str = DK) -> int:
    return midnight(day, zone)


@pytest.mark.parametrize(
    ("zone", "changed", "minutes"),
    [
        (DK, date(2025, 3, 30), 23 * 60),
        (DK, date(2025, 10, 26), 25 * 60),
        (NZ, date(2025, 4, 6), 25 * 60),
        (NZ, date(2025, 9, 28), 23 * 60),
        (LORD_HOWE, date(2025, 4, 6), 24 * 60 + 30),
        (LORD_HOWE, date(2025, 10, 5), 24 * 60 - 30),
    ],
)
def test_a_span_is_a_local_day_as_long_as_clocks_make_it(
    zone: str, changed: date, minutes: int
) -> None:
    first = midnight(changed - timedelta(days=1), zone)
    last = midnight(changed + timedelta(days=2), zone)

    found, intake = reports(metered(zone), hours(first, last, length_ms=HALF_HOUR_MS))

    assert lengths(found) == [24 * 60, minutes, 24 * 60]
    assert timeline(found)[0][0] == first
    assert gaps(found) == []
    assert intake.left_out == {}


def test_a_reading_over_midnight_belongs_to_the_day_in_which_it_begins() -> None:
    first = midnight(date(2025, 7, 1), LORD_HOWE) - HALF_HOUR_MS

    found, _ = reports(metered(LORD_HOWE), hours(first, first + 49 * HOUR_MS))

    assert lengths(found) == [60, 24 * 60, 24 * 60]


def test_no_span_is_longer_than_the_longest_day() -> None:
    changed = start(date(2025, 10, 26))
    readings = hours(changed, changed + 51 * HOUR_MS, length_ms=3 * HOUR_MS)

    found, _ = reports(metered(), readings)

    assert lengths(found) == [24 * 60, 3 * 60, 24 * 60]


def test_a_clock_that_goes_back_over_midnight_does_not_hold_anything_up() -> None:
    zone = "America/St_Johns"
    first = midnight(date(2010, 11, 6), zone)

    found, _ = reports(metered(zone), hours(first, first + 72 * HOUR_MS, length_ms=HALF_HOUR_MS))

    assert sum(lengths(found)) == 72 * 60
    assert all(before[1] == after[0] for before, after in pairwise(timeline(found)))


def test_a_gap_is_parted_at_local_midnights_so_that_each_day_can_be_filled_later() -> None:
    missing = (start() + 20 * HOUR_MS, start() + 53 * HOUR_MS)
    readings = [*hours(start(), missing[0]), *hours(missing[1], start() + 3 * DAY_MS)]

    found, _ = reports(metered(), readings)

    assert gaps(found) == [
        (missing[0], start() + DAY_MS),
        (start() + DAY_MS, start() + 2 * DAY_MS),
        (start() + 2 * DAY_MS, missing[1]),
    ]
    assert {gap.reason for report in found for gap in report.gaps} == {"not-in-file"}
    assert lengths(found) == [20 * 60, 19 * 60]


def test_a_gap_within_a_day_parts_its_span() -> None:
    missing = (start() + 5 * HOUR_MS, start() + 6 * HOUR_MS)
    readings = [*hours(start(), missing[0]), *hours(missing[1], start() + DAY_MS)]

    found, _ = reports(metered(), readings)

    assert lengths(found) == [5 * 60, 18 * 60]
    assert gaps(found) == [missing]


def test_a_gap_of_years_fits_its_report() -> None:
    later = start() + 900 * DAY_MS
    readings = [*hours(start(), start() + DAY_MS), *hours(later, later + DAY_MS)]

    found, _ = reports(metered(), readings, now_ms=NOW + 400 * DAY_MS)

    assert len(found) == 2
    assert all(before[1] == after[0] for before, after in pairwise(timeline(found)))
    daily = [last - first for first, last in gaps(found) if last - first <= 25 * HOUR_MS]
    assert len(daily) == len(gaps(found)) - 1 > 150


def test_a_span_ends_where_the_quality_changes() -> None:
    readings = hours(start(), start() + DAY_MS)
    readings[6:9] = [item._replace(quality=ESTIMATED) for item in readings[6:9]]

    found, _ = reports(metered(), readings)

    assert [(day.quality, len(day.intervals)) for report in found for day in report.days] == [
        ("measured", 6),
        ("estimated", 3),
        ("measured", 15),
    ]
    assert gaps(found) == []


def test_a_version_that_begins_during_the_day_begins_a_span_and_a_report() -> None:
    change = start() + 10 * HOUR_MS
    device = metered(versions=[version(YEARS_AGO, change), version(change, YEARS_ON)])

    found, _ = reports(device, hours(start(), start() + DAY_MS))

    assert [(report.version, len(report.days)) for report in found] == [
        (device.versions[0], 1),
        (device.versions[1], 1),
    ]
    assert lengths(found) == [10 * 60, 14 * 60]
    assert gaps(found) == []


def test_time_in_which_no_version_is_in_force_needs_no_word() -> None:
    ended, begun = start() + 6 * HOUR_MS, start() + 2 * DAY_MS + 6 * HOUR_MS
    device = metered(versions=[version(YEARS_AGO, ended), version(begun, YEARS_ON)])
    readings = hours(start(), start() + 3 * DAY_MS)
    readings[4:6] = []
    del readings[54 - 2 : 54]

    found, intake = reports(device, readings)

    assert gaps(found) == [(start() + 4 * HOUR_MS, ended), (begun, begun + 2 * HOUR_MS)]
    assert [report.start for report in found] == [start(), begun]
    assert left_out(intake) == {"outside-operation-period": (48, 48_000, 0)}


def test_a_version_without_readings_to_its_end_has_room_for_the_gap_in_its_last_report() -> None:
    begun = start() + 300 * DAY_MS
    device = metered(versions=[version(YEARS_AGO, begun), version(begun, YEARS_ON)])
    readings = [*hours(start(), start() + DAY_MS), *hours(begun, begun + HOUR_MS)]

    found, _ = reports(device, readings)

    assert [report.version for report in found] == list(device.versions)
    assert gaps(found)[-1][1] == begun
    assert gaps(found[1:]) == []


def test_a_reading_over_the_end_of_a_version_is_of_none() -> None:
    ended = start() + 90 * 60_000
    device = metered(versions=[version(YEARS_AGO, ended), version(ended, YEARS_ON)])

    found, intake = reports(device, hours(start(), start() + 4 * HOUR_MS))

    assert left_out(intake) == {"outside-operation-period": (1, 1_000, 0)}
    assert timeline(found) == [
        (start(), start() + HOUR_MS),
        (start() + HOUR_MS, ended),
        (ended, start() + 2 * HOUR_MS),
        (start() + 2 * HOUR_MS, start() + 4 * HOUR_MS),
    ]


def test_what_was_measured_before_registration_or_asked_for_by_nobody_is_counted() -> None:
    begun = start() + 2 * HOUR_MS
    device = metered(versions=[version(begun, YEARS_ON)])
    asked = (begun, begun + 3 * HOUR_MS)

    found, intake = reports(device, hours(start(), start() + 8 * HOUR_MS), period=asked)

    assert timeline(found) == [asked]
    assert left_out(intake) == {"not-asked-for": (5, 5_000, 0)}


def test_what_is_not_over_is_counted_and_stays_out() -> None:
    found, intake = reports(
        metered(), hours(start(), start() + 4 * HOUR_MS), now_ms=start() + 3 * HOUR_MS - 1
    )

    assert timeline(found) == [(start(), start() + 2 * HOUR_MS)]
    assert left_out(intake) == {"future-production": (2, 2_000, 0)}


def test_readings_that_share_time_are_taken_once() -> None:
    long = reading(start(), start() + 2 * HOUR_MS, 500, 7)

    found, intake = reports(metered(), [*hours(start(), start() + HOUR_MS), long])

    assert timeline(found) == [(start(), start() + HOUR_MS)]
    assert left_out(intake) == {"measurement-overlap": (1, 500, 7)}


def test_an_interval_too_short_or_too_long_for_the_domain_is_counted() -> None:
    device = metered(scheme="granular")
    readings = [
        reading(start(), start() + 59_999),
        reading(start() + HOUR_MS, start() + HOUR_MS + 60_000),
        reading(start() + 2 * HOUR_MS, start() + 3 * HOUR_MS + 1),
    ]

    found, intake = reports(device, readings)

    assert lengths(found) == [1]
    assert left_out(intake) == {"interval-granularity": (2, 2_000, 0)}


def test_in_a_granular_domain_every_interval_is_a_span() -> None:
    found, _ = reports(metered(scheme="granular"), hours(start(), start() + 30 * DAY_MS))

    assert lengths(found) == [60] * 720
    assert {len(day.intervals) for report in found for day in report.days} == {1}


def test_what_was_drawn_where_nobody_read_what_was_given_is_no_production_of_nothing() -> None:
    drawn = reading(start() + HOUR_MS, start() + 2 * HOUR_MS, 0, 40, is_given=False)
    readings = [
        *hours(start(), start() + HOUR_MS),
        drawn,
        *hours(start() + 2 * HOUR_MS, start() + 3 * HOUR_MS),
    ]

    found, intake = reports(metered(), readings)

    assert gaps(found) == [(start() + HOUR_MS, start() + 2 * HOUR_MS)]
    assert left_out(intake) == {"no-production-reading": (1, 0, 40)}


def test_a_deficit_goes_on_from_span_to_span_and_from_report_to_report() -> None:
    readings = [
        item._replace(flow=item.flow._replace(given_wh=1, drawn_wh=2))
        for item in hours(start(), start() + 100 * DAY_MS)
    ]

    found, _ = reports(metered(balance=Balance(deficit_wh=5)), readings)

    entries = [day.netting for report in found for day in report.days]
    assert len(found) > 1
    assert sum(report.energy_wh for report in found) == 0
    carried = [(5, 5), *((e.deficit_in_wh, e.deficit_out_wh) for e in entries if e)]
    assert all(before[1] == after[0] for before, after in pairwise(carried))
    assert carried[-1][1] == 5 + 100 * 24


def test_production_of_the_sun_at_night_is_a_finding_where_the_place_is_known() -> None:
    solar = {"energy_source": "F01040100"}
    midday, midnight_utc = start() + 13 * HOUR_MS, start() + HOUR_MS
    night = hours(midnight_utc, midnight_utc + HOUR_MS)
    place = {"latitude": 0, "longitude": 0}

    counts = {
        name: [
            day.findings
            for report in reports(
                metered(versions=[version(YEARS_AGO, YEARS_ON, **of_version)]), readings
            )[0]
            for day in report.days
        ]
        for name, of_version, readings in (
            ("at night", {**solar, **place}, night),
            ("by day", {**solar, **place}, hours(midday, midday + HOUR_MS)),
            ("nothing", {**solar, **place}, hours(midnight_utc, midday, given=0)),
            ("nowhere", solar, night),
            ("by water", place, night),
        )
    }

    assert counts.pop("at night") == [((NIGHT_SUN, 1),)]
    assert set(map(tuple, counts.values())) == {((),)}


def test_what_was_measured_before_stays_out_and_the_rest_goes_on_behind_it() -> None:
    day = [start() + number * DAY_MS for number in range(6)]

    found, intake = reports(
        metered(), hours(day[0], day[5]), measured=[(day[1], day[2]), (day[3], day[4])]
    )

    assert timeline(found) == [(day[0], day[1]), (day[2], day[3]), (day[4], day[5])]
    assert left_out(intake) == {"measurement-overlap": (48, 48_000, 0)}


def test_a_gap_up_to_what_was_measured_before_is_declared_and_one_within_it_is_not() -> None:
    day = [start() + number * DAY_MS for number in range(6)]
    readings = [
        *hours(day[0], day[1]),
        *hours(day[2], day[2] + HOUR_MS),
        *hours(day[4], day[5]),
    ]

    found, intake = reports(metered(), readings, measured=[(day[2], day[4])])

    assert gaps(found) == [(day[1], day[2])]
    assert lengths(found) == [24 * 60, 24 * 60]
    assert left_out(intake) == {"measurement-overlap": (1, 1_000, 0)}


def test_a_reading_that_only_reaches_into_what_was_measured_leaves_a_gap() -> None:
    known = (start() + 90 * 60_000, start() + 150 * 60_000)

    found, _ = reports(metered(), hours(start(), start() + 4 * HOUR_MS), measured=[known])

    assert timeline(found) == [
        (start(), start() + HOUR_MS),
        (start() + HOUR_MS, known[0]),
        (known[1], start() + 3 * HOUR_MS),
        (start() + 3 * HOUR_MS, start() + 4 * HOUR_MS),
    ]


@pytest.mark.parametrize("cut", range(1, 6))
def test_going_on_behind_any_report_makes_the_same_reports(cut: int) -> None:
    change, reopened = start() + 120 * DAY_MS, start() + 122 * DAY_MS
    device = metered(versions=[version(YEARS_AGO, change), version(reopened, YEARS_ON)])
    readings = hours(start(), start() + 250 * DAY_MS)
    del readings[30 * 24 + 5 : 34 * 24], readings[100 * 24 : 101 * 24]
    whole, _ = reports(device, readings)
    known = timeline(whole[:cut])
    joined = [(known[0][0], known[-1][1])]
    if known[-1][1] > reopened:
        joined = [(known[0][0], change), (reopened, known[-1][1])]

    rest, _ = reports(device, readings, measured=joined)

    assert len(whole) == 6
    assert rest == whole[cut:]


def test_nothing_read_is_nothing_reported() -> None:
    found, intake = reports(metered(), [])

    assert (found, intake.left_out) == ([], {})


def test_what_is_reported_and_left_out_is_all_that_was_read() -> None:
    device = metered(versions=[version(start() + DAY_MS, start() + 5 * DAY_MS)])
    readings = [
        reading(at, at + HOUR_MS, at // HOUR_MS % 97, at // HOUR_MS % 13)
        for at in range(start(), midnight(NINE, DK), HOUR_MS)
    ]

    found, intake = reports(
        device, readings, measured=[(start() + 2 * DAY_MS, start() + 3 * DAY_MS)]
    )

    out = intake.left_out.values()
    assert sum(report.readings for report in found) + sum(left.readings for left in out) == 192
    assert sum(report.given_wh for report in found) + sum(left.given_wh for left in out) == sum(
        item.flow.given_wh for item in readings
    )
    assert sum(report.drawn_wh for report in found) + sum(left.drawn_wh for left in out) == sum(
        item.flow.drawn_wh for item in readings
    )

"""Night: what is called night surely has no sun, by an almanac in floating point."""

from datetime import UTC, datetime, timedelta
from math import asin, cos, degrees, pi, radians, sin

import pytest

from app.services.night import is_night, needs_sun

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
SUNRISE_DEG = -0.833
"""The height of the sun's middle when its rim shows, refraction included."""
DATES = (
    *(datetime(2025, month, day, tzinfo=UTC) for month in range(1, 13) for day in (3, 21)),
    datetime(2024, 2, 29, tzinfo=UTC),
)
PLACES = [(0, 0), (58, 12), (-58, -67), (55.6, 179.99), (-36.9, 174.8), (37.5, -179.9), (23.4, 83)]


def sun_height_deg(at_ms: int, *, latitude: float, longitude: float) -> float:
    """Return how high the sun stands, by the series that NOAA's calculator uses (1999)."""
    at = datetime.fromtimestamp(at_ms / 1000, UTC)
    hour = at.hour + at.minute / 60 + at.second / 3600
    g = 2 * pi / 365 * (at.timetuple().tm_yday - 1 + (hour - 12) / 24)
    equation_min = 229.18 * (
        0.000075
        + 0.001868 * cos(g)
        - 0.032077 * sin(g)
        - 0.014615 * cos(2 * g)
        - 0.040849 * sin(2 * g)
    )
    declination = (
        0.006918
        - 0.399912 * cos(g)
        + 0.070257 * sin(g)
        - 0.006758 * cos(2 * g)
        + 0.000907 * sin(2 * g)
        - 0.002697 * cos(3 * g)
        + 0.00148 * sin(3 * g)
    )
    solar_min = hour * 60 + equation_min + 4 * longitude
    angle = radians(solar_min / 4 - 180)
    phi = radians(latitude)
    height = sin(phi) * sin(declination) + cos(phi) * cos(declination) * cos(angle)
    return degrees(asin(height))


def test_the_almanac_knows_noon_and_midnight() -> None:
    solstice = datetime(2025, 6, 21, 12, tzinfo=UTC)

    noon = sun_height_deg(int(solstice.timestamp()) * 1000, latitude=51.5, longitude=0)
    midnight = sun_height_deg(
        int((solstice - timedelta(hours=12)).timestamp()) * 1000, latitude=51.5, longitude=0
    )

    assert noon == pytest.approx(61.9, abs=0.1)
    assert midnight == pytest.approx(-15.1, abs=0.1)


@pytest.mark.parametrize(("latitude", "longitude"), PLACES)
def test_the_sun_is_down_throughout_what_is_called_night(latitude: float, longitude: float) -> None:
    nights = 0
    for date in DATES:
        first = int(date.timestamp()) * 1000
        for start in range(first, first + 24 * HOUR_MS, 20 * MINUTE_MS):
            end = start + 30 * MINUTE_MS
            if not is_night(
                start,
                end,
                latitude=round(latitude * 1_000_000),
                longitude=round(longitude * 1_000_000),
            ):
                continue
            nights += 1
            for at in range(start, end + 1, 15 * MINUTE_MS):
                height = sun_height_deg(at, latitude=latitude, longitude=longitude)
                assert height < SUNRISE_DEG, (date, start)

    assert nights >= len(DATES) * 10


def test_four_hours_about_solar_midnight_are_night_wherever_the_clock_stands() -> None:
    midnight = int(datetime(2025, 6, 21, 12, tzinfo=UTC).timestamp()) * 1000

    spans = {
        "at the date line": is_night(
            midnight - 2 * HOUR_MS, midnight + 2 * HOUR_MS, latitude=0, longitude=180_000_000
        ),
        "on its other side": is_night(
            midnight - 2 * HOUR_MS, midnight + 2 * HOUR_MS, latitude=0, longitude=-180_000_000
        ),
        "a millisecond early": is_night(
            midnight - 2 * HOUR_MS - 1, midnight, latitude=0, longitude=180_000_000
        ),
        "a millisecond late": is_night(
            midnight, midnight + 2 * HOUR_MS + 1, latitude=0, longitude=180_000_000
        ),
    }

    assert list(spans.values()) == [True, True, False, False]


def test_a_whole_day_is_not_night() -> None:
    assert not is_night(0, 24 * HOUR_MS, latitude=0, longitude=0)


@pytest.mark.parametrize(
    ("latitude", "longitude"), [(None, 0), (0, None), (58_000_001, 0), (-58_000_001, 0)]
)
def test_where_the_place_is_unknown_or_summer_has_no_night_nothing_is_night(
    latitude: int | None, longitude: int | None
) -> None:
    assert not is_night(0, HOUR_MS, latitude=latitude, longitude=longitude)


def test_a_source_of_every_list_that_needs_the_sun_is_known() -> None:
    needing = ["F01040100", "ES100", "SO1"]
    others = ["F01050100", "F01040200", "F01050200", "ES200", "WND", "SOT", "F01010300"]

    assert [source for source in (*needing, *others) if needs_sun(source)] == needing

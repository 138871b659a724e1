"""Places: coordinates without floats, with the haversine as oracle of what is near."""

from math import asin, cos, radians, sin, sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from app.registry.errors import RefusalError
from app.registry.fields import MemberKind
from app.registry.places import (
    LATITUDE,
    LONGITUDE,
    Place,
    check_place,
    is_near,
    is_near_duplicate,
    parse_degrees,
)

EARTH_RADIUS_M = 6_371_008.8
LATITUDE_MAX = 90_000_000
LONGITUDE_MAX = 180_000_000

latitudes = st.integers(-LATITUDE_MAX, LATITUDE_MAX)
longitudes = st.integers(-LONGITUDE_MAX, LONGITUDE_MAX)
places = st.builds(Place, latitudes, longitudes)


def haversine_m(one: Place, other: Place) -> float:
    """Return the distance on a sphere of the Earth's mean radius, the oracle."""
    north_1, east_1, north_2, east_2 = (radians(part / 1e6) for part in (*one, *other))
    half = sin((north_2 - north_1) / 2) ** 2
    half += cos(north_1) * cos(north_2) * sin((east_2 - east_1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * asin(sqrt(half))


def moved(place: Place, north: int, east: int) -> Place:
    """Return a place some micro-degrees away, over the antimeridian where it comes to it."""
    longitude = (place.longitude + east + LONGITUDE_MAX) % (2 * LONGITUDE_MAX) - LONGITUDE_MAX
    return Place(place.latitude + north, longitude)


def refused(value: object) -> tuple[str, str]:
    with pytest.raises(RefusalError) as caught:
        parse_degrees(value, "/latitude")
    return caught.value.code, caught.value.pointer


@pytest.mark.parametrize(
    ("kind", "most"), [(LATITUDE, LATITUDE_MAX), (LONGITUDE, LONGITUDE_MAX)], ids=["lat", "lon"]
)
def test_a_coordinate_is_whole_micro_degrees_in_range(kind: MemberKind, most: int) -> None:
    for value in (-most, -1, 0, 1, most):
        assert kind.parse(value, "/x") == kind.plain(value, "/x") == value
    for wrong in (-most - 1, most + 1, 1.5, 0.0, "0", None, True, [0]):
        for convert in (kind.parse, kind.plain):
            with pytest.raises(RefusalError) as caught:
                convert(wrong, "/place/x")
            assert (caught.value.code, caught.value.pointer) == ("invalid-coordinates", "/place/x")
    assert kind.schema == {"type": "integer", "minimum": -most, "maximum": most}


@pytest.mark.parametrize(
    ("latitude", "longitude"),
    [
        (-36_848_461, 174_763_336),
        (0, 1),
        (1, 0),
        (LATITUDE_MAX, LONGITUDE_MAX),
        (-LATITUDE_MAX, -LONGITUDE_MAX),
    ],
)
def test_a_place_on_the_earth_is_taken(latitude: int, longitude: int) -> None:
    assert check_place(latitude, longitude, "/place") == Place(latitude, longitude)


@pytest.mark.parametrize(
    ("latitude", "longitude", "detail"),
    [
        (0, 0, "0, 0 is no device's place"),
        (174_763_336, -36_848_461, "latitude and longitude look swapped"),
        (-90_000_001, 90_000_000, "latitude and longitude look swapped"),
        (180_000_000, -90_000_000, "latitude and longitude look swapped"),
        (180_000_001, 0, "not on the Earth"),
        (-180_000_001, 0, "not on the Earth"),
        (90_000_001, 90_000_001, "not on the Earth"),
        (90_000_001, -90_000_001, "not on the Earth"),
        (0, 180_000_001, "not on the Earth"),
        (0, -180_000_001, "not on the Earth"),
    ],
)
def test_what_is_no_place_is_refused(latitude: int, longitude: int, detail: str) -> None:
    with pytest.raises(RefusalError) as caught:
        check_place(latitude, longitude, "/place")

    assert (caught.value.code, caught.value.pointer) == ("invalid-coordinates", "/place")
    assert caught.value.detail == detail


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("-36.848461", -36_848_461),
        ("174.76", 174_760_000),
        ("0.000001", 1),
        ("-0.000001", -1),
        ("-0", 0),
        ("7", 7_000_000),
        ("-180", -180_000_000),
        ("055.5", 55_500_000),
        ("999.999999", 999_999_999),
    ],
)
def test_decimal_degrees_are_read_exactly(text: str, expected: int) -> None:
    assert parse_degrees(text) == expected


@given(value=st.integers(-LONGITUDE_MAX, LONGITUDE_MAX))
def test_every_micro_degree_can_be_written(value: int) -> None:
    whole, rest = divmod(abs(value), 1_000_000)
    sign = "-" if value < 0 else ""

    assert parse_degrees(f"{sign}{whole}.{rest:06d}") == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        "-",
        "1.2345678",
        "1.0000000",
        "1.",
        ".5",
        "+1",
        "1,5",
        "1e1",
        "--1",
        " 1",
        "1\n",
        "1000",
        "1_0",
        "36°",
        "٣٦",
        "nan",
        36,
        36.5,
        None,
    ],
)
def test_what_is_not_decimal_degrees_is_refused(text: object) -> None:
    assert refused(text) == ("invalid-coordinates", "/latitude")


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Place(0, 0), Place(449, 0), True),
        (Place(0, 0), Place(450, 0), False),
        (Place(0, 0), Place(0, 449), True),
        (Place(0, 0), Place(0, -450), False),
        (Place(60_000_000, 0), Place(60_000_000, 899), True),
        (Place(-60_000_000, 0), Place(-60_000_000, 900), False),
        (Place(0, 0), Place(317, 317), True),
        (Place(0, 0), Place(318, 318), False),
        (Place(0, 179_999_800), Place(0, -179_999_800), True),
        (Place(0, 179_999_800), Place(0, -179_999_700), False),
        (Place(0, LONGITUDE_MAX), Place(0, -LONGITUDE_MAX), True),
        (Place(30_000_000, 0), Place(-30_000_000, 0), False),
        (Place(LATITUDE_MAX, 0), Place(LATITUDE_MAX, 90_000_000), True),
        (Place(LATITUDE_MAX, 0), Place(-LATITUDE_MAX, 0), False),
    ],
)
def test_fifty_metres_are_told_from_a_little_more(
    one: Place, other: Place, *, expected: bool
) -> None:
    assert is_near(one, other, 50) is expected
    assert is_near(other, one, 50) is expected


def test_a_place_is_near_itself_and_nothing_else_is_within_no_metres() -> None:
    place = Place(-36_848_461, 174_763_336)

    assert is_near(place, place, 0)
    assert not is_near(place, moved(place, 0, 1), 0)


@given(
    latitude=st.integers(-60_000_000, 60_000_000),
    longitude=longitudes,
    north=st.integers(-1000, 1000),
    east=st.integers(-2000, 2000),
    metres=st.integers(1, 150),
)
def test_what_is_near_is_so_by_the_haversine_to_a_fifth_of_a_percent(
    latitude: int, longitude: int, north: int, east: int, metres: int
) -> None:
    one = Place(latitude, longitude)
    other = moved(one, north, east)
    distance_m = haversine_m(one, other)
    assume(abs(distance_m - metres) > metres * 0.002 + 0.001)

    assert is_near(one, other, metres) is (distance_m < metres)


@given(
    latitude=st.integers(-89_900_000, 89_900_000),
    longitude=longitudes,
    north=st.integers(-1000, 1000),
    east=st.integers(-200_000, 200_000),
    metres=st.integers(1, 150),
)
def test_towards_the_poles_what_is_near_is_so_to_two_percent(
    latitude: int, longitude: int, north: int, east: int, metres: int
) -> None:
    one = Place(latitude, longitude)
    other = moved(one, north, east)
    distance_m = haversine_m(one, other)
    assume(abs(distance_m - metres) > metres * 0.02 + 0.001)

    assert is_near(one, other, metres) is (distance_m < metres)


@pytest.mark.parametrize(
    ("east", "capacity_a_w", "capacity_b_w", "expected"),
    [
        (0, 100, 100, True),
        (449, 100, 95, True),
        (449, 95, 100, True),
        (449, 100, 94, False),
        (449, 94, 100, False),
        (450, 100, 100, False),
        (0, 20_000_000, 19_000_000, True),
        (0, 20_000_000, 18_999_999, False),
        (0, 1, 1, True),
        (0, 1, 2, False),
    ],
)
def test_devices_near_each_other_and_alike_in_capacity_may_be_one(
    east: int, capacity_a_w: int, capacity_b_w: int, *, expected: bool
) -> None:
    here, there = (0, 0), Place(0, east)

    assert is_near_duplicate(here, capacity_a_w, there, capacity_b_w) is expected

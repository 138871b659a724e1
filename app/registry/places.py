"""Places: WGS84 coordinates in whole micro-degrees, and which places are one and the same (R14)."""

from re import compile as pattern
from typing import Any, NamedTuple, TypeAlias

from app.registry.errors import RefusalError
from app.registry.fields import MemberKind

DEGREE = 1_000_000
"""Micro-degrees in a degree."""

LATITUDE_MAX = 90 * DEGREE
LONGITUDE_MAX = 180 * DEGREE

COARSE_BELOW_W = 50_000
"""Devices of less power may be somebody's home; their places are not told exactly."""

NEAR_M = 50
_CAPACITY_TOLERANCE_PERCENT = 5
_MICRODEGREE_UM = 111_195
"""Micrometres in a micro-degree of a great circle, on a sphere of the Earth's mean radius."""

_DEGREES = pattern(r"(-?)([0-9]{1,3})(?:\.([0-9]{1,6}))?")


class Place(NamedTuple):
    """A point on the Earth, in whole micro-degrees north and east."""

    latitude: int
    longitude: int


Coordinates: TypeAlias = Place | tuple[int, int]
"""Latitude and longitude, in whole micro-degrees."""


def _coordinate(most: int, detail: str) -> MemberKind:
    def check(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
        if type(value) is not int or not -most <= value <= most:
            raise RefusalError("invalid-coordinates", detail, pointer=pointer)
        return value

    return MemberKind(check, check, {"type": "integer", "minimum": -most, "maximum": most})


LATITUDE = _coordinate(
    LATITUDE_MAX, "not whole micro-degrees of -90 to 90 degrees; swapped with the longitude?"
)
LONGITUDE = _coordinate(LONGITUDE_MAX, "not whole micro-degrees of -180 to 180 degrees")


def check_place(latitude: int, longitude: int, pointer: str = "") -> Place:
    """Return the place of two coordinates in micro-degrees.

    Raises RefusalError where they are out of range, look swapped, or are both 0, which is what
    a form says that nobody filled in.
    """
    if abs(latitude) > LATITUDE_MAX >= abs(longitude) and abs(latitude) <= LONGITUDE_MAX:
        raise RefusalError(
            "invalid-coordinates", "latitude and longitude look swapped", pointer=pointer
        )
    if abs(latitude) > LATITUDE_MAX or abs(longitude) > LONGITUDE_MAX:
        raise RefusalError("invalid-coordinates", "not on the Earth", pointer=pointer)
    if latitude == longitude == 0:
        raise RefusalError("invalid-coordinates", "0, 0 is no device's place", pointer=pointer)
    return Place(latitude, longitude)


def parse_degrees(value: Any, pointer: str = "") -> int:  # noqa: ANN401 - its type is in question
    """Return the micro-degrees of text such as -36.848461; the range is for `check_place`.

    Raises RefusalError.
    """
    found = _DEGREES.fullmatch(value) if type(value) is str else None
    if found is None:
        raise RefusalError(
            "invalid-coordinates",
            "degrees are like -36.848461, at most 6 decimals",
            pointer=pointer,
        )
    sign, whole, fraction = found.groups(default="")
    return int(f"{sign}{whole}{fraction:0<6}")


def is_near(one: Coordinates, other: Coordinates, metres: int) -> bool:
    """Say whether two places are at most some metres apart, for distances of some kilometres.

    Meridians draw together by the cosine of the latitude, here Bhaskara's (32400 - 4d²) /
    (32400 + d²) for d degrees, off by at most 0.0017; both sides are multiplied by what would
    divide them. Right at a pole, where one walks across, places seem farther apart.
    """
    (latitude_a, longitude_a), (latitude_b, longitude_b) = one, other
    apart = abs(longitude_a - longitude_b)
    east = min(apart, 2 * LONGITUDE_MAX - apart)
    north = latitude_a - latitude_b
    twice_squared = (latitude_a + latitude_b) ** 2
    cosine = 4 * ((2 * LATITUDE_MAX) ** 2 - twice_squared)
    divisor = 4 * (2 * LATITUDE_MAX) ** 2 + twice_squared
    squared_um = _MICRODEGREE_UM**2 * ((north * divisor) ** 2 + (east * cosine) ** 2)
    return squared_um <= (metres * 1_000_000 * divisor) ** 2


def is_near_duplicate(
    place_a: Coordinates, capacity_a_w: int, place_b: Coordinates, capacity_b_w: int
) -> bool:
    """Say whether two devices may be one: at most 50 m apart, capacities within 5 % (R14).

    The 5 % are of the larger one, so that the order does not matter.
    """
    apart_w = abs(capacity_a_w - capacity_b_w)
    is_alike = apart_w * 100 <= max(capacity_a_w, capacity_b_w) * _CAPACITY_TOLERANCE_PERCENT
    return is_alike and is_near(place_a, place_b, NEAR_M)

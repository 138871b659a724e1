"""Night: when the sun cannot shine on a place, by whole numbers and on the safe side (9.3)."""

SOLAR = ("F010401", "ES100", "SO1")
"""Beginnings of the codes of energy sources that need the sun, of every list."""

_DAY_MS = 86_400_000
_UDEG_ROUND = 360_000_000
_NOON_MS = _DAY_MS // 2
_NIGHT_MS = 2 * 3_600_000
"""As far from solar midnight the sun is down all year up to the latitude below."""
_LATITUDE_MOST = 58_000_000


def needs_sun(energy_source: str) -> bool:
    """Say whether an energy source gives nothing at night."""
    return energy_source.startswith(SOLAR)


def is_night(start: int, end: int, *, latitude: int | None, longitude: int | None) -> bool:
    """Say whether [start, end), UTC milliseconds, surely lies in the night of a place.

    Two hours each side of mean solar midnight, up to 58 degrees of latitude (micro-degrees): the
    equation of time moves it by 17 minutes, and there the shortest night is longer. Where the
    place is not known, nothing is night.
    """
    if latitude is None or longitude is None or abs(latitude) > _LATITUDE_MOST:
        return False
    shift_ms = longitude * _DAY_MS // _UDEG_ROUND
    from_midnight = ((start + shift_ms + _NOON_MS) % _DAY_MS) - _NOON_MS
    return from_midnight >= -_NIGHT_MS and from_midnight + (end - start) <= _NIGHT_MS

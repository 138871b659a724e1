"""Degrees: coordinates of bodies, decimal text outside, whole micro-degrees inside."""

from typing import Any

from app.registry import places
from app.registry.fields import MemberKind
from app.registry.places import parse_degrees


def _degrees(kind: MemberKind) -> MemberKind:
    def parse(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
        return kind.parse(parse_degrees(value, pointer), pointer)

    form = r"^-?[0-9]{1,3}(?:\.[0-9]{1,6})?$"
    return MemberKind(parse, kind.plain, {"type": "string", "pattern": form})


LATITUDE = _degrees(places.LATITUDE)
"""A latitude of a body, -90 to 90 degrees with up to 6 decimals."""
LONGITUDE = _degrees(places.LONGITUDE)
"""A longitude of a body, -180 to 180 degrees with up to 6 decimals."""

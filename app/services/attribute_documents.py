"""Attribute documents of devices: what certificates carry, frozen with every issuance (R10).

Members are those of REGISTRY 2.3 and 5.1; what is not said is left out. The hash of one stands on
the log, it stands beside it.
"""

from dataclasses import dataclass
from typing import Any

from app.registry.codes.lists import code_lists
from app.registry.domains import DomainSettings
from app.registry.operations.device_revise import Repowering
from app.registry.places import DEGREE

CARRIER = "electricity"
COORDINATES = "WGS84"
_DECIMALS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Attributes:
    """What is said of a device; power in W, energy in Wh, place in micro-degrees."""

    name: str
    gsrn: str
    kind: str
    part_of: str | None
    energy_source: str
    technology: str
    capacity_w: int
    commissioned_on: str
    support: str
    support_scheme: str | None
    dissemination: str
    subdivision: str | None
    place: str | None
    latitude: int | None
    longitude: int | None
    storage_wh: int | None
    is_self_reporting: bool
    repowering: Repowering | None


def attribute_document(said: Attributes, domain: DomainSettings) -> dict[str, Any]:
    """Return the document of a device in a domain; its source is the canonical code (2.5)."""
    repowering = said.repowering
    known = {
        "energy_carrier": CARRIER,
        "energy_source": code_lists(domain.code_lists).canonical(said.energy_source),
        "technology": said.technology,
        "code_lists": domain.code_lists,
        "name": said.name,
        "gsrn": said.gsrn,
        "kind": said.kind,
        "part_of": said.part_of,
        "capacity_w": said.capacity_w,
        "storage_wh": said.storage_wh,
        "commissioned_on": said.commissioned_on,
        "repowering": repowering and {"on": repowering.on, "added_w": repowering.added_w},
        "support": said.support,
        "support_scheme": said.support_scheme,
        "dissemination": said.dissemination,
        "domain": domain.code,
        "country": domain.country,
        "subdivision": said.subdivision,
        "place": said.place,
        "coordinates": _coordinates(said.latitude, said.longitude),
        "self_reporting": said.is_self_reporting,
    }
    return {name: value for name, value in known.items() if value is not None}


def degrees(coordinate: int) -> str:
    """Return micro-degrees as decimal degrees: -36.848461."""
    whole, fraction = divmod(abs(coordinate), DEGREE)
    decimals = f"{fraction:0{_DECIMALS}d}".rstrip("0")
    sign = "-" if coordinate < 0 else ""
    return f"{sign}{whole}.{decimals}" if decimals else f"{sign}{whole}"


def _coordinates(latitude: int | None, longitude: int | None) -> dict[str, str] | None:
    if latitude is None or longitude is None:
        return None
    return {
        "latitude": degrees(latitude),
        "longitude": degrees(longitude),
        "system": COORDINATES,
    }

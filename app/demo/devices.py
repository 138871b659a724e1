"""The demo's devices: attribute documents, synthetic numbers, and readings as days."""

from dataclasses import dataclass
from typing import Any

from app.demo.bundle import FIRST_DAY, MONTH_END_AT, MONTH_START_AT
from app.demo.fleet import FleetDevice
from app.demo.parties import COUNTRY, demo_id
from app.layouts.days import SeriesDay
from app.registry.codes.check_digits import gs1_check_digit
from app.registry.measurements import DeclaredGap, Interval
from app.services.measure import Day

SYNTHETIC_PREFIX = "952"
"""GS1's prefix for demonstrations: no real service relation has such a number."""

MONTH = (MONTH_START_AT, MONTH_END_AT)


@dataclass(frozen=True, slots=True)
class DemoDevice:
    """A device of the fleet with the ids and values that the registry wants."""

    fleet: FleetDevice
    number: int

    @property
    def id(self) -> str:
        """The device's id."""
        return demo_id("device", *self.fleet.series)

    @property
    def issuance(self) -> str:
        """The id of its month's issuance."""
        return demo_id("issuance", *self.fleet.series)

    @property
    def gsrn(self) -> str:
        """A synthetic GSRN with a right check digit."""
        body = f"{SYNTHETIC_PREFIX}{self.number:014d}"
        return body + gs1_check_digit(body)

    @property
    def capacity_w(self) -> int:
        """Its capacity; a series that never produced is registered with the least, 1 W."""
        return max(self.fleet.capacity_w, 1)

    @property
    def is_flagged(self) -> bool:
        """Whether its capacity is its own largest reading, for want of a register row."""
        return self.fleet.capacity_basis == "largest-reading"

    @property
    def commissioned_on(self) -> str:
        """When it was commissioned; the month's first day where the register does not say."""
        return self.fleet.commissioned_on or FIRST_DAY.isoformat()

    @property
    def document(self) -> dict[str, Any]:
        """The attribute document, whose hash is on the log."""
        fleet = self.fleet
        point, network, unit, fuel = fleet.series
        return {
            "name": fleet.name,
            "gsrn": self.gsrn,
            "gsrn_is_synthetic": True,
            "energy_source": fleet.energy_source,
            "technology": fleet.technology,
            "fuel": fuel,
            "capacity_w": self.capacity_w,
            "capacity_basis": fleet.capacity_basis,
            "commissioned_on": self.commissioned_on,
            "commissioned_on_is_known": fleet.commissioned_on is not None,
            "operator": fleet.operator_name,
            "place": {
                "country": COUNTRY,
                "connection_point": point,
                "description": fleet.place.description,
            },
            "series": {"connection_point": point, "network": network, "unit": unit},
            "register_units": [f"{row.plant} {row.unit}" for row in fleet.register_rows],
            "net": "taken as net: house load is metered apart and not deducted",
            "support": "unknown",
            "note": fleet.note,
            "source": "provided by the Electricity Authority (New Zealand), CC BY 4.0",
        }

    @property
    def days(self) -> list[Day]:
        """Its readings by local day."""
        return [_day(day) for day in self.fleet.days]

    @property
    def gaps(self) -> list[DeclaredGap]:
        """What the series leaves out, declared."""
        return [
            DeclaredGap(start=start, end=end, reason="not-in-source")
            for start, end in self.fleet.gaps
        ]


def _day(day: SeriesDay) -> Day:
    intervals = [Interval(item.start_ms, item.end_ms, item.energy_wh) for item in day.readings]
    return Day(day.start_ms, day.end_ms, intervals)

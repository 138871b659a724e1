"""Registrations: what a registrant says of a device, as members that operations share."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from app.registry.codes.countries import check_subdivision
from app.registry.codes.lists import CODE, code_lists
from app.registry.devices import (
    DISSEMINATIONS,
    SUBMITTED,
    SUPPORTS,
    Registration,
    latest_date,
)
from app.registry.errors import RefusalError
from app.registry.fields import Date, EnergyWh, Hash, Id, text, whole
from app.registry.operation import ABOUT, Operation, Read
from app.registry.organisations import MEASUREMENT_BODY, Organisation
from app.registry.places import COARSE_BELOW_W, LATITUDE, LONGITUDE, check_place
from app.registry.state import At, State

SUBDIVISION = text("[A-Z]{2}-[A-Z0-9]{1,3}", code="subdivision-country-mismatch")
CAPACITY_W = whole(least=1, less="invalid-device-data")
COARSE_UDEG = 100_000
"""A tenth of a degree: no finer is told of small devices (8.4)."""
NOWHERE = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Described(Operation):
    """What describes a device: `attributes` is the hash of its whole attribute document (R10).

    `measurement_body` reports its readings; where that is the registrant, it is self-reporting.
    """

    energy_source: Annotated[str, CODE]
    technology: Annotated[str, CODE]
    capacity_w: Annotated[int, CAPACITY_W]
    commissioned_on: Date
    attributes: Hash
    support: Annotated[str, text("|".join(SUPPORTS))]
    dissemination: Annotated[str, text("|".join(DISSEMINATIONS))]
    measurement_body: Id
    latitude: Annotated[int, LATITUDE] | None = None
    longitude: Annotated[int, LONGITUDE] | None = None
    subdivision: Annotated[str, SUBDIVISION] | None = None
    storage_wh: EnergyWh | None = None

    def place_reads(self) -> Iterator[Read]:
        """Yield what stands about the place: an approval may come in the same group (R14)."""
        if self.latitude is not None:
            yield Read(ABOUT, self.latitude)

    def check_description(self, state: State, at: At, *, domain: str) -> str:
        """Refuse codes, places, dates and parties that cannot be right; return the source's code.

        Some sources have an alias, which is not stored (2.5; R9, R59, R77).
        """
        settings = state.domain(domain).settings
        lists = code_lists(settings.code_lists)
        source = lists.canonical(self.energy_source)
        lists.check(source=source, technology=self.technology)
        self._check_place(settings.country)
        if self.commissioned_on > latest_date(at.time_ms):
            raise RefusalError(
                "invalid-device-data", "commissioned in the future", pointer="/commissioned_on"
            )
        self._check_measurement_body(state)
        return source

    def registration(self, *, device: str, number: int, source: str) -> Registration:
        """Return the version of a device that this describes, not looked at yet."""
        return Registration(
            device=device,
            number=number,
            organisation=self.by,
            energy_source=source,
            technology=self.technology,
            capacity_w=self.capacity_w,
            commissioned_on=self.commissioned_on,
            attributes=self.attributes,
            support=self.support,
            dissemination=self.dissemination,
            measurement_body=self.measurement_body,
            latitude=self.latitude,
            longitude=self.longitude,
            subdivision=self.subdivision or NOWHERE,
            storage_wh=self.storage_wh or 0,
            state=SUBMITTED,
            valid_from=0,
            valid_until=0,
            verifier="",
            is_taken=True,
        )

    def _check_place(self, country: str) -> None:
        if (self.latitude is None) != (self.longitude is None):
            raise RefusalError("invalid-coordinates", "both or neither", pointer="/longitude")
        if self.latitude is not None and self.longitude is not None:
            check_place(self.latitude, self.longitude, "/latitude")
            is_fine = self.latitude % COARSE_UDEG or self.longitude % COARSE_UDEG
            if self.capacity_w < COARSE_BELOW_W and is_fine:
                raise RefusalError(
                    "invalid-coordinates",
                    "below 50 kW a tenth of a degree is told",
                    rule="R70",
                    pointer="/latitude",
                )
        if self.subdivision is not None:
            check_subdivision(self.subdivision, country, "/subdivision")

    def _check_measurement_body(self, state: State) -> None:
        body = state.find(Organisation, self.measurement_body, pointer="/measurement_body")
        if body.id != self.by and MEASUREMENT_BODY not in body.roles:
            raise RefusalError(
                "forbidden-role", "no measurement body", rule="R62", pointer="/measurement_body"
            )

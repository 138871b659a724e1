"""Register a device: the registrant describes what it wants certified."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.registry.codes.check_digits import is_gsrn
from app.registry.devices import KINDS, MULTI_FUEL, PRODUCTION, REGISTERED, STORAGE, Device
from app.registry.errors import RefusalError
from app.registry.fields import Id, text
from app.registry.operation import DEVICE, DOMAIN, GSRN, ORGANISATION, Read
from app.registry.organisations import GENERATOR
from app.registry.registrations import Described
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRegister(Described):
    """By the registrant; each source of a multi-fuel device is a device `part_of` it.

    A part has the number of the whole and, alone, may have a source that is not certified.
    """

    type: ClassVar[str] = "device.register"

    device: Id
    domain: Annotated[str, text("[A-Z][A-Z0-9-]{1,15}")]
    gsrn: Annotated[str, text("[0-9]{18}", code="invalid-gsrn")]
    kind: Annotated[str, text("|".join(KINDS))]
    part_of: Id | None = None

    def reads(self) -> Iterator[Read]:
        """Yield registrant, measurement body, domain, and the device's id and number."""
        yield Read(ORGANISATION, self.by)
        yield Read(ORGANISATION, self.measurement_body)
        yield Read(DOMAIN, self.domain)
        yield Read(DEVICE, self.device)
        yield Read(GSRN, self.gsrn)
        if self.part_of is not None:
            yield Read(DEVICE, self.part_of)
        yield from self.place_reads()

    def decide(self, state: State, at: At) -> Change:
        """Register it, not yet approved; one GSRN is one device (R9, R14, R30)."""
        registrant = state.actor(self.by)
        registrant.must_be(GENERATOR)
        registrant.must_be_verified(at.time_ms)
        state.domain(self.domain)
        if not is_gsrn(self.gsrn):
            raise RefusalError("invalid-gsrn", "wrong check digit", rule="R14", pointer="/gsrn")
        source = self.check_description(state, at, domain=self.domain)
        self._check_kind(state, source)
        if state.has(Device, self.device):
            raise RefusalError("id-in-use", "the device is registered", pointer="/device")
        if self.part_of is not None:
            self._check_whole(state, self.part_of)
        elif state.has_gsrn(self.gsrn):
            raise RefusalError(
                "device-already-registered", "the GSRN is in use", rule="R14", pointer="/gsrn"
            )
        registration = self.registration(device=self.device, number=1, source=source)
        return Change(puts=(self._device(), registration))

    def _check_kind(self, state: State, source: str) -> None:
        """Refuse a store without a size, and a source that is not certified (R9, R12)."""
        if (self.kind == STORAGE) != bool(self.storage_wh):
            raise RefusalError(
                "invalid-device-data",
                "a store, and nothing else, says what it stores",
                rule="R12",
                pointer="/storage_wh",
            )
        settings = state.domain(self.domain).settings
        is_whole = self.kind == PRODUCTION and self.part_of is None
        if is_whole and not source.startswith(settings.sources):
            raise RefusalError(
                "source-not-eligible",
                f"{settings.code} certifies {', '.join(settings.sources)}",
                rule="R9",
                pointer="/energy_source",
            )

    def _check_whole(self, state: State, whole: str) -> None:
        """Refuse a part that does not fit the whole."""
        found = state.find(Device, whole, pointer="/part_of")
        found.must_belong_to(self.by)
        fits = (found.kind, found.gsrn, found.domain) == (MULTI_FUEL, self.gsrn, self.domain)
        if not fits or self.kind != PRODUCTION:
            raise RefusalError(
                "invalid-device-data",
                "a source of a multi-fuel device, under its number",
                rule="R1",
                pointer="/part_of",
            )

    def _device(self) -> Device:
        return Device(
            id=self.device,
            organisation=self.by,
            domain=self.domain,
            gsrn=self.gsrn,
            kind=self.kind,
            part_of=self.part_of,
            state=REGISTERED,
            automatic_wh=0,
            carried_wh=0,
            deficit_wh=0,
            adjustment_wh=0,
            last_issuance=None,
            version=1,
        )

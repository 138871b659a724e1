"""Register a device: the registrant describes what it wants certified."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.registry.codes.check_digits import is_gsrn
from app.registry.codes.lists import code_lists
from app.registry.devices import REGISTERED, Device, latest_date
from app.registry.errors import RefusalError
from app.registry.fields import Date, Hash, Id, text, whole
from app.registry.operation import DEVICE, DOMAIN, GSRN, ORGANISATION, Operation, Read
from app.registry.organisations import GENERATOR
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRegister(Operation):
    """By the registrant; `attributes` is the hash of the device's attribute document."""

    type: ClassVar[str] = "device.register"

    device: Id
    domain: Annotated[str, text("[A-Z][A-Z0-9-]{1,15}")]
    gsrn: Annotated[str, text("[0-9]{18}", code="invalid-gsrn")]
    energy_source: Annotated[str, text("F[0-9]{8}", code="unknown-code")]
    technology: Annotated[str, text("T[0-9]{6}", code="unknown-code")]
    capacity_w: Annotated[int, whole(least=1)]
    commissioned_on: Date
    attributes: Hash

    def reads(self) -> Iterable[Read]:
        """Return registrant, domain, and the device's id and number."""
        return (
            Read(ORGANISATION, self.by),
            Read(DOMAIN, self.domain),
            Read(DEVICE, self.device),
            Read(GSRN, self.gsrn),
        )

    def decide(self, state: State, at: At) -> Change:
        """Register it, not yet approved; one GSRN is one device (R9, R14)."""
        state.actor(self.by).must_be(GENERATOR)
        domain = state.domain(self.domain).settings
        if not is_gsrn(self.gsrn):
            raise RefusalError("invalid-gsrn", "wrong check digit", rule="R14", pointer="/gsrn")
        code_lists(domain.code_lists).check(source=self.energy_source, technology=self.technology)
        if not self.energy_source.startswith(domain.sources):
            raise RefusalError(
                "source-not-eligible",
                f"{domain.code} certifies {', '.join(domain.sources)}",
                rule="R9",
                pointer="/energy_source",
            )
        if self.commissioned_on > latest_date(at.time_ms):
            raise RefusalError(
                "invalid-device-data", "commissioned in the future", pointer="/commissioned_on"
            )
        if state.has(Device, self.device):
            raise RefusalError("id-in-use", "the device is registered", pointer="/device")
        if state.has_gsrn(self.gsrn):
            raise RefusalError(
                "device-already-registered", "the GSRN is in use", rule="R14", pointer="/gsrn"
            )
        return Change(puts=(self._device(),))

    def _device(self) -> Device:
        return Device(
            id=self.device,
            organisation=self.by,
            domain=self.domain,
            gsrn=self.gsrn,
            energy_source=self.energy_source,
            technology=self.technology,
            capacity_w=self.capacity_w,
            commissioned_on=self.commissioned_on,
            attributes=self.attributes,
            state=REGISTERED,
            valid_from=0,
            valid_until=0,
            is_automatic=False,
            carried_wh=0,
            version=1,
        )

"""Automate a device: up to how much its registrant's requests are issued at once, or no longer."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from app.registry.devices import APPROVED, approved_of
from app.registry.fields import EnergyWh, Id, whole
from app.registry.operation import DEVICE, ORGANISATION, Operation, Read
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAutomate(Operation):
    """By the issuing body, of the version that it has seen: its standing rule, on record (R8)."""

    type: ClassVar[str] = "device.automate"

    device: Id
    automatic_wh: EnergyWh
    version: Annotated[int, whole(least=1)]

    def reads(self) -> Iterable[Read]:
        """Return the issuing body and the device."""
        return (Read(ORGANISATION, self.by), Read(DEVICE, self.device))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - not bound to time
        """Set it for an approved, independently metered device still as it was seen (R8, R78)."""
        state.must_be_issuing_body(self.by)
        device = state.device(self.device)
        device.must_be_at(self.version)
        device.must_be_in(APPROVED)
        approved = approved_of(state.registrations(self.device))
        approved[-1].must_be_independent(self.automatic_wh)
        changed = replace(device, automatic_wh=self.automatic_wh, version=device.version + 1)
        return Change(puts=(changed,))

"""Automate a device, or no longer: whether its registrant's requests are issued at once."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from app.registry.devices import APPROVED
from app.registry.errors import RefusalError
from app.registry.fields import Flag, Id, whole
from app.registry.operation import DEVICE, ORGANISATION, Operation, Read
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceAutomate(Operation):
    """By the issuing body, of the version of the device that it has seen."""

    type: ClassVar[str] = "device.automate"

    device: Id
    automatic: Flag
    version: Annotated[int, whole(least=1)]

    def reads(self) -> Iterable[Read]:
        """Return the issuing body and the device."""
        return (Read(ORGANISATION, self.by), Read(DEVICE, self.device))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - not bound to time
        """Set it for an approved device that is still as it was seen (R8, R78)."""
        state.must_be_issuing_body(self.by)
        device = state.device(self.device)
        if device.version != self.version:
            raise RefusalError(
                "stale-version", f"it is at {device.version}", rule="R78", pointer="/version"
            )
        if device.state != APPROVED:
            raise RefusalError("device-not-eligible", "the device is not approved", rule="R3")
        changed = replace(device, is_automatic=self.automatic, version=device.version + 1)
        return Change(puts=(changed,))

"""Suspend a device, or let it go on: whether certificates are issued for it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from app.registry.devices import APPROVED, SUSPENDED
from app.registry.fields import Flag, Id, Slug
from app.registry.operation import DEVICE, ORGANISATION, Operation, Read
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceSuspend(Operation):
    """By the issuing body, with a reason; readings are taken all the while (B.2)."""

    type: ClassVar[str] = "device.suspend"

    device: Id
    suspended: Flag
    reason: Slug

    def reads(self) -> Iterable[Read]:
        """Return the issuing body and the device."""
        return (Read(ORGANISATION, self.by), Read(DEVICE, self.device))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - not bound to time
        """Suspend an approved device, or resume a suspended one (R3)."""
        state.must_be_issuing_body(self.by)
        device = state.device(self.device)
        before, after = (APPROVED, SUSPENDED) if self.suspended else (SUSPENDED, APPROVED)
        device.must_be_in(before)
        return Change(puts=(replace(device, state=after, version=device.version + 1),))

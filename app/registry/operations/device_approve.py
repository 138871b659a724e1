"""Approve a device: from when until when it may have certificates, and whether automatically."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from app.registry.devices import APPROVED, REGISTERED, latest_date
from app.registry.errors import RefusalError
from app.registry.fields import Flag, Id, Instant
from app.registry.operation import DEVICE, ORGANISATION, Operation, Read
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceApprove(Operation):
    """By the issuing body; `automatic` lets the registrant's requests be issued at once."""

    type: ClassVar[str] = "device.approve"

    device: Id
    valid_from: Instant
    valid_until: Instant
    automatic: Flag

    def reads(self) -> Iterable[Read]:
        """Return the issuing body and the device."""
        return (Read(ORGANISATION, self.by), Read(DEVICE, self.device))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - windows may lie in the past
        """Approve it once, for a time after its commissioning (R3, R8)."""
        state.must_be_issuing_body(self.by)
        device = state.device(self.device)
        if device.state != REGISTERED:
            raise RefusalError("invalid-state-transition", "the device is approved", rule="R73")
        if self.valid_until <= self.valid_from:
            raise RefusalError(
                "invalid-interval", "it ends before it starts", rule="R7", pointer="/valid_until"
            )
        if latest_date(self.valid_from) < device.commissioned_on:
            raise RefusalError(
                "outside-operation-period",
                "it starts before the device was commissioned",
                pointer="/valid_from",
            )
        approved = replace(
            device,
            state=APPROVED,
            valid_from=self.valid_from,
            valid_until=self.valid_until,
            is_automatic=self.automatic,
            version=device.version + 1,
        )
        return Change(puts=(approved,))

"""Deregister a device: its last registration ends, and nothing more is measured of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from app.registry.devices import (
    APPROVED,
    DEREGISTERED,
    REGISTERED,
    SUPERSEDED,
    SUSPENDED,
    UNDER_REVIEW,
    Registration,
)
from app.registry.errors import RefusalError
from app.registry.fields import Id, Instant, Slug
from app.registry.operation import DEVICE, ORGANISATION, Operation, Read
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceDeregister(Operation):
    """By the issuing body; `ended_at` is when it left this registry."""

    type: ClassVar[str] = "device.deregister"

    device: Id
    ended_at: Instant
    reason: Slug

    def reads(self) -> Iterable[Read]:
        """Return the issuing body and the device with its versions."""
        return (Read(ORGANISATION, self.by), Read(DEVICE, self.device))

    def decide(self, state: State, at: At) -> Change:
        """End it for good, unless it owes energy (R36, row 82)."""
        state.must_be_issuing_body(self.by)
        device = state.device(self.device)
        device.must_be_in(REGISTERED, APPROVED, SUSPENDED)
        if device.adjustment_wh > 0:
            raise RefusalError(
                "adjustment-outstanding",
                f"it owes {device.adjustment_wh} Wh; withdraw certificates to make up for it",
                rule="R36",
            )
        if self.ended_at > at.time_ms:
            raise RefusalError(
                "invalid-interval", "it has not ended yet", rule="R7", pointer="/ended_at"
            )
        ended = (self._ended(item) for item in state.registrations(self.device))
        gone = replace(device, state=DEREGISTERED, automatic_wh=0, version=device.version + 1)
        return Change(puts=(*(item for item in ended if item is not None), gone))

    def _ended(self, item: Registration) -> Registration | None:
        """Return a version as it stands afterwards, where that is otherwise than before."""
        if item.state in UNDER_REVIEW:
            return replace(item, state=SUPERSEDED)
        if item.state == APPROVED and item.valid_until > self.ended_at:
            return replace(item, valid_until=max(item.valid_from, self.ended_at))
        return None

"""Declare fuels: which share of a multi-fuel device's energy each source has in a period."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.registry.devices import APPROVED, MULTI_FUEL, SUSPENDED, Device, in_force
from app.registry.errors import RefusalError
from app.registry.fields import Id, Instant, listed, nested
from app.registry.fuels import WHOLE_BP, FuelShare, FuelShares
from app.registry.operation import DEVICE, FUELS, ORGANISATION, Operation, Read
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class FuelDeclare(Operation):
    """By the measurement body, in proportion to net heat content (2.12); 10,000 basis points."""

    type: ClassVar[str] = "fuel.declare"

    device: Id
    period_start: Instant
    period_end: Instant
    shares: Annotated[tuple[FuelShare, ...], listed(nested(FuelShare), most=16)]

    def reads(self) -> Iterator[Read]:
        """Yield who declares, the device, its sources and what was declared before."""
        yield Read(ORGANISATION, self.by)
        yield Read(DEVICE, self.device)
        yield Read(FUELS, self.device)
        for share in self.shares:
            yield Read(DEVICE, share.device)

    def decide(self, state: State, at: At) -> Change:
        """Declare a period once, wholly, among sources of that device (R1, row 30)."""
        state.actor(self.by).must_not_be_suspended()
        device = state.device(self.device)
        device.must_be_in(APPROVED, SUSPENDED)
        if device.kind != MULTI_FUEL:
            raise RefusalError(
                "invalid-device-data", "it has one source", rule="R1", pointer="/device"
            )
        if self.period_end <= self.period_start:
            raise RefusalError(
                "invalid-interval", "it ends before it starts", rule="R7", pointer="/period_end"
            )
        if self.period_end > at.time_ms:
            raise RefusalError("future-production", "it is not over", rule="R7")
        registration = in_force(state.registrations(device.id), self.period_start, self.period_end)
        registration.must_be_reported_by(self.by)
        self._check_shares(state)
        if state.fuel_shares(device.id, self.period_start, self.period_end):
            raise RefusalError("measurement-overlap", "declared already", rule="R1")
        shares = tuple((share.device, share.share_bp) for share in self.shares)
        declared = FuelShares(device.id, self.period_start, self.period_end, shares)
        return Change(puts=(declared,))

    def _check_shares(self, state: State) -> None:
        named = sorted(share.device for share in self.shares)
        if any(before == after for before, after in itertools.pairwise(named)):
            raise RefusalError("duplicate-item", "a source is named twice", pointer="/shares")
        for number, share in enumerate(self.shares):
            is_known = state.has(Device, share.device)
            if not is_known or state.device(share.device).part_of != self.device:
                raise RefusalError(
                    "not-found", "no source of it", pointer=f"/shares/{number}/device"
                )
        if sum(share.share_bp for share in self.shares) != WHOLE_BP:
            raise RefusalError(
                "fuel-split-not-100", f"{WHOLE_BP} in all", rule="R1", pointer="/shares"
            )

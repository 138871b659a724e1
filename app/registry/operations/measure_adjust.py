"""Adjust: book what an issued span says too much, for the device's next readings to pay."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import ClassVar

from app.registry.endorsements import must_be_seconded
from app.registry.errors import RefusalError
from app.registry.fields import EnergyWh, Id, Instant, Slug
from app.registry.measurements import Span
from app.registry.operation import (
    DEVICE,
    ENDORSEMENT,
    ORGANISATION,
    PERIOD,
    Operation,
    Period,
    Read,
)
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureAdjust(Operation):
    """By the issuing body and a second person of it; `energy_wh` is what is right.

    Until what was issued too much is paid, nothing is issued for the device. What was issued too
    little only makes up for it: spans never overlap, so no second issuance can carry it.
    """

    type: ClassVar[str] = "measure.adjust"

    adjustment: Id
    device: Id
    start: Instant
    energy_wh: EnergyWh
    reason: Slug
    endorsement: Id

    def reads(self) -> Iterable[Read]:
        """Return the issuing body, the endorsement, the device and the span."""
        return (
            Read(ORGANISATION, self.by),
            Read(ENDORSEMENT, self.endorsement),
            Read(DEVICE, self.device),
            Read(PERIOD, Period(self.device, self.start, self.start + 1)),
        )

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - not bound to time
        """Book the difference to what was booked of the span before (R36)."""
        state.must_be_issuing_body(self.by)
        must_be_seconded(state, self, self.endorsement, code="separation-of-duties")
        device = state.device(self.device)
        span = state.find(Span, (self.device, self.start), pointer="/start")
        if span.issuance is None:
            raise RefusalError("not-issued", "correct it instead", rule="R36", pointer="/start")
        owed_wh = span.energy_wh - self.energy_wh
        if owed_wh == span.owed_wh:
            raise RefusalError(
                "invalid-quantity", "nothing differs", rule="R36", pointer="/energy_wh"
            )
        adjusted = replace(device, adjustment_wh=device.adjustment_wh + owed_wh - span.owed_wh)
        return Change(puts=(replace(span, owed_wh=owed_wh), adjusted))

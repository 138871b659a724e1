"""Accept findings: the issuing body lets spans with a finding be issued, on the record."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import INSTANT, Id, Slug, listed
from app.registry.measurements import Span
from app.registry.operation import DEVICE, ORGANISATION, PERIOD, Operation, Period, Read
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureAccept(Operation):
    """By the issuing body; names the spans by their start, and why."""

    type: ClassVar[str] = "measure.accept"

    device: Id
    spans: Annotated[tuple[int, ...], listed(INSTANT, most=400)]
    reason: Slug

    def reads(self) -> Iterable[Read]:
        """Return the device and the spans' stretch of time."""
        period = Period(self.device, min(self.spans), max(self.spans) + 1)
        return (Read(ORGANISATION, self.by), Read(DEVICE, self.device), Read(PERIOD, period))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - not bound to time
        """Accept each of the spans, which has an open finding (R6)."""
        state.must_be_issuing_body(self.by)
        state.device(self.device)
        if len(set(self.spans)) < len(self.spans):
            raise RefusalError("duplicate-item", "a span is named twice", pointer="/spans")
        accepted = []
        for at_item, start in enumerate(self.spans):
            pointer = f"/spans/{at_item}"
            span = state.find(Span, (self.device, start), pointer=pointer)
            if span.is_accepted:
                raise RefusalError("no-open-finding", "nothing to accept", pointer=pointer)
            accepted.append(replace(span, is_accepted=True))
        return Change(puts=tuple(accepted))

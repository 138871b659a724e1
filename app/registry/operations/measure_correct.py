"""Correct: report spans anew that are not issued; the issuing body accepts them, then."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

from app.registry.devices import APPROVED, SUSPENDED, in_force
from app.registry.errors import RefusalError
from app.registry.fields import Slug
from app.registry.measurements import CORRECTED, Span
from app.registry.operation import Read
from app.registry.reports import Reported, check_disjoint, check_times
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureCorrect(Reported):
    """By the measurement body; each span replaces one, or a gap, of the same start and end.

    Nothing is issued on it before the issuing body has accepted it: two persons (R36, 9.4). What
    the replaced span paid is owed again, so that the new one pays it (R12).
    """

    type: ClassVar[str] = "measure.correct"

    reason: Slug

    def reads(self) -> Iterator[Read]:
        """Yield the device and its timeline about what is corrected."""
        start = min(span.start for span in self.spans)
        end = max(span.end for span in self.spans)
        return self.report_reads(start, end)

    def decide(self, state: State, at: At) -> Change:
        """Replace what stands there and is not issued; its new word waits to be accepted."""
        state.actor(self.by).must_not_be_suspended()
        device = state.device(self.device)
        spans = self.read_spans(quality=CORRECTED, is_accepted=False)
        check_times(spans, at, "/spans")
        line = sorted(spans, key=lambda span: span.start)
        device.must_be_in(APPROVED, SUSPENDED)
        registration = in_force(state.registrations(device.id), line[0].start, line[-1].end)
        registration.must_be_reported_by(self.by)
        self.check_spans(spans, registration, state.domain(device.domain).settings)
        check_disjoint(line)
        owed_wh = sum(
            self._replaced(state, span, f"/spans/{number}").netted_wh
            for number, span in enumerate(spans)
        )
        self.check_part(state, device, spans)
        owing = replace(device, adjustment_wh=device.adjustment_wh + owed_wh)
        netted = self.net(owing, may_owe=False)
        changed = () if netted == device else (netted,)
        return Change(puts=(*line, *changed))

    def _replaced(self, state: State, span: Span, pointer: str) -> Span:
        """Return what stands there; it has the same length and is not issued."""
        before = state.find(Span, (self.device, span.start), pointer=pointer)
        if before.end != span.end:
            raise RefusalError(
                "span-boundary", "it replaces one of the same length", rule="R2", pointer=pointer
            )
        if before.issuance is not None:
            raise RefusalError(
                "double-issuance",
                "it is issued: its certificates are withdrawn, or it is adjusted",
                rule="R36",
                pointer=pointer,
            )
        return before

"""Measure: put a device's measured energy on the log, span by span."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.registry.devices import APPROVED, SUSPENDED, approved_of, in_force
from app.registry.errors import RefusalError
from app.registry.fields import listed, nested
from app.registry.measurements import DeclaredGap, MeasuredSpan, Span
from app.registry.operation import Read
from app.registry.reports import ENTRIES_MOST, Reported, check_disjoint, check_times
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(Reported):
    """By the measurement body; spans and gaps leave nothing undeclared between them."""

    type: ClassVar[str] = "measure"

    gaps: (
        Annotated[tuple[DeclaredGap, ...], listed(nested(DeclaredGap), most=ENTRIES_MOST)] | None
    ) = None

    def reads(self) -> Iterator[Read]:
        """Yield the device and its timeline about what is reported."""
        entries: tuple[MeasuredSpan | DeclaredGap, ...] = (*self.spans, *(self.gaps or ()))
        start = min(entry.start for entry in entries)
        end = max(entry.end for entry in entries)
        return self.report_reads(start, end)

    def decide(self, state: State, at: At) -> Change:
        """Add spans and gaps: disjoint, gapless, over, within capacity or so declared (R2, R6)."""
        state.actor(self.by).must_not_be_suspended()
        device = state.device(self.device)
        spans = self.read_spans()
        gaps = [gap.of(self.device) for gap in self.gaps or ()]
        check_times(spans, at, "/spans")
        check_times(gaps, at, "/gaps")
        line = sorted([*spans, *gaps], key=lambda span: span.start)
        device.must_be_in(APPROVED, SUSPENDED)
        registration = in_force(state.registrations(device.id), line[0].start, line[-1].end)
        registration.must_be_reported_by(self.by)
        self.check_spans(spans, registration, state.domain(device.domain).settings)
        check_disjoint(line)
        _check_free(state, line)
        _check_gapless(state, line)
        self.check_part(state, device, spans)
        netted = self.net(device, may_owe=True)
        changed = () if netted == device else (netted,)
        return Change(puts=(*line, *changed))


def _check_free(state: State, spans: Sequence[Span]) -> None:
    for span in spans:
        if state.spans_within(span.device, span.start, span.end):
            raise RefusalError("measurement-overlap", "measured already", rule="R2")


def _check_gapless(state: State, spans: Sequence[Span]) -> None:
    """Refuse a stretch between two spans that is neither measured nor declared.

    Time in which no version of the device was in force needs no word.
    """
    device, start, end = spans[0].device, spans[0].start, spans[-1].end
    beside = (state.span_before(device, start), state.span_after(device, end))
    known = [*filter(None, beside), *state.spans_within(device, start, end)]
    line = sorted([*known, *spans], key=lambda span: span.start)
    versions = approved_of(state.registrations(device))
    for earlier, later in itertools.pairwise(line):
        if earlier.end < later.start and any(
            item.valid_from < later.start and earlier.end < item.valid_until for item in versions
        ):
            raise RefusalError("measurement-gap", "declare the gap and its reason", rule="R2")

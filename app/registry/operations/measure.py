"""Measure: put a device's measured energy on the log, one span a local day."""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Annotated, ClassVar

from app.registry.errors import RefusalError
from app.registry.fields import Id, listed, nested
from app.registry.measurements import (
    OVER_CAPACITY,
    DeclaredFinding,
    DeclaredGap,
    MeasuredSpan,
    Span,
    is_over_capacity,
)
from app.registry.operation import DEVICE, ORGANISATION, PERIOD, Operation, Period, Read
from app.registry.state import At, Change, State

DAY_MAX_MS = 25 * 3_600_000
_SPANS = listed(nested(MeasuredSpan), most=100)
_GAPS = listed(nested(DeclaredGap), most=100)
_FINDINGS = listed(nested(DeclaredFinding), most=100)


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure(Operation):
    """By the registrant; spans and gaps are in order of time and leave nothing undeclared.

    A span named in `findings` waits until the issuing body accepts it.
    """

    type: ClassVar[str] = "measure"

    device: Id
    spans: Annotated[tuple[MeasuredSpan, ...], _SPANS]
    gaps: Annotated[tuple[DeclaredGap, ...], _GAPS] | None = None
    findings: Annotated[tuple[DeclaredFinding, ...], _FINDINGS] | None = None

    def reads(self) -> Iterable[Read]:
        """Return the device and its timeline about what is reported."""
        entries: tuple[MeasuredSpan | DeclaredGap, ...] = (*self.spans, *(self.gaps or ()))
        start = min(entry.start for entry in entries)
        end = max(entry.end for entry in entries)
        return (
            Read(ORGANISATION, self.by),
            Read(DEVICE, self.device),
            Read(PERIOD, Period(self.device, start, end)),
        )

    def decide(self, state: State, at: At) -> Change:
        """Add spans and gaps: disjoint, gapless, over, within capacity or so declared (R2, R6)."""
        state.actor(self.by)
        device = state.device(self.device)
        device.must_belong_to(self.by)
        entries = dict(self._entries())
        for pointer, span in entries.items():
            _check_time(span, at, pointer)
        spans = sorted(entries.values(), key=lambda span: span.start)
        device.must_be_valid(spans[0].start, spans[-1].end)
        _check_disjoint(state, spans)
        _check_gapless(state, spans)
        for span in spans:
            if span.is_accepted and is_over_capacity(
                span.energy_wh, capacity_w=device.capacity_w, duration_ms=span.end - span.start
            ):
                raise RefusalError(
                    "exceeds-capacity", "a day's energy needs a declared finding", rule="R6"
                )
        return Change(puts=tuple(spans))

    def _entries(self) -> Iterator[tuple[str, Span]]:
        """Yield each span and gap behind the pointer to where it was sent."""
        flagged = {finding.start for finding in self.findings or ()}
        codes = {finding.code for finding in self.findings or ()}
        if not flagged <= {span.start for span in self.spans} or codes - {OVER_CAPACITY}:
            raise RefusalError(
                "invalid-field", "a finding of a known code names a span", pointer="/findings"
            )
        for number, span in enumerate(self.spans):
            yield f"/spans/{number}", span.of(self.device, is_accepted=span.start not in flagged)
        for number, gap in enumerate(self.gaps or ()):
            yield f"/gaps/{number}", gap.of(self.device)


def _check_time(span: Span, at: At, pointer: str) -> None:
    if span.end <= span.start:
        raise RefusalError("invalid-interval", "it ends before it starts", pointer=pointer)
    if not span.gap and span.end - span.start > DAY_MAX_MS:
        raise RefusalError(
            "invalid-interval", "a span is one local day, 25 hours at most", pointer=pointer
        )
    if span.end > at.time_ms:
        raise RefusalError("future-production", "it is not over", rule="R7", pointer=pointer)


def _check_disjoint(state: State, spans: list[Span]) -> None:
    for before, after in itertools.pairwise(spans):
        if after.start < before.end:
            raise RefusalError("measurement-overlap", "two spans overlap", rule="R2")
    for span in spans:
        if state.spans_within(span.device, span.start, span.end):
            raise RefusalError("measurement-overlap", "measured already", rule="R2")


def _check_gapless(state: State, spans: list[Span]) -> None:
    """Refuse a stretch between two spans that is neither measured nor declared."""
    device, start, end = spans[0].device, spans[0].start, spans[-1].end
    beside = (state.span_before(device, start), state.span_after(device, end))
    known = [*filter(None, beside), *state.spans_within(device, start, end)]
    line = sorted([*known, *spans], key=lambda span: span.start)
    for earlier, later in itertools.pairwise(line):
        if earlier.end != later.start:
            raise RefusalError("measurement-gap", "declare the gap and its reason", rule="R2")

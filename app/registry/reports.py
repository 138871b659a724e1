"""Reports: spans of a device with findings, qualities and netting, as verbs share them."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from app.registry.devices import Device, Registration
from app.registry.domains import DomainSettings
from app.registry.errors import RefusalError
from app.registry.fields import Id, listed, nested
from app.registry.measurements import (
    MEASURED,
    DeclaredFinding,
    DeclaredQuality,
    MeasuredSpan,
    Netting,
    Span,
    is_over_capacity,
)
from app.registry.operation import DEVICE, FUELS, ORGANISATION, PERIOD, Operation, Period, Read
from app.registry.state import At, State

DAY_MAX_MS = 25 * 3_600_000
HOUR_MS = 3_600_000
ENTRIES_MOST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Reported(Operation):
    """What is reported of a device: a span a local day, in a granular domain one an interval.

    A span named in `findings` waits until the issuing body accepts it. `netting` says how spans
    follow from gross readings; `part_of` names the multi-fuel device whose source this is, whose
    spans stand on the log already.
    """

    device: Id
    spans: Annotated[tuple[MeasuredSpan, ...], listed(nested(MeasuredSpan), most=ENTRIES_MOST)]
    findings: (
        Annotated[tuple[DeclaredFinding, ...], listed(nested(DeclaredFinding), most=ENTRIES_MOST)]
        | None
    ) = None
    qualities: (
        Annotated[tuple[DeclaredQuality, ...], listed(nested(DeclaredQuality), most=ENTRIES_MOST)]
        | None
    ) = None
    netting: Annotated[tuple[Netting, ...], listed(nested(Netting), most=ENTRIES_MOST)] | None = (
        None
    )
    part_of: Id | None = None

    def report_reads(self, start: int, end: int) -> Iterator[Read]:
        """Yield who reports, the device, and its timeline about [start, end)."""
        yield Read(ORGANISATION, self.by)
        yield Read(DEVICE, self.device)
        yield Read(PERIOD, Period(self.device, start, end))
        if self.part_of is not None:
            yield Read(DEVICE, self.part_of)
            yield Read(PERIOD, Period(self.part_of, start, end))
            yield Read(FUELS, self.part_of)

    def read_spans(self, *, quality: str = MEASURED, is_accepted: bool = True) -> list[Span]:
        """Return the spans as they are reported; those with a finding are not accepted yet."""
        starts = {span.start for span in self.spans}
        flagged = {finding.start for finding in self.findings or ()}
        qualities = {item.start: item.quality for item in self.qualities or ()}
        netted = self._netted()
        named = (("findings", flagged), ("qualities", qualities), ("netting", netted))
        for name, found in named:
            if not set(found) <= starts:
                raise RefusalError("invalid-field", "it names no span", pointer=f"/{name}")
            said = getattr(self, name) or ()
            if name != "findings" and len(found) < len(said):
                raise RefusalError("duplicate-item", "one for a span", pointer=f"/{name}")
        return [
            span.of(
                self.device,
                is_accepted=is_accepted and span.start not in flagged,
                quality=qualities.get(span.start, quality),
                netted_wh=netted[span.start].netted_wh if span.start in netted else 0,
            )
            for span in self.spans
        ]

    def check_spans(
        self, spans: Sequence[Span], registration: Registration, settings: DomainSettings
    ) -> None:
        """Refuse spans that are too long, or more than the capacity allows (R6, R7)."""
        longest_ms = HOUR_MS if settings.is_granular else DAY_MAX_MS
        for number, span in enumerate(spans):
            pointer = f"/spans/{number}"
            if span.end - span.start > longest_ms:
                raise RefusalError(
                    "interval-granularity" if settings.is_granular else "invalid-interval",
                    "a span is one local day, in a granular domain an interval of an hour at most",
                    rule="R7",
                    pointer=pointer,
                )
            if span.is_accepted and is_over_capacity(
                span.energy_wh,
                capacity_w=registration.capacity_w,
                duration_ms=span.end - span.start,
            ):
                raise RefusalError(
                    "exceeds-capacity",
                    "a day's energy needs a declared finding",
                    rule="R6",
                    pointer=pointer,
                )

    def net(self, device: Device, *, may_owe: bool) -> Device:
        """Return the device with its deficit and adjustment after these spans (R12, R36).

        Every entry follows from the one before; an adjustment is paid before energy is left.
        Without `may_owe` no deficit goes in, and what goes out is owed: the spans that follow have
        been netted already. Raises RefusalError.
        """
        netted = self._netted()
        for span in sorted(self.spans, key=lambda span: span.start):
            entry = netted.get(span.start)
            if entry is not None:
                device = _netted(device, span, entry, may_owe=may_owe)
            elif device.adjustment_wh > 0 and span.energy_wh:
                raise RefusalError(
                    "adjustment-outstanding",
                    f"{device.adjustment_wh} Wh are owed: net them",
                    rule="R36",
                    pointer="/netting",
                )
            elif may_owe and device.deficit_wh and span.energy_wh:
                raise _mismatch(f"{device.deficit_wh} Wh of deficit are carried on")
        return device

    def check_part(self, state: State, device: Device, spans: Sequence[Span]) -> None:
        """Refuse a source's spans that are not its declared share of the whole (2.12, R1)."""
        if device.part_of != self.part_of:
            raise RefusalError("invalid-field", "the device that it is part of", pointer="/part_of")
        if self.part_of is None:
            return
        for number, span in enumerate(spans):
            pointer = f"/spans/{number}"
            whole = state.find(Span, (self.part_of, span.start), pointer=pointer)
            if whole.end != span.end or whole.gap:
                raise RefusalError(
                    "span-boundary", "the whole was measured otherwise", pointer=pointer
                )
            if not whole.is_accepted:
                raise RefusalError(
                    "finding-open", "the whole is not accepted", rule="R6", pointer=pointer
                )
            entry = self._netted().get(span.start)
            reported_wh = span.energy_wh if entry is None else entry.gross_wh
            if reported_wh != _share(state, whole, self.device):
                raise RefusalError(
                    "fuel-split-not-100",
                    "not the declared share of the whole",
                    rule="R1",
                    pointer=f"{pointer}/energy_wh",
                )

    def _netted(self) -> Mapping[int, Netting]:
        return {entry.start: entry for entry in self.netting or ()}


def check_times(spans: Sequence[Span], at: At, pointer: str) -> None:
    """Refuse stretches, listed at a pointer, of which one is none or not over."""
    for number, span in enumerate(spans):
        where = f"{pointer}/{number}"
        if span.end <= span.start:
            raise RefusalError("invalid-interval", "it ends before it starts", pointer=where)
        if span.end > at.time_ms:
            raise RefusalError("future-production", "it is not over", rule="R7", pointer=where)


def check_disjoint(spans: Sequence[Span]) -> None:
    """Refuse spans, in order of time, of which two overlap (R2)."""
    for before, after in itertools.pairwise(spans):
        if after.start < before.end:
            raise RefusalError("measurement-overlap", "two spans overlap", rule="R2")


def _netted(device: Device, span: MeasuredSpan, entry: Netting, *, may_owe: bool) -> Device:
    owed_wh = device.adjustment_wh - entry.adjusted_wh
    is_chained = entry.deficit_in_wh == (device.deficit_wh if may_owe else 0)
    if entry.energy_wh != span.energy_wh or not is_chained:
        raise _mismatch("gross, deductions and deficit do not give this energy")
    if entry.adjusted_wh and owed_wh < 0:
        raise _mismatch(f"only {device.adjustment_wh} Wh are owed")
    if owed_wh > 0 and span.energy_wh:
        raise RefusalError(
            "adjustment-outstanding", f"{owed_wh} Wh are still owed", rule="R36", pointer="/netting"
        )
    if not may_owe:
        return replace(device, adjustment_wh=owed_wh + entry.deficit_out_wh)
    return replace(device, adjustment_wh=owed_wh, deficit_wh=entry.deficit_out_wh)


def _share(state: State, whole: Span, part: str) -> int | None:
    for shares in state.fuel_shares(whole.device, whole.start, whole.end):
        if shares.start <= whole.start and whole.end <= shares.end:
            return shares.part_of(whole.energy_wh, part)
    return None


def _mismatch(detail: str) -> RefusalError:
    return RefusalError("netting-mismatch", detail, rule="R12", pointer="/netting")

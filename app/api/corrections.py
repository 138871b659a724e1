"""Corrections: spans that are not issued are reported anew, for the issuing body to accept."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from app.api.answers import leaf_of, link_of
from app.api.door import Door
from app.api.measurements import INTERVALS_MAX, MeasurementReportSchema, as_report
from app.api.recording import recording
from app.api.verbs import Asking, Verb
from app.http.context import context
from app.registry import fields as kinds
from app.registry.errors import RefusalError
from app.registry.fields import EnergyWh, Id, Instant, Slug, listed, nested
from app.registry.measurements import CORRECTED, ESTIMATED, MEASURED, SUBSTITUTED
from app.registry.organisations import GENERATOR, MEASUREMENT_BODY
from app.reporting.devices import find_device
from app.reporting.metered import find_metered
from app.reporting.readings import find_report, spans_about
from app.reporting.rows import Row
from app.services.correcting import Stretch, correct_days, owed_before
from app.services.measure import corrected
from app.services.metering import Metered
from app.services.netting import Flow
from app.services.record import Accepted, Asked

QUALITIES = (CORRECTED, ESTIMATED, SUBSTITUTED)

door = Door("corrections", "Readings that were wrong are reported anew.")


@dataclass(frozen=True, slots=True, kw_only=True)
class CorrectedReading:
    """One reading as it is right."""

    start: Annotated[Instant, "From."]
    end: Annotated[Instant, "Until."]
    energy_wh: Annotated[EnergyWh, "Energy in whole Wh."]
    drawn_wh: Annotated[EnergyWh, "What was drawn, which is deducted, Wh."] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """Readings in place of those of whole spans, or of gaps, that are not issued."""

    device: Annotated[Id, "The device."]
    intervals: Annotated[
        tuple[CorrectedReading, ...],
        listed(nested(CorrectedReading), most=INTERVALS_MAX),
        "Readings, in order; each span that they lie in is replaced whole.",
    ]
    reason: Annotated[Slug, "Why, as a word."]
    quality: Annotated[str, kinds.text("|".join(QUALITIES)), "How they came about."] | None = None


def _correct(asking: Asking, body: Correction) -> Asked:
    """Return the operation; a device of others is not there. Raises RefusalError.

    What repeats a correction is netted as it was the first time.
    """
    storage, device = context().storage, body.device
    if find_device(storage, device, viewer=asking.organisation) is None:
        raise RefusalError("not-found", "no such device", pointer="/device")
    row, versions = find_metered(storage, [device])[device]
    flows = [
        Flow(item.start, item.end, item.energy_wh, item.drawn_wh or 0) for item in body.intervals
    ]
    replaced = _replaced(device, flows)
    first = find_report(storage, asking.id)
    settled_wh = sum(span["netted_wh"] for span in replaced)
    days = correct_days(
        flows,
        [Stretch(span["start"], span["end"]) for span in replaced],
        owed_wh=owed_before(first) if first else row["adjustment_wh"] + settled_wh,
        quality=body.quality or MEASURED,
    )
    version = Metered.of(row, versions).version_at(days[0].start, days[-1].end)
    return corrected(
        **asking.common,
        device=device,
        capacity_w=versions[-1]["capacity_w"] if version is None else version.capacity_w,
        days=days,
        reason=body.reason,
        part_of=row["part_of"],
    )


def _replaced(device: str, flows: Sequence[Flow]) -> list[Row]:
    """Return the spans that readings begin in, in order."""
    starts = [flow.start for flow in flows]
    near = spans_about(context().storage, device, min(starts), max(starts) + 1)
    return [row for row in near if any(row["start"] <= start < row["end"] for start in starts)]


CORRECT = Verb(
    name="measure.correct",
    may=(GENERATOR, MEASUREMENT_BODY),
    body=Correction,
    make=_correct,
)


def _corrected(accepted: Accepted) -> dict[str, Any]:
    return as_report(leaf_of(accepted.leaf)["operation"], link_of(accepted))


recording(
    door,
    "/devices/<uuid:device>/corrections",
    name="correct_measurements",
    about="Report spans anew that are not issued; the issuing body accepts them before they are.",
    verb=CORRECT,
    answer=MeasurementReportSchema,
    show=_corrected,
    location="/v1/measurement-reports/{id}",
    within=("device",),
    refuses=[
        "reporter-not-authorised",
        "organisation-suspended",
        "device-not-eligible",
        "registration-boundary",
        "invalid-interval",
        "interval-granularity",
        "future-production",
        "measurement-overlap",
        "measurement-gap",
        "span-boundary",
        "double-issuance",
        "netting-mismatch",
        "adjustment-outstanding",
        "fuel-split-not-100",
    ],
)

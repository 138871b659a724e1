"""Measurement reports: readings as JSON or CSV, put on the log as one span a local day."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from marshmallow import Schema, fields

from app.api.answers import (
    OperationLinkSchema,
    PageByNumberQuerySchema,
    leaf_of,
    link_of,
    link_of_row,
    next_cursor,
    page,
    text,
    uuid,
    whole,
)
from app.api.csv_reports import read_report
from app.api.devices import SpanSchema
from app.api.door import Door
from app.api.recording import recording
from app.api.verbs import Asking, Verb, table
from app.http.access import ANY_KEY, caller
from app.http.context import context
from app.ledger.times import parse_time
from app.registry import fields as kinds
from app.registry.errors import RefusalError
from app.registry.fields import EnergyWh, Id, Instant, Slug, listed, nested
from app.registry.measurements import MEASURED, QUALITIES, DeclaredGap, Interval
from app.registry.operations.measure_accept import MeasureAccept
from app.registry.operations.measure_correct import MeasureCorrect
from app.registry.organisations import GENERATOR, ISSUING_BODY, MEASUREMENT_BODY
from app.reporting.devices import find_device, spans_of
from app.reporting.metered import find_metered
from app.reporting.operations import find_operation, list_operations
from app.reporting.readings import REPORTS, find_report
from app.reporting.rows import Row
from app.services.measure import granular, measured
from app.services.metering import Metered
from app.services.record import Accepted, Asked
from app.services.report import balance_before, days_of, net_days

CORRECTION = MeasureCorrect.type
INTERVALS_MAX = 10_000
GAPS_MAX = 100

door = Door("measurement reports", "Readings of devices.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One reading."""

    start: Annotated[Instant, "From."]
    end: Annotated[Instant, "Until."]
    energy_wh: Annotated[EnergyWh, "Energy in whole Wh."]
    drawn_wh: Annotated[EnergyWh, "What was drawn, which is deducted, Wh."] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """Readings of a device in order of time; what is missing in between is declared."""

    device: Annotated[Id, "The device."]
    intervals: Annotated[
        tuple[Reading, ...], listed(nested(Reading), most=INTERVALS_MAX), "Readings, in order."
    ]
    gaps: (
        Annotated[
            tuple[DeclaredGap, ...],
            listed(nested(DeclaredGap), most=GAPS_MAX),
            "Stretches without readings, and why.",
        ]
        | None
    ) = None
    quality: Annotated[str, kinds.text("|".join(QUALITIES)), "How they came about."] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """The issuing body's decision that flagged readings may become certificates."""

    report: Annotated[Id, "The report whose findings are accepted."]
    reason: Annotated[Slug, "Why, as a word."]


def _measure(asking: Asking, body: Report) -> Asked:
    """Return the operation; spans follow the local days of the device's domain.

    In a granular domain each reading has a span of its own. What repeats a report is netted as
    it was the first time.
    """
    if find_device(context().storage, body.device, viewer=asking.organisation) is None:
        raise RefusalError("not-found", "no such device", pointer="/device")
    row, versions = find_metered(context().storage, [body.device])[body.device]
    device = Metered.of(row, versions)
    first = find_report(context().storage, asking.id)
    gaps = body.gaps or ()
    readings = [Interval(item.start, item.end, item.energy_wh) for item in body.intervals]
    days = days_of(readings, gaps, timezone=device.settings.timezone)
    netted = net_days(
        granular(days) if device.settings.is_granular else days,
        drawn={item.start: item.drawn_wh for item in body.intervals if item.drawn_wh},
        balance=device.balance if first is None else balance_before(first),
        quality=body.quality or MEASURED,
    )
    version = device.version_at(days[0].start, days[-1].end)
    return measured(
        **asking.common,
        device=body.device,
        capacity_w=versions[-1]["capacity_w"] if version is None else version.capacity_w,
        days=list(netted),
        gaps=gaps,
        part_of=row["part_of"],
    )


def _accept(asking: Asking, body: Acceptance) -> Asked:
    """Return the operation that accepts all that waits: spans with findings, or corrected ones."""
    asked = leaf_of(_find(body.report)["leaf"])["operation"]
    waiting = asked["spans"] if asked["type"] == CORRECTION else asked.get("findings", ())
    starts = sorted({parse_time(item["start"]) for item in waiting})
    if not starts:
        raise RefusalError("no-open-finding", "nothing to accept")
    return Asked(
        MeasureAccept(
            **asking.common, device=asked["device"], spans=tuple(starts), reason=body.reason
        )
    )


MEASURE = Verb(name="measure", may=(GENERATOR, MEASUREMENT_BODY), body=Report, make=_measure)
ACCEPT = Verb(name="measure.accept", may=(ISSUING_BODY,), body=Acceptance, make=_accept)
VERBS = table(ACCEPT)


class OpenFindingSchema(Schema):
    """What looks wrong in a span."""

    start = fields.String(required=True, metadata={"description": "Start of the span."})
    code = fields.String(required=True, metadata={"description": "What it is."})
    count = whole("In how many readings.")


class MeasurementReportSchema(Schema):
    """A report, or a correction, as it was recorded."""

    id = uuid("The report: the id of its operation.")
    type = text("measure, or measure.correct, all of whose spans wait to be accepted.")
    device = uuid("The device.")
    energy_wh = whole("Energy in all, Wh.")
    readings = whole("How many readings.")
    findings = fields.List(fields.Nested(OpenFindingSchema), required=True)
    operation = fields.Nested(OperationLinkSchema, required=True)


class MeasurementReportStateSchema(MeasurementReportSchema):
    """A report with its spans as they stand."""

    spans = fields.List(fields.Nested(SpanSchema), required=True)


class MeasurementReportsSchema(Schema):
    """A page of reports, in the order of the log."""

    reports = fields.List(fields.Nested(MeasurementReportSchema), required=True)
    next = next_cursor()


class AcceptedSchema(Schema):
    """Findings that were accepted."""

    id = uuid("The device.")
    spans = fields.List(
        fields.String(), required=True, metadata={"description": "Starts of the spans."}
    )
    operation = fields.Nested(OperationLinkSchema, required=True)


def _reported(accepted: Accepted) -> dict[str, Any]:
    return as_report(leaf_of(accepted.leaf)["operation"], link_of(accepted))


def _findings_accepted(accepted: Accepted) -> dict[str, Any]:
    asked = leaf_of(accepted.leaf)["operation"]
    return {"id": asked["device"], "spans": asked["spans"], "operation": link_of(accepted)}


_REFUSES = (
    "invalid-field",
    "not-found",
    "reporter-not-authorised",
    "organisation-suspended",
    "invalid-interval",
    "interval-granularity",
    "netting-mismatch",
    "adjustment-outstanding",
    "fuel-split-not-100",
    "device-not-eligible",
    "registration-boundary",
    "future-production",
    "measurement-overlap",
    "measurement-gap",
    "exceeds-capacity",
    "too-many-spans",
)

recording(
    door,
    "/measurement-reports",
    name="report_measurements",
    about="Report readings of a device as JSON or CSV: at most 10,000, of at most 100 days.",
    verb=MEASURE,
    answer=MeasurementReportSchema,
    show=_reported,
    location="/v1/measurement-reports/{id}",
    refuses=("malformed-csv", *_REFUSES),
    readers={"text/csv": read_report},
)
recording(
    door,
    "/measurement-reports/<uuid:report>/accept",
    name="accept_findings",
    about="Accept the findings of a report on the record (R6).",
    verb=ACCEPT,
    answer=AcceptedSchema,
    show=_findings_accepted,
    location="/v1/devices/{id}/spans",
    status=HTTPStatus.OK,
    within=("report",),
    refuses=["no-open-finding"],
)


@door.view(
    "/measurement-reports",
    may=[ANY_KEY],
    answer=MeasurementReportsSchema,
    query=PageByNumberQuerySchema,
)
def show_reports(*, limit: int, cursor: int | None = None) -> dict[str, Any]:
    """List own reports; auditors and the issuing body see all."""
    rows = list_operations(
        context().storage,
        viewer=caller().viewer,
        types=REPORTS,
        cursor=cursor,
        limit=limit + 1,
    )
    found = [{**_of_row(row), "index": row["index"]} for row in rows]
    return page("reports", found, limit=limit, key="index")


@door.view(
    "/measurement-reports/<uuid:report>",
    may=[ANY_KEY],
    answer=MeasurementReportStateSchema,
    refuses=["not-found"],
)
def show_report(report: UUID) -> dict[str, Any]:
    """Show a report with its spans as they stand."""
    row = _find(str(report))
    asked = leaf_of(row["leaf"])["operation"]
    starts = [parse_time(span["start"]) for span in asked["spans"]]
    return {**_of_row(row), "spans": spans_of(context().storage, asked["device"], starts)}


def _find(report: str) -> Row:
    row = find_operation(context().storage, report, viewer=caller().viewer)
    if row is None or row["type"] not in REPORTS:
        raise RefusalError("not-found", "no such report")
    return row


def _of_row(row: Row) -> dict[str, Any]:
    return as_report(leaf_of(row["leaf"])["operation"], link_of_row(row))


def as_report(asked: dict[str, Any], link: dict[str, Any]) -> dict[str, Any]:
    """Return a report, or a correction, as its leaf tells it."""
    return {
        "id": asked["id"],
        "type": asked["type"],
        "device": asked["device"],
        "energy_wh": sum(span["energy_wh"] for span in asked["spans"]),
        "readings": sum(span["count"] for span in asked["spans"]),
        "findings": asked.get("findings", []),
        "operation": link,
    }

"""Apportionments: a multi-fuel device's spans become those of its sources, as was declared."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import orjson
from flask import Response, g
from marshmallow import Schema, fields

from app.api.answers import uuid, whole
from app.api.door import BODIES, WRITES, Door, idempotent
from app.api.members import body_schema
from app.api.verbs import asking
from app.http.access import caller
from app.http.context import context
from app.http.idempotency import idempotency_key, operation_id
from app.http.problems import refusal_body
from app.ledger.times import format_time
from app.registry.errors import RefusalError
from app.registry.fields import Instant
from app.registry.fuels import FuelShares
from app.registry.organisations import GENERATOR, MEASUREMENT_BODY
from app.reporting.devices import find_device
from app.reporting.metered import find_metered, fuel_shares_of, timeline
from app.reporting.readings import intervals_of
from app.reporting.rows import Row
from app.services.apportioning import PartReport, WholeSpan, apportion
from app.services.credentials import WRITE
from app.services.measure import measured
from app.services.metering import Metered
from app.services.record import Asked, Outcome

door = Door("apportionments", "The sources of multi-fuel devices.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Apportionment:
    """A period whose measured energy is parted among the sources that were declared."""

    period_start: Annotated[Instant, "From: where a span starts."]
    period_end: Annotated[Instant, "Until: where a span ends."]


class PartSchema(Schema):
    """What was reported of one source."""

    part = uuid("The device that stands for the source.")
    id = uuid("The report's operation.")
    spans = whole("Spans.")
    energy_wh = whole("Energy, Wh.")
    problem = fields.Dict(metadata={"description": "Why not: an RFC 9457 problem."})


class PartsSchema(Schema):
    """What was reported, source by source."""

    parts = fields.List(fields.Nested(PartSchema), required=True)


@door.view(
    "/devices/<uuid:device>/apportion",
    may=[GENERATOR, MEASUREMENT_BODY],
    scope=WRITE,
    answer=PartsSchema,
    body=body_schema(Apportionment),
    method="POST",
    refuses=[
        *WRITES,
        *BODIES,
        "invalid-field",
        "invalid-interval",
        "not-found",
        "fuel-split-not-100",
    ],
    parameters=idempotent(),
)
def apportion_device(members: dict[str, Any], device: UUID) -> Response:
    """Report of every source its share of what the whole device measured (R1, 2.12).

    Each report is answered on its own; the same call again goes on where it was.
    """
    key, period = idempotency_key(), _period(Apportionment(**members))
    storage, whole_id = context().storage, str(device)
    if find_device(storage, whole_id, viewer=caller().viewer or caller().organisation) is None:
        raise RefusalError("not-found", "no such device", pointer="/device")
    shares = [_shares(row) for row in fuel_shares_of(storage, whole_id, *period)]
    if not shares:
        raise RefusalError("fuel-split-not-100", "no share is declared of it", rule="R1")
    spans = [_span(row) for row in timeline(storage, whole_id, *period)]
    names = {part for declared in shares for part, _ in declared.shares}
    parts = {name: Metered.of(*found) for name, found in find_metered(storage, names).items()}
    balances = {name: metered.balance for name, metered in parts.items()}
    reports = list(apportion(spans, shares, balances))
    asked = [_asked(report, whole_id, parts[report.part], key) for report in reports]
    outcomes = context().group.submit(asked, organisation=caller().organisation)
    g.refused_items = [
        (item.operation.id, "measure", outcome)
        for item, outcome in zip(asked, outcomes, strict=True)
        if isinstance(outcome, RefusalError)
    ]
    return _answer(reports, asked, outcomes)


def _period(body: Apportionment) -> tuple[int, int]:
    if body.period_end <= body.period_start:
        raise RefusalError(
            "invalid-interval", "it ends before it starts", rule="R7", pointer="/period_end"
        )
    return body.period_start, body.period_end


def _asked(report: PartReport, whole_id: str, metered: Metered, key: str) -> Asked:
    """Return the operation of one source; its capacity is that of the version at the time."""
    asks = asking(key)
    start, end = report.days[0].start, report.days[-1].end
    version = metered.version_at(start, end)
    return measured(
        id=operation_id(asks.organisation, f"{key}/{report.part}/{format_time(start)}"),
        origin=asks.origin,
        by=asks.organisation,
        person=asks.person,
        device=report.part,
        capacity_w=0 if version is None else version.capacity_w,
        days=report.days,
        gaps=report.gaps,
        part_of=whole_id,
    )


def _shares(row: Row) -> FuelShares:
    shares = tuple((part, share_bp) for part, share_bp in orjson.loads(row["shares"]))
    return FuelShares(row["device"], row["start"], row["end"], shares)


def _span(row: Row) -> WholeSpan:
    intervals = intervals_of([row])
    return WholeSpan(
        row["start"], row["end"], row["energy_wh"], intervals, row["quality"], row["gap"]
    )


def _answer(
    reports: Sequence[PartReport], asked: Sequence[Asked], outcomes: Sequence[Outcome]
) -> Response:
    parts = []
    for report, item, outcome in zip(reports, asked, outcomes, strict=True):
        told: dict[str, Any] = {
            "part": report.part,
            "id": item.operation.id,
            "spans": len(report.days),
            "energy_wh": sum(one.energy_wh for day in report.days for one in day.intervals),
        }
        if isinstance(outcome, RefusalError):
            told["problem"] = refusal_body(outcome)
        parts.append(told)
    return Response(orjson.dumps({"parts": parts}), HTTPStatus.OK, mimetype="application/json")

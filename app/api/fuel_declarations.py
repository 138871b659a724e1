"""Fuel declarations: which share of a multi-fuel device's energy each of its sources has."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import orjson
from marshmallow import Schema, fields

from app.api.answers import (
    OperationLinkSchema,
    PageQuerySchema,
    instant,
    leaf_of,
    link_of,
    moment,
    next_cursor,
    uuid,
    whole,
)
from app.api.devices import must_not_be_hidden
from app.api.door import Door
from app.api.instant import as_id
from app.api.recording import recording
from app.api.verbs import Asking, Verb, table
from app.http.access import ANY_KEY, caller
from app.http.context import context
from app.http.paging import ID, Form, cursor_parts
from app.registry.fields import Id, listed, nested
from app.registry.fields import Instant as InstantKind
from app.registry.fuels import FuelShare
from app.registry.operations.fuel_declare import FuelDeclare
from app.registry.organisations import MEASUREMENT_BODY
from app.reporting.fuels import list_fuel_shares
from app.reporting.rows import Row
from app.services.record import Accepted, Asked

SHARES_MAX = 16

door = Door("fuel declarations", "What multi-fuel devices were fed.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """Shares of a multi-fuel device's sources in a period, in proportion to net heat content."""

    device: Annotated[Id, "The multi-fuel device."]
    period_start: Annotated[InstantKind, "From."]
    period_end: Annotated[InstantKind, "Until."]
    shares: Annotated[
        tuple[FuelShare, ...],
        listed(nested(FuelShare), most=SHARES_MAX),
        "Basis points of each source, by its device; 10,000 in all.",
    ]


def _declare(asking: Asking, body: Declaration) -> Asked:
    must_not_be_hidden(body.device, pointer="/device")
    return Asked(
        FuelDeclare(
            **asking.common,
            device=body.device,
            period_start=body.period_start,
            period_end=body.period_end,
            shares=body.shares,
        )
    )


DECLARE = Verb(name="fuel.declare", may=(MEASUREMENT_BODY,), body=Declaration, make=_declare)
VERBS = table(DECLARE)


class ShareSchema(Schema):
    """The share of a source."""

    device = uuid("The device that stands for the source.")
    share_bp = whole("Basis points.")


class DeclaredSchema(Schema):
    """A declaration as it was recorded."""

    id = uuid("The declaration: the id of its operation.")
    device = uuid("The multi-fuel device.")
    period_start = moment("From.")
    period_end = moment("Until.")
    shares = fields.List(fields.Nested(ShareSchema), required=True)
    operation = fields.Nested(OperationLinkSchema, required=True)


class FuelSharesSchema(Schema):
    """Shares that are declared for a period."""

    device = uuid("The multi-fuel device.")
    period_start = instant("From.")
    period_end = instant("Until.")
    shares = fields.List(fields.Nested(ShareSchema), required=True)


class FuelDeclarationsSchema(Schema):
    """A page of declarations, by device and time."""

    fuel_declarations = fields.List(fields.Nested(FuelSharesSchema), required=True)
    next = next_cursor()


class FuelDeclarationsQuerySchema(PageQuerySchema):
    """Which declarations."""

    cursor = Form(
        rf"{ID}\.(?:0|[1-9][0-9]{{0,15}})",
        metadata={"description": "`next` of the page before; none to begin."},
    )
    device = fields.UUID(metadata={"description": "The multi-fuel device."})


def _declared(accepted: Accepted) -> dict[str, Any]:
    return {**leaf_of(accepted.leaf)["operation"], "operation": link_of(accepted)}


recording(
    door,
    "/fuel-declarations",
    name="declare_fuels",
    about="Declare the shares of a multi-fuel device's sources, as its measurement body.",
    verb=DECLARE,
    answer=DeclaredSchema,
    show=_declared,
    location="/v1/operations/{id}",
    refuses=[
        "reporter-not-authorised",
        "device-not-eligible",
        "invalid-device-data",
        "invalid-interval",
        "future-production",
        "registration-boundary",
        "duplicate-item",
        "fuel-split-not-100",
        "measurement-overlap",
        "organisation-suspended",
    ],
)


@door.view(
    "/fuel-declarations",
    may=[ANY_KEY],
    answer=FuelDeclarationsSchema,
    query=FuelDeclarationsQuerySchema,
)
def show_fuel_declarations(
    *, limit: int, cursor: str | None = None, device: UUID | None = None
) -> dict[str, Any]:
    """List what was declared of own devices; auditors and the issuing body see all."""
    rows = list_fuel_shares(
        context().storage,
        viewer=caller().viewer,
        device=as_id(device),
        cursor=cursor_parts(cursor, (str, int)),
        limit=limit + 1,
    )
    last = rows[limit - 1] if len(rows) > limit else None
    return {
        "fuel_declarations": [_shown(row) for row in rows[:limit]],
        "next": f"{last['device']}.{last['start']}" if last else None,
    }


def _shown(row: Row) -> Row:
    shares = orjson.loads(row["shares"])
    return {
        "device": row["device"],
        "period_start": row["start"],
        "period_end": row["end"],
        "shares": [{"device": device, "share_bp": share_bp} for device, share_bp in shares],
    }

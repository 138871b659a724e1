"""Issuances: what was requested and issued, as it stands."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from app.api.answers import (
    PageByIdQuerySchema,
    instant,
    next_cursor,
    page,
    text,
    uuid,
    whole,
)
from app.api.door import Door
from app.api.instant import as_id
from app.http.access import ANY_KEY, caller
from app.http.context import context
from app.registry.errors import RefusalError
from app.registry.issuances import REQUEST_STATES
from app.reporting.issuances import IssuanceFilter, find_issuance, list_issuances
from app.reporting.rows import Row

door = Door("issuances", "What was requested and issued.")


class IssuanceSchema(Schema):
    """An issuance; before it is issued, what was issued is null."""

    id = uuid("The issuance's id.")
    device = uuid("The device.")
    account = uuid("The account that received the certificates.")
    period_start = instant("Production from.")
    period_end = instant("Production until.")
    state = text("draft, submitted, verified, referred, approved, issued, rejected or withdrawn.")
    energy_wh = whole("Measured energy, Wh.", is_null=True)
    carried_in_wh = whole("Energy carried in, Wh.", is_null=True)
    carried_out_wh = whole("Energy carried out, Wh.", is_null=True)
    face_value_wh = whole("Energy of one certificate, Wh.", is_null=True)
    quantity = whole("Certificates issued.", is_null=True)
    number_first = text("Number of the first certificate.", is_null=True)
    number_last = text("Number of the last certificate.", is_null=True)
    transfer_until = instant("Until when they may be transferred.", is_null=True)
    retire_until = instant("Until when they may be retired.", is_null=True)
    attributes = text("SHA-256 of the attribute document.", is_null=True)
    registration = whole("The version of the device that was in force.", is_null=True)
    withdrawn = whole("How many of them were withdrawn.", is_null=True)
    is_late = fields.Boolean(
        required=True, metadata={"description": "Whether it was asked for after the window."}
    )


class IssuancesSchema(Schema):
    """A page of issuances, by id."""

    issuances = fields.List(fields.Nested(IssuanceSchema), required=True)
    next = next_cursor()


class IssuancesQuerySchema(PageByIdQuerySchema):
    """Which issuances."""

    account = fields.UUID(metadata={"description": "The account that received them."})
    device = fields.UUID(metadata={"description": "The device."})
    state = fields.String(
        validate=OneOf(REQUEST_STATES), metadata={"description": "Where it stands."}
    )


def number_of(number_first: str, ordinal: int) -> str:
    """Return the number of a certificate by its ordinal, from 1."""
    return f"{int(number_first) + ordinal - 1:0{len(number_first)}d}"


def numbers(issued: Mapping[str, Any]) -> dict[str, Any]:
    """Return quantity and numbers of what was issued; null where nothing was."""
    if not issued or issued["quantity"] is None:
        return dict.fromkeys(("quantity", "number_first", "number_last"))
    return {
        "quantity": issued["quantity"],
        "number_first": issued["number_first"],
        "number_last": number_of(issued["number_first"], issued["quantity"]),
    }


@door.view("/issuances", may=[ANY_KEY], answer=IssuancesSchema, query=IssuancesQuerySchema)
def show_issuances(
    *,
    limit: int,
    cursor: str | None = None,
    account: UUID | None = None,
    device: UUID | None = None,
    state: str | None = None,
) -> dict[str, Any]:
    """List own issuances; auditors and the issuing body see all."""
    only = IssuanceFilter(
        account=as_id(account),
        device=as_id(device),
        state=state,
    )
    rows = list_issuances(
        context().storage,
        viewer=caller().viewer,
        only=only,
        cursor=cursor,
        limit=limit + 1,
    )
    return page("issuances", [_standing(row) for row in rows], limit=limit, key="id")


@door.view(
    "/issuances/<uuid:issuance>", may=[ANY_KEY], answer=IssuanceSchema, refuses=["not-found"]
)
def show_issuance(issuance: UUID) -> Row:
    """Show an issuance."""
    row = find_issuance(context().storage, str(issuance), viewer=caller().viewer)
    if row is None:
        raise RefusalError("not-found", "no such issuance")
    return _standing(row)


def _standing(row: Row) -> dict[str, Any]:
    return {**row, **numbers(row)}

"""Devices: what is registered, as it stands, and what was measured of it."""

from http import HTTPStatus
from typing import Any
from uuid import UUID

import orjson
from flask import Response
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from app.api.answers import (
    PageByIdQuerySchema,
    PageByNumberQuerySchema,
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
from app.http.conditions import entity_tag, is_unchanged
from app.http.context import context
from app.http.paging import Form
from app.ledger.encoding import INTEGER_MAX
from app.registry.devices import DEVICE_STATES
from app.registry.errors import RefusalError
from app.reporting.devices import (
    DeviceFilter,
    find_device,
    list_devices,
    list_registrations,
    list_spans,
)
from app.reporting.rows import Row
from app.services.attribute_documents import degrees

DOMAIN = "[A-Z][A-Z0-9-]{1,15}"
NUMBER = f"<int(min=1, max={INTEGER_MAX}):number>"
"""A version of a device's description in a path."""

door = Door("devices", "Metered production devices and what was measured of them.")


class RegistrationSchema(Schema):
    """A version of a device's description; validity is null before approval."""

    device = uuid("The device.")
    number = whole("Which version, from 1.")
    organisation = uuid("Its registrant.")
    energy_source = text("Energy source code, of the domain's lists.")
    technology = text("Technology code.")
    capacity_w = whole("Installed capacity in W.")
    commissioned_on = text("First day of operation.")
    attributes = text("SHA-256 of its attribute document, hexadecimal.")
    support = text("Public support: none, investment, production, both or unknown.")
    dissemination = text("How the energy reaches who uses it: grid, direct_line, self_consumption.")
    measurement_body = uuid("Who reports its readings; the registrant where it reports itself.")
    latitude = text("Latitude in decimal degrees, WGS84.", is_null=True)
    longitude = text("Longitude in decimal degrees, WGS84.", is_null=True)
    subdivision = text("Subdivision of the country (ISO 3166-2), or empty.")
    storage_wh = whole("What it stores, Wh; 0 where it stores nothing.")
    state = text("submitted, verified, referred, rejected, approved or superseded.")
    is_taken = fields.Boolean(
        required=True,
        metadata={"description": "False while a new registrant has not taken the device over."},
    )
    valid_from = instant("From when it may have certificates.", is_null=True)
    valid_until = instant("Until when.", is_null=True)
    described = fields.Dict(
        keys=fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "The attribute document."},
    )


class RegistrationsSchema(Schema):
    """A page of a device's versions."""

    registrations = fields.List(fields.Nested(RegistrationSchema), required=True)
    next = next_cursor()


class DeviceSchema(RegistrationSchema):
    """A device as it stands, with its newest registration."""

    class Meta:
        """A device has an id."""

        exclude = ("device",)

    id = uuid("The device's id.")
    domain = text("Code of its domain.")
    gsrn = text("Its GSRN.")
    kind = text("production, storage, or multi_fuel, whose sources are devices of their own.")
    part_of = uuid("The multi-fuel device whose source it is.", is_null=True)
    state = text("registered, approved, suspended or deregistered.")
    review = text("How its newest registration stands.")
    automatic_wh = whole("Up to how much is issued at once; 0 for nothing.")
    carried_wh = whole("Energy issued but not yet a whole certificate, in Wh.")
    deficit_wh = whole("Import that production has not covered yet, in Wh.")
    adjustment_wh = whole("Energy that was issued too much and is owed, in Wh.")
    version = whole("Its entity tag: send it as If-Match to edit.")


class DevicesSchema(Schema):
    """A page of devices, by id."""

    devices = fields.List(fields.Nested(DeviceSchema), required=True)
    next = next_cursor()


class DevicesQuerySchema(PageByIdQuerySchema):
    """Which devices."""

    organisation = fields.UUID(metadata={"description": "Its registrant."})
    domain = Form(DOMAIN, metadata={"description": "Code of its domain."})
    state = fields.String(
        validate=OneOf(DEVICE_STATES), metadata={"description": "Where it stands."}
    )
    energy_source = Form(
        "[A-Z][A-Z0-9]{0,8}",
        metadata={"description": "Beginning of the energy source code, such as F0105."},
    )
    technology = Form("[A-Z][A-Z0-9]{1,8}", metadata={"description": "Technology code."})
    gsrn = Form("[0-9]{18}", metadata={"description": "Its GSRN."})
    part_of = fields.UUID(
        metadata={"description": "The multi-fuel device whose sources are asked."}
    )


class SpanSchema(Schema):
    """Measured energy of a stretch of time, or a declared gap."""

    start = instant("From.")
    end = instant("Until.")
    energy_wh = whole("Energy in Wh.")
    count = whole("How many readings.")
    root = text("Merkle root of its interval leaves, hexadecimal; empty for a gap.")
    gap = text("Why there are no readings; empty where there are.")
    is_accepted = fields.Boolean(
        required=True, metadata={"description": "Whether no finding is open."}
    )
    issuance = uuid("By which issuance it became certificates.", is_null=True)
    quality = text("How its readings came about.")
    owed_wh = whole("How much of it was issued too much, Wh.")


class SpansSchema(Schema):
    """A page of a device's timeline."""

    spans = fields.List(fields.Nested(SpanSchema), required=True)
    next = next_cursor()


@door.view("/devices", may=[ANY_KEY], answer=DevicesSchema, query=DevicesQuerySchema)
def show_devices(
    *,
    limit: int,
    cursor: str | None = None,
    organisation: UUID | None = None,
    part_of: UUID | None = None,
    **only: str,
) -> dict[str, Any]:
    """List own devices; auditors and the issuing body see all."""
    rows = list_devices(
        context().storage,
        viewer=caller().viewer,
        only=DeviceFilter(organisation=as_id(organisation), part_of=as_id(part_of), **only),
        cursor=cursor,
        limit=limit + 1,
    )
    return page("devices", [_shown(row) for row in rows], limit=limit, key="id")


@door.view(
    "/devices/<uuid:device>",
    may=[ANY_KEY],
    answer=DeviceSchema,
    refuses=["not-found"],
    headers={"ETag": "The device's version."},
    parameters=[
        {
            "in": "header",
            "name": "If-None-Match",
            "schema": {"type": "string"},
            "description": "The ETag that the caller holds.",
        }
    ],
    gives={"304": {"description": "The caller holds this version already."}},
)
def show_device(device: UUID) -> Response | tuple[Row, int, dict[str, str]]:
    """Show a device; its ETag changes when its registration does."""
    row = visible_device(device)
    tag = {"ETag": entity_tag(row["version"])}
    if is_unchanged(row["version"]):
        return Response(status=HTTPStatus.NOT_MODIFIED, headers=tag)
    return _shown(row), HTTPStatus.OK, tag


@door.view(
    "/devices/<uuid:device>/registrations",
    may=[ANY_KEY],
    answer=RegistrationsSchema,
    query=PageByNumberQuerySchema,
    refuses=["not-found"],
)
def show_registrations(device: UUID, *, limit: int, cursor: int | None = None) -> dict[str, Any]:
    """List the versions of a device's description, to a registrant those of its own time."""
    rows = list_registrations(
        context().storage,
        visible_device(device)["id"],
        viewer=caller().viewer,
        cursor=cursor,
        limit=limit + 1,
    )
    shown = [_shown(row) for row in rows]
    return page("registrations", shown, limit=limit, key="number")


@door.view(
    "/devices/<uuid:device>/spans",
    may=[ANY_KEY],
    answer=SpansSchema,
    query=PageByNumberQuerySchema,
    refuses=["not-found"],
)
def show_spans(device: UUID, *, limit: int, cursor: int | None = None) -> dict[str, Any]:
    """List what was measured of a device, in order of time, to a registrant of its own time."""
    rows = list_spans(
        context().storage,
        visible_device(device)["id"],
        viewer=caller().viewer,
        cursor=cursor,
        limit=limit + 1,
    )
    return page("spans", rows, limit=limit, key="start")


def visible_device(device: UUID) -> Row:
    """Return a device that the caller may see. Raises RefusalError not-found."""
    found = find_device(context().storage, str(device), viewer=caller().viewer)
    if found is None:
        raise RefusalError("not-found", "no such device")
    return found


def must_not_be_hidden(device: str, *, pointer: str) -> None:
    """Refuse a device that the caller may not know of, as if there were none.

    One that nobody knows yet may be made by the same bulk request: the rules will know.
    """
    storage = context().storage
    is_visible = find_device(storage, device, viewer=caller().viewer) is not None
    if not is_visible and find_device(storage, device, viewer=None) is not None:
        raise RefusalError("not-found", "no such device", pointer=pointer)


def _shown(row: Row) -> Row:
    body = row["body"]
    return {
        **row,
        "latitude": _degrees(row["latitude"]),
        "longitude": _degrees(row["longitude"]),
        "valid_from": row["valid_from"] or None,
        "valid_until": row["valid_until"] or None,
        "described": None if body is None else orjson.loads(body),
    }


def _degrees(coordinate: int | None) -> str | None:
    return None if coordinate is None else degrees(coordinate)

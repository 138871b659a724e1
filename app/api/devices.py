"""Devices: registered by their registrants, approved by the issuing body, measured by span."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

import orjson
from flask import Response
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from app.api.answers import (
    OperationLinkSchema,
    PageByIdQuerySchema,
    PageByNumberQuerySchema,
    instant,
    leaf_of,
    link_of,
    next_cursor,
    page,
    recorded_headers,
    text,
    uuid,
    whole,
)
from app.api.door import BODIES, WRITES, Door, idempotent
from app.api.instant import as_id
from app.api.members import body_schema
from app.api.recording import recording
from app.api.verbs import Asking, Verb, ask, table
from app.http.access import ANY_KEY, caller
from app.http.conditions import entity_tag, expected_version, is_unchanged
from app.http.context import context
from app.http.idempotency import idempotency_key
from app.http.paging import Form
from app.registry import fields as kinds
from app.registry.devices import APPROVED, REGISTERED
from app.registry.errors import RefusalError
from app.registry.fields import Date, Flag, Id
from app.registry.fields import Instant as InstantKind
from app.registry.names import NAME
from app.registry.operations.device_approve import DeviceApprove
from app.registry.operations.device_automate import DeviceAutomate
from app.registry.operations.device_register import DeviceRegister
from app.registry.organisations import GENERATOR, ISSUING_BODY
from app.reporting.devices import DeviceFilter, find_device, list_devices, list_spans
from app.reporting.rows import Row
from app.services.documents import documented
from app.services.record import Accepted, Asked

DOMAIN = "[A-Z][A-Z0-9-]{1,15}"

door = Door("devices", "Metered production devices and what was measured of them.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice:
    """A device as its registrant describes it; name, place and support are public attributes."""

    domain: Annotated[str, kinds.text(DOMAIN), "Code of the domain."]
    gsrn: Annotated[str, kinds.text("[0-9]{18}", code="invalid-gsrn"), "Its GSRN, 18 digits."]
    energy_source: Annotated[
        str, kinds.text("F[0-9]{8}", code="unknown-code"), "Energy source code (EECS)."
    ]
    technology: Annotated[
        str, kinds.text("T[0-9]{6}", code="unknown-code"), "Technology code (EECS)."
    ]
    capacity_w: Annotated[int, kinds.whole(least=1), "Installed capacity in W."]
    commissioned_on: Annotated[Date, "First day of operation."]
    name: Annotated[str, NAME, "What it is called."]
    place: Annotated[str, NAME, "Where it stands."] | None = None
    support: Annotated[str, NAME, "Public support that it has."] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """The issuing body's decision on a device."""

    device: Annotated[Id, "The device."]
    valid_from: Annotated[InstantKind, "From when it may have certificates."]
    valid_until: Annotated[InstantKind, "Until when."]
    automatic: Annotated[Flag, "Whether requests are issued at once."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Automation:
    """Whether requests of a device are issued at once."""

    device: Annotated[Id, "The device."]
    automatic: Annotated[Flag, "Whether requests are issued at once."]
    version: Annotated[int, kinds.whole(least=1), "The version that was seen."]


def _register(asking: Asking, body: NewDevice) -> Asked:
    described = {"name": body.name, "place": body.place, "support": body.support}
    attributes, attachments = documented(
        {name: value for name, value in described.items() if value is not None}
    )
    operation = DeviceRegister(
        **asking.common,
        device=asking.id,
        domain=body.domain,
        gsrn=body.gsrn,
        energy_source=body.energy_source,
        technology=body.technology,
        capacity_w=body.capacity_w,
        commissioned_on=body.commissioned_on,
        attributes=attributes,
    )
    return Asked(operation, attachments)


def _approve(asking: Asking, body: Approval) -> Asked:
    return Asked(
        DeviceApprove(
            **asking.common,
            device=body.device,
            valid_from=body.valid_from,
            valid_until=body.valid_until,
            automatic=body.automatic,
        )
    )


def _automate(asking: Asking, body: Automation) -> Asked:
    return Asked(
        DeviceAutomate(
            **asking.common, device=body.device, automatic=body.automatic, version=body.version
        )
    )


REGISTER = Verb(name="device.register", may=(GENERATOR,), body=NewDevice, make=_register)
APPROVE = Verb(name="device.approve", may=(ISSUING_BODY,), body=Approval, make=_approve)
AUTOMATE = Verb(name="device.automate", may=(ISSUING_BODY,), body=Automation, make=_automate)
VERBS = table(REGISTER, APPROVE, AUTOMATE)


class RegistrationSchema(Schema):
    """A device as it was registered."""

    id = uuid("The device's id.")
    organisation = uuid("Its registrant.")
    domain = text("Code of its domain.")
    gsrn = text("Its GSRN.")
    energy_source = text("Energy source code (EECS).")
    technology = text("Technology code (EECS).")
    capacity_w = whole("Installed capacity in W.")
    commissioned_on = text("First day of operation.")
    attributes = text("SHA-256 of its attribute document, hexadecimal.")


class RegisteredDeviceSchema(RegistrationSchema):
    """The registration that was recorded."""

    operation = fields.Nested(OperationLinkSchema, required=True)


class DeviceSchema(RegistrationSchema):
    """A device as it stands; the dates of validity are null before approval."""

    state = text("registered or approved.")
    valid_from = instant("From when it may have certificates.", is_null=True)
    valid_until = instant("Until when.", is_null=True)
    is_automatic = fields.Boolean(
        required=True, metadata={"description": "Whether requests are issued at once."}
    )
    carried_wh = whole("Energy issued but not yet a whole certificate, in Wh.")
    version = whole("Its entity tag: send it as If-Match to edit.")
    described = fields.Dict(
        keys=fields.String(),
        required=True,
        allow_none=True,
        metadata={"description": "The attribute document."},
    )


class DevicesSchema(Schema):
    """A page of devices, by id."""

    devices = fields.List(fields.Nested(DeviceSchema), required=True)
    next = next_cursor()


class DevicesQuerySchema(PageByIdQuerySchema):
    """Which devices."""

    organisation = fields.UUID(metadata={"description": "Its registrant."})
    domain = Form(DOMAIN, metadata={"description": "Code of its domain."})
    state = fields.String(
        validate=OneOf((REGISTERED, APPROVED)), metadata={"description": "Where it stands."}
    )
    energy_source = Form(
        "F[0-9]{0,8}",
        metadata={"description": "Beginning of the energy source code, such as F0105."},
    )
    technology = Form("T[0-9]{6}", metadata={"description": "Technology code."})
    gsrn = Form("[0-9]{18}", metadata={"description": "Its GSRN."})


class DecidedDeviceSchema(Schema):
    """What was decided on a device."""

    id = uuid("The device.")
    is_automatic = fields.Boolean(
        required=True, metadata={"description": "Whether requests are issued at once."}
    )
    operation = fields.Nested(OperationLinkSchema, required=True)


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


class SpansSchema(Schema):
    """A page of a device's timeline."""

    spans = fields.List(fields.Nested(SpanSchema), required=True)
    next = next_cursor()


class AutomaticSchema(body_schema(Automation, ("device", "version"))):  # type: ignore[misc]  # made from the class
    """Whether requests of a device are issued at once."""


def _registered(accepted: Accepted) -> dict[str, Any]:
    asked = leaf_of(accepted.leaf)["operation"]
    link = link_of(accepted)
    return {**asked, "id": asked["device"], "organisation": asked["by"], "operation": link}


def _decided(accepted: Accepted) -> dict[str, Any]:
    asked = leaf_of(accepted.leaf)["operation"]
    return {
        "id": asked["device"],
        "is_automatic": asked["automatic"],
        "operation": link_of(accepted),
    }


recording(
    door,
    "/devices",
    name="register_device",
    about="Register a device; the issuing body approves it.",
    verb=REGISTER,
    answer=RegisteredDeviceSchema,
    show=_registered,
    location="/v1/devices/{id}",
    refuses=[
        "device-already-registered",
        "source-not-eligible",
        "source-technology-mismatch",
        "invalid-device-data",
        "invalid-text",
    ],
)
recording(
    door,
    "/devices/<uuid:device>/approve",
    name="approve_device",
    about="Approve a device for a time.",
    verb=APPROVE,
    answer=DecidedDeviceSchema,
    show=_decided,
    location="/v1/devices/{id}",
    status=HTTPStatus.OK,
    within=("device",),
    refuses=["invalid-state-transition", "invalid-interval", "outside-operation-period"],
)


@door.view(
    "/devices/<uuid:device>/automatic",
    may=AUTOMATE.may,
    scope=AUTOMATE.scope,
    answer=DecidedDeviceSchema,
    body=AutomaticSchema,
    method="PUT",
    refuses=[
        *WRITES,
        *BODIES,
        "invalid-field",
        "not-found",
        "precondition-required",
        "stale-version",
        "device-not-eligible",
    ],
    parameters=idempotent(
        {
            "in": "header",
            "name": "If-Match",
            "required": True,
            "schema": {"type": "string", "pattern": '^"[1-9][0-9]*"$'},
            "description": "The device's ETag as it was seen (R78).",
        }
    ),
    headers={
        "Location": "Where the device stands.",
        "Idempotency-Replayed": "`true` where an earlier answer is given again.",
    },
)
def automate_device(members: dict[str, Any], device: UUID) -> tuple[dict[str, Any], int, Any]:
    """Say whether requests of a device are issued at once."""
    idempotency_key()  # told before what If-Match says
    named = {"device": str(device), "version": expected_version()}
    accepted = ask(AUTOMATE, {**members, **named})
    return _decided(accepted), HTTPStatus.OK, recorded_headers(accepted, f"/v1/devices/{device}")


@door.view("/devices", may=[ANY_KEY], answer=DevicesSchema, query=DevicesQuerySchema)
def show_devices(
    *, limit: int, cursor: str | None = None, organisation: UUID | None = None, **only: str
) -> dict[str, Any]:
    """List own devices; auditors and the issuing body see all."""
    registrant = as_id(organisation)
    rows = list_devices(
        context().storage,
        viewer=caller().viewer,
        only=DeviceFilter(organisation=registrant, **only),
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
    "/devices/<uuid:device>/spans",
    may=[ANY_KEY],
    answer=SpansSchema,
    query=PageByNumberQuerySchema,
    refuses=["not-found"],
)
def show_spans(device: UUID, *, limit: int, cursor: int | None = None) -> dict[str, Any]:
    """List what was measured of a device, in order of time."""
    found = visible_device(device)
    rows = list_spans(context().storage, found["id"], cursor=cursor, limit=limit + 1)
    return page("spans", rows, limit=limit, key="start")


def visible_device(device: UUID) -> Row:
    """Return a device that the caller may see. Raises RefusalError not-found."""
    found = find_device(context().storage, str(device), viewer=caller().viewer)
    if found is None:
        raise RefusalError("not-found", "no such device")
    return found


def _shown(row: Row) -> Row:
    body = row["body"]
    return {
        **row,
        "valid_from": row["valid_from"] or None,
        "valid_until": row["valid_until"] or None,
        "described": None if body is None else orjson.loads(body),
    }

"""Registrations: devices are registered by registrants and approved by the issuing body."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from marshmallow import Schema, fields

from app.api.answers import (
    RECORDED_HEADERS,
    OperationLinkSchema,
    leaf_of,
    link_of,
    recorded_headers,
    uuid,
)
from app.api.devices import DOMAIN, RegistrationSchema
from app.api.door import BODIES, WRITES, Door, idempotent
from app.api.members import body_schema
from app.api.recording import recording
from app.api.verbs import Asking, Verb, ask, table
from app.http.conditions import expected_version
from app.http.idempotency import idempotency_key
from app.registry import fields as kinds
from app.registry.fields import Date, Flag, Id
from app.registry.fields import Instant as InstantKind
from app.registry.names import NAME
from app.registry.operations.device_approve import DeviceApprove
from app.registry.operations.device_automate import DeviceAutomate
from app.registry.operations.device_register import DeviceRegister
from app.registry.organisations import GENERATOR, ISSUING_BODY
from app.services.documents import documented
from app.services.record import Accepted, Asked

door = Door("registrations", "Devices are registered and approved.")


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


class RegisteredDeviceSchema(RegistrationSchema):
    """The registration that was recorded."""

    operation = fields.Nested(OperationLinkSchema, required=True)


class DecidedDeviceSchema(Schema):
    """What was decided on a device."""

    id = uuid("The device.")
    is_automatic = fields.Boolean(
        required=True, metadata={"description": "Whether requests are issued at once."}
    )
    operation = fields.Nested(OperationLinkSchema, required=True)


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
    headers=RECORDED_HEADERS,
)
def automate_device(members: dict[str, Any], device: UUID) -> tuple[dict[str, Any], int, Any]:
    """Say whether requests of a device are issued at once."""
    idempotency_key()  # told before what If-Match says
    named = {"device": str(device), "version": expected_version()}
    accepted = ask(AUTOMATE, {**members, **named})
    return _decided(accepted), HTTPStatus.OK, recorded_headers(accepted, f"/v1/devices/{device}")

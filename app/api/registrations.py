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
    text,
    uuid,
    whole,
)
from app.api.devices import DOMAIN
from app.api.door import BODIES, WRITES, Door, idempotent
from app.api.members import body_schema
from app.api.recording import recording
from app.api.verbs import Asking, Verb, ask, table
from app.http.conditions import expected_version
from app.http.idempotency import idempotency_key
from app.registry import fields as kinds
from app.registry.codes.lists import CODE
from app.registry.devices import DISSEMINATIONS, GRID, KINDS, PRODUCTION, SUPPORTS
from app.registry.fields import Date, EnergyWh, Id
from app.registry.fields import Instant as InstantKind
from app.registry.names import NAME
from app.registry.operations.device_approve import DeviceApprove
from app.registry.operations.device_automate import DeviceAutomate
from app.registry.operations.device_register import DeviceRegister
from app.registry.organisations import GENERATOR, ISSUING_BODY
from app.registry.places import LATITUDE, LONGITUDE
from app.registry.registrations import SUBDIVISION
from app.services.documents import documented
from app.services.record import Accepted, Asked

door = Door("registrations", "Devices are registered and approved.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A device as its registrant describes it; all but its readings' reporter is public."""

    energy_source: Annotated[str, CODE, "Energy source code, of the domain's lists."]
    technology: Annotated[str, CODE, "Technology code."]
    capacity_w: Annotated[int, kinds.whole(least=1), "Installed capacity in W."]
    commissioned_on: Annotated[Date, "First day of operation."]
    name: Annotated[str, NAME, "What it is called."]
    support: Annotated[str, kinds.text("|".join(SUPPORTS)), "Public support."] = "unknown"
    dissemination: Annotated[
        str, kinds.text("|".join(DISSEMINATIONS)), "How the energy reaches who uses it."
    ] = GRID
    measurement_body: Annotated[Id, "Who reports its readings, if not the registrant."] | None = (
        None
    )
    latitude: Annotated[int, LATITUDE, "Latitude in micro-degrees, WGS84."] | None = None
    longitude: Annotated[int, LONGITUDE, "Longitude in micro-degrees, WGS84."] | None = None
    subdivision: Annotated[str, SUBDIVISION, "Subdivision (ISO 3166-2)."] | None = None
    storage_wh: Annotated[int, kinds.whole(least=1), "What it stores, Wh."] | None = None
    place: Annotated[str, NAME, "Where it stands."] | None = None
    support_scheme: Annotated[str, NAME, "Scheme of its public support."] | None = None

    def members(self, by: str) -> dict[str, Any]:
        """Return the members of the operation that describes it."""
        named = (
            "energy_source",
            "technology",
            "capacity_w",
            "commissioned_on",
            "support",
            "dissemination",
            "latitude",
            "longitude",
            "subdivision",
            "storage_wh",
        )
        said = {name: getattr(self, name) for name in named}
        return said | {"measurement_body": self.measurement_body or by}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice(Description):
    """A device that its registrant wants certified."""

    domain: Annotated[str, kinds.text(DOMAIN), "Code of the domain."]
    gsrn: Annotated[str, kinds.text("[0-9]{18}", code="invalid-gsrn"), "Its GSRN, 18 digits."]
    kind: Annotated[str, kinds.text("|".join(KINDS)), "What it is."] = PRODUCTION
    part_of: Annotated[Id, "The multi-fuel device whose source it is."] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """The issuing body's decision on a version of a device."""

    device: Annotated[Id, "The device."]
    valid_from: Annotated[InstantKind, "From when it may have certificates."]
    valid_until: Annotated[InstantKind, "Until when."]
    automatic_wh: Annotated[EnergyWh, "Up to how much is issued at once; 0 for nothing."] = 0
    number: Annotated[int, kinds.whole(least=1), "Which version."] = 1
    reviewed: (
        Annotated[tuple[str, ...], kinds.listed(kinds.ID, most=100), "Devices near it, looked at."]
        | None
    ) = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Automation:
    """Up to how much of a device's energy is issued at once."""

    device: Annotated[Id, "The device."]
    automatic_wh: Annotated[EnergyWh, "Up to how much, Wh; 0 for nothing."]
    version: Annotated[int, kinds.whole(least=1), "The version that was seen."]


def _register(asking: Asking, body: NewDevice) -> Asked:
    attributes, attachments = documented(attribute_document(body, gsrn=body.gsrn))
    operation = DeviceRegister(
        **asking.common,
        **body.members(asking.organisation),
        device=asking.id,
        domain=body.domain,
        gsrn=body.gsrn,
        kind=body.kind,
        part_of=body.part_of,
        attributes=attributes,
    )
    return Asked(operation, attachments)


def attribute_document(body: Description, *, gsrn: str) -> dict[str, Any]:
    """Return what is said of a device beside the log and frozen with every issuance (R10)."""
    said = {**body.members(""), "name": body.name, "gsrn": gsrn, "place": body.place}
    said |= {"support_scheme": body.support_scheme, "self_reporting": not body.measurement_body}
    del said["measurement_body"]
    return {name: value for name, value in said.items() if value is not None}


def _approve(asking: Asking, body: Approval) -> Asked:
    return Asked(
        DeviceApprove(
            **asking.common,
            device=body.device,
            number=body.number,
            valid_from=body.valid_from,
            valid_until=body.valid_until,
            automatic_wh=body.automatic_wh,
            reviewed=body.reviewed,
        )
    )


def _automate(asking: Asking, body: Automation) -> Asked:
    return Asked(
        DeviceAutomate(
            **asking.common,
            device=body.device,
            automatic_wh=body.automatic_wh,
            version=body.version,
        )
    )


REGISTER = Verb(name="device.register", may=(GENERATOR,), body=NewDevice, make=_register)
APPROVE = Verb(name="device.approve", may=(ISSUING_BODY,), body=Approval, make=_approve)
AUTOMATE = Verb(name="device.automate", may=(ISSUING_BODY,), body=Automation, make=_automate)
VERBS = table(REGISTER, APPROVE, AUTOMATE)


class RegisteredDeviceSchema(Schema):
    """A device whose registration was recorded."""

    id = uuid("The device's id.")
    organisation = uuid("Its registrant.")
    domain = text("Code of its domain.")
    gsrn = text("Its GSRN.")
    kind = text("What it is.")
    attributes = text("SHA-256 of its attribute document, hexadecimal.")
    operation = fields.Nested(OperationLinkSchema, required=True)


class DecidedDeviceSchema(Schema):
    """What was decided on a device."""

    id = uuid("The device.")
    automatic_wh = whole("Up to how much is issued at once; 0 for nothing.")
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
        "automatic_wh": asked["automatic_wh"],
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

"""Registrations: registrants describe devices, the issuing body reviews and approves them."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from marshmallow import Schema, fields

from app.api.answers import OperationLinkSchema, leaf_of, link_of, text, uuid, whole
from app.api.descriptions import NewDevice, Revision, register, revise
from app.api.devices import NUMBER
from app.api.door import Door
from app.api.recording import recording
from app.api.verbs import Asking, Verb, table
from app.registry import fields as kinds
from app.registry.fields import EnergyWh, Id, Slug
from app.registry.fields import Instant as InstantKind
from app.registry.operations.device_approve import DeviceApprove
from app.registry.operations.device_review import OUTCOMES, DeviceReview
from app.registry.organisations import GENERATOR, ISSUING_BODY
from app.services.record import Accepted, Asked

door = Door("registrations", "Devices are registered, reviewed and approved.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What was found of a version of a device."""

    device: Annotated[Id, "The device."]
    number: Annotated[int, kinds.whole(least=1), "Which version."]
    outcome: Annotated[str, kinds.text("|".join(OUTCOMES)), "What was found."]
    reason: Annotated[Slug, "Why, as a word."]


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


def _review(asking: Asking, body: Review) -> Asked:
    return Asked(
        DeviceReview(
            **asking.common,
            device=body.device,
            number=body.number,
            outcome=body.outcome,
            reason=body.reason,
        )
    )


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


REGISTER = Verb(name="device.register", may=(GENERATOR,), body=NewDevice, make=register)
REVISE = Verb(name="device.revise", may=(GENERATOR,), body=Revision, make=revise)
REVIEW = Verb(name="device.review", may=(ISSUING_BODY,), body=Review, make=_review)
APPROVE = Verb(name="device.approve", may=(ISSUING_BODY,), body=Approval, make=_approve)
VERBS = table(REGISTER, REVISE, REVIEW, APPROVE)


class RegisteredDeviceSchema(Schema):
    """A device whose registration was recorded."""

    id = uuid("The device's id.")
    organisation = uuid("Its registrant.")
    domain = text("Code of its domain.")
    gsrn = text("Its GSRN.")
    kind = text("What it is.")
    attributes = text("SHA-256 of its attribute document, hexadecimal.")
    operation = fields.Nested(OperationLinkSchema, required=True)


class RevisedDeviceSchema(Schema):
    """A device that was described anew."""

    id = uuid("The device.")
    version = whole("Its version since, as its entity tag says it.")
    attributes = text("SHA-256 of its new attribute document, hexadecimal.")
    operation = fields.Nested(OperationLinkSchema, required=True)


class ReviewedRegistrationSchema(Schema):
    """What was found of a version."""

    id = uuid("The device.")
    number = whole("Which version.")
    state = text("verified, referred or rejected.")
    operation = fields.Nested(OperationLinkSchema, required=True)


class ApprovedSchema(Schema):
    """A version that was approved."""

    id = uuid("The device.")
    number = whole("Which version.")
    automatic_wh = whole("Up to how much is issued at once; 0 for nothing.")
    operation = fields.Nested(OperationLinkSchema, required=True)


def _registered(accepted: Accepted) -> dict[str, Any]:
    asked = leaf_of(accepted.leaf)["operation"]
    link = link_of(accepted)
    return {**asked, "id": asked["device"], "organisation": asked["by"], "operation": link}


def decided(accepted: Accepted) -> dict[str, Any]:
    """Show what an operation said of a device."""
    asked = leaf_of(accepted.leaf)["operation"]
    return {**asked, "id": asked["device"], "operation": link_of(accepted)}


def _revised(accepted: Accepted) -> dict[str, Any]:
    shown = decided(accepted)
    return {**shown, "version": shown["version"] + 1}


def _reviewed(accepted: Accepted) -> dict[str, Any]:
    shown = decided(accepted)
    return {**shown, "state": shown["outcome"]}


DESCRIBING = (
    "unknown-code",
    "source-technology-mismatch",
    "invalid-coordinates",
    "subdivision-country-mismatch",
    "invalid-device-data",
    "invalid-text",
    "kyc-not-valid",
    "organisation-suspended",
)

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
        *DESCRIBING,
        "invalid-gsrn",
        "device-already-registered",
        "source-not-eligible",
        "not-registrant",
    ],
)
recording(
    door,
    "/devices/<uuid:device>",
    name="revise_device",
    about="Describe an own device anew; what is in force stays so until this is approved.",
    verb=REVISE,
    answer=RevisedDeviceSchema,
    show=_revised,
    location="/v1/devices/{id}",
    method="PUT",
    status=HTTPStatus.OK,
    within=("device",),
    is_conditional=True,
    refuses=[*DESCRIBING, "not-registrant", "device-not-eligible", "immutable-attribute"],
)
recording(
    door,
    f"/devices/<uuid:device>/registrations/{NUMBER}/review",
    name="review_registration",
    about="Verify a version of a device, refer it back or reject it.",
    verb=REVIEW,
    answer=ReviewedRegistrationSchema,
    show=_reviewed,
    location="/v1/devices/{id}/registrations",
    status=HTTPStatus.OK,
    within=("device", "number"),
    refuses=["invalid-state-transition"],
)
recording(
    door,
    "/devices/<uuid:device>/approve",
    name="approve_device",
    about="Approve a version of a device for a time.",
    verb=APPROVE,
    answer=ApprovedSchema,
    show=decided,
    location="/v1/devices/{id}",
    status=HTTPStatus.OK,
    within=("device",),
    refuses=[
        "invalid-state-transition",
        "invalid-interval",
        "outside-operation-period",
        "registration-boundary",
        "separation-of-duties",
        "near-duplicate",
        "device-not-eligible",
    ],
)

"""Handovers: a device gets another registrant, without a gap (R75)."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any

from marshmallow import Schema, fields

from app.api.answers import OperationLinkSchema, moment, uuid, whole
from app.api.devices import NUMBER, must_not_be_hidden
from app.api.door import Door
from app.api.recording import recording
from app.api.registrations import decided
from app.api.verbs import Asking, Verb, table
from app.registry import fields as kinds
from app.registry.fields import Id, Instant
from app.registry.operations.device_hand_over import DeviceHandOver
from app.registry.operations.device_take_over import DeviceTakeOver
from app.registry.organisations import GENERATOR
from app.services.record import Accepted, Asked

door = Door("handovers", "Devices change hands.")


@dataclass(frozen=True, slots=True, kw_only=True)
class HandOver:
    """Who is registrant of a device from an instant on."""

    device: Annotated[Id, "The device, an own one."]
    version: Annotated[int, kinds.whole(least=1), "The version that was seen."]
    to: Annotated[Id, "The new registrant, a generator."]
    effective_from: Annotated[Instant, "From when; what is produced before stays one's own."]


@dataclass(frozen=True, slots=True, kw_only=True)
class TakeOver:
    """A version of a device that was handed over to the caller."""

    device: Annotated[Id, "The device."]
    number: Annotated[int, kinds.whole(least=1), "Which version."]


def _hand_over(asking: Asking, body: HandOver) -> Asked:
    must_not_be_hidden(body.device, pointer="/device")
    return Asked(
        DeviceHandOver(
            **asking.common,
            device=body.device,
            version=body.version,
            to=body.to,
            effective_from=body.effective_from,
        )
    )


def _take_over(asking: Asking, body: TakeOver) -> Asked:
    return Asked(DeviceTakeOver(**asking.common, device=body.device, number=body.number))


HAND_OVER = Verb(name="device.hand_over", may=(GENERATOR,), body=HandOver, make=_hand_over)
TAKE_OVER = Verb(name="device.take_over", may=(GENERATOR,), body=TakeOver, make=_take_over)
VERBS = table(HAND_OVER, TAKE_OVER)


class HandedOverSchema(Schema):
    """A device that was handed over: its newest version waits for the new registrant."""

    id = uuid("The device.")
    to = uuid("The new registrant.")
    effective_from = moment("From when.")
    version = whole("The device's version since, as its entity tag says it.")
    operation = fields.Nested(OperationLinkSchema, required=True)


class TakenOverSchema(Schema):
    """A version that the new registrant has taken; the issuing body approves it."""

    id = uuid("The device.")
    number = whole("Which version.")
    operation = fields.Nested(OperationLinkSchema, required=True)


def _handed_over(accepted: Accepted) -> dict[str, Any]:
    shown = decided(accepted)
    return {**shown, "version": shown["version"] + 1}


recording(
    door,
    "/devices/<uuid:device>/hand-over",
    name="hand_over_device",
    about="Hand an own device over; the new registrant takes it, the issuing body approves.",
    verb=HAND_OVER,
    answer=HandedOverSchema,
    show=_handed_over,
    location="/v1/devices/{id}",
    within=("device",),
    is_conditional=True,
    refuses=[
        "not-registrant",
        "recipient-not-mandated",
        "device-not-eligible",
        "registration-boundary",
        "kyc-not-valid",
        "organisation-suspended",
    ],
)
recording(
    door,
    f"/devices/<uuid:device>/registrations/{NUMBER}/take-over",
    name="take_over_device",
    about="Take a device that was handed over to the caller.",
    verb=TAKE_OVER,
    answer=TakenOverSchema,
    show=decided,
    location="/v1/devices/{id}/registrations",
    status=HTTPStatus.OK,
    within=("device", "number"),
    refuses=["invalid-state-transition", "kyc-not-valid", "organisation-suspended"],
)

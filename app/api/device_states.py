"""Device states: what the issuing body decides of a device that it has approved."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

from marshmallow import Schema, fields

from app.api.answers import OperationLinkSchema, uuid, whole
from app.api.door import Door
from app.api.recording import recording
from app.api.registrations import decided
from app.api.verbs import Asking, Verb, table
from app.registry import fields as kinds
from app.registry.fields import EnergyWh, Flag, Id, Instant, Slug
from app.registry.operations.device_automate import DeviceAutomate
from app.registry.operations.device_deregister import DeviceDeregister
from app.registry.operations.device_suspend import DeviceSuspend
from app.registry.organisations import ISSUING_BODY
from app.services.record import Asked

door = Door("device states", "What is decided of approved devices.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Automation:
    """Up to how much of a device's energy is issued at once."""

    device: Annotated[Id, "The device."]
    automatic_wh: Annotated[EnergyWh, "Up to how much, Wh; 0 for nothing."]
    version: Annotated[int, kinds.whole(least=1), "The version that was seen."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """Whether nothing is issued for a device, and why."""

    device: Annotated[Id, "The device."]
    suspended: Annotated[Flag, "Whether nothing is issued for it."]
    reason: Annotated[Slug, "Why, as a word."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deregistration:
    """When a device left this registry, and why."""

    device: Annotated[Id, "The device."]
    ended_at: Annotated[Instant, "When it left."]
    reason: Annotated[Slug, "Why, as a word."]


def _automate(asking: Asking, body: Automation) -> Asked:
    return Asked(
        DeviceAutomate(
            **asking.common,
            device=body.device,
            automatic_wh=body.automatic_wh,
            version=body.version,
        )
    )


def _suspend(asking: Asking, body: Suspension) -> Asked:
    return Asked(
        DeviceSuspend(
            **asking.common, device=body.device, suspended=body.suspended, reason=body.reason
        )
    )


def _deregister(asking: Asking, body: Deregistration) -> Asked:
    return Asked(
        DeviceDeregister(
            **asking.common, device=body.device, ended_at=body.ended_at, reason=body.reason
        )
    )


AUTOMATE = Verb(name="device.automate", may=(ISSUING_BODY,), body=Automation, make=_automate)
SUSPEND = Verb(name="device.suspend", may=(ISSUING_BODY,), body=Suspension, make=_suspend)
DEREGISTER = Verb(
    name="device.deregister", may=(ISSUING_BODY,), body=Deregistration, make=_deregister
)
VERBS = table(AUTOMATE, SUSPEND, DEREGISTER)


class DecidedDeviceSchema(Schema):
    """A device of which something was decided; how it stands now, it says itself."""

    id = uuid("The device.")
    operation = fields.Nested(OperationLinkSchema, required=True)


class AutomatedDeviceSchema(DecidedDeviceSchema):
    """A device with what is issued at once."""

    automatic_wh = whole("Up to how much is issued at once; 0 for nothing.")


recording(
    door,
    "/devices/<uuid:device>/automatic",
    name="automate_device",
    about="Say up to how much is issued at once of what is requested for a device.",
    verb=AUTOMATE,
    answer=AutomatedDeviceSchema,
    show=decided,
    location="/v1/devices/{id}",
    method="PUT",
    status=HTTPStatus.OK,
    within=("device",),
    is_conditional=True,
    refuses=["device-not-eligible", "separation-of-duties"],
)
for _path, _is_suspended, _name, _about in (
    ("suspend", True, "suspend_device", "Suspend a device: nothing is issued for it."),
    ("resume", False, "resume_device", "Let a suspended device go on."),
):
    recording(
        door,
        f"/devices/<uuid:device>/{_path}",
        name=_name,
        about=_about,
        verb=SUSPEND,
        answer=DecidedDeviceSchema,
        show=decided,
        location="/v1/devices/{id}",
        status=HTTPStatus.OK,
        within=("device",),
        fixed={"suspended": _is_suspended},
        refuses=["device-not-eligible"],
    )
recording(
    door,
    "/devices/<uuid:device>/deregister",
    name="deregister_device",
    about="End a device's registration for good.",
    verb=DEREGISTER,
    answer=DecidedDeviceSchema,
    show=decided,
    location="/v1/devices/{id}",
    status=HTTPStatus.OK,
    within=("device",),
    refuses=["device-not-eligible", "adjustment-outstanding", "invalid-interval"],
)

"""Descriptions: what registrants say of a device, and the operations that put it on the log."""

from dataclasses import dataclass
from typing import Annotated, Any

import orjson

from app.api.degrees import LATITUDE, LONGITUDE
from app.api.devices import DOMAIN, must_not_be_hidden
from app.api.verbs import Asking
from app.http.context import context
from app.registry import fields as kinds
from app.registry.attachments import Attachments
from app.registry.codes.lists import CODE
from app.registry.devices import DISSEMINATIONS, GRID, KINDS, PRODUCTION, SUPPORTS
from app.registry.domains import DomainSettings
from app.registry.errors import RefusalError
from app.registry.fields import Date, Id, Slug, parse_members
from app.registry.names import NAME
from app.registry.operations.device_register import DeviceRegister
from app.registry.operations.device_revise import DeviceRevise, Repowering
from app.registry.registrations import CAPACITY_W, SUBDIVISION
from app.reporting.devices import find_domain, find_settings
from app.services.attribute_documents import Attributes, attribute_document
from app.services.documents import documented
from app.services.record import Asked

_ON_THE_LOG = (
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
_BESIDE = ("name", "place", "support_scheme")


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """A device as its registrant describes it."""

    energy_source: Annotated[str, CODE, "Energy source code, of the domain's lists."]
    technology: Annotated[str, CODE, "Technology code."]
    capacity_w: Annotated[int, CAPACITY_W, "Installed capacity in W."]
    commissioned_on: Annotated[Date, "First day of operation."]
    name: Annotated[str, NAME, "What it is called."]
    support: Annotated[str, kinds.text("|".join(SUPPORTS)), "Public support."] = "unknown"
    support_scheme: Annotated[str, NAME, "Scheme of its public support."] | None = None
    dissemination: Annotated[
        str, kinds.text("|".join(DISSEMINATIONS)), "How the energy reaches who uses it."
    ] = GRID
    measurement_body: Annotated[Id, "Who reports its readings; else the registrant."] | None = None
    latitude: Annotated[int, LATITUDE, "Decimal degrees, WGS84; 0.1 below 50 kW."] | None = None
    longitude: Annotated[int, LONGITUDE, "Decimal degrees, WGS84; 0.1 below 50 kW."] | None = None
    subdivision: Annotated[str, SUBDIVISION, "Subdivision (ISO 3166-2)."] | None = None
    place: Annotated[str, NAME, "Where it stands."] | None = None
    storage_wh: Annotated[int, kinds.whole(least=1), "What it stores, Wh."] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewDevice(Description):
    """A device that its registrant wants certified."""

    domain: Annotated[str, kinds.text(DOMAIN), "Code of the domain."]
    gsrn: Annotated[str, kinds.text("[0-9]{18}", code="invalid-gsrn"), "Its GSRN, 18 digits."]
    kind: Annotated[str, kinds.text("|".join(KINDS)), "What it is."] = PRODUCTION
    part_of: Annotated[Id, "The multi-fuel device whose source it is."] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision(Description):
    """A device described anew; why its capacity or first day is another (R74)."""

    device: Annotated[Id, "The device."]
    version: Annotated[int, kinds.whole(least=1), "The version that was seen."]
    repowering: (
        Annotated[Repowering, kinds.nested(Repowering), "When capacity was added, and how much."]
        | None
    ) = None
    correction: Annotated[Slug, "Case in which it is corrected, as a word."] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What a device is, whatever is said of it: these never change."""

    gsrn: str
    kind: str
    part_of: str | None
    domain: DomainSettings
    repowering: Repowering | None = None


def register(asking: Asking, body: NewDevice) -> Asked:
    """Return the operation that registers a device, with its attribute document."""
    found = find_domain(context().storage, body.domain)
    if found is None:
        raise RefusalError("not-found", "no such domain", pointer="/domain")
    if body.part_of is not None:
        must_not_be_hidden(body.part_of, pointer="/part_of")
    known = _Known(
        gsrn=body.gsrn, kind=body.kind, part_of=body.part_of, domain=_settings(found["settings"])
    )
    members, attachments = _described(asking, body, known)
    operation = DeviceRegister(
        **asking.common,
        **members,
        device=asking.id,
        domain=body.domain,
        gsrn=body.gsrn,
        kind=body.kind,
        part_of=body.part_of,
    )
    return Asked(operation, attachments)


def revise(asking: Asking, body: Revision) -> Asked:
    """Return the operation that describes a device anew; another's is not there."""
    found = find_settings(context().storage, body.device, viewer=asking.organisation)
    if found is None:
        raise RefusalError("not-found", "no such device", pointer="/device")
    known = _Known(
        gsrn=found["gsrn"],
        kind=found["kind"],
        part_of=found["part_of"],
        domain=_settings(found["settings"]),
        repowering=body.repowering,
    )
    members, attachments = _described(asking, body, known)
    operation = DeviceRevise(
        **asking.common,
        **members,
        device=body.device,
        version=body.version,
        repowering=body.repowering,
        correction=body.correction,
    )
    return Asked(operation, attachments)


def _described(
    asking: Asking, body: Description, known: _Known
) -> tuple[dict[str, Any], Attachments]:
    """Return the members that describe a device, and its attribute document."""
    reporter = body.measurement_body or asking.organisation
    said = {name: getattr(body, name) for name in _ON_THE_LOG}
    beside = {name: getattr(body, name) for name in _BESIDE}
    attributes = Attributes(
        **said,
        **beside,
        gsrn=known.gsrn,
        kind=known.kind,
        part_of=known.part_of,
        is_self_reporting=reporter == asking.organisation,
        repowering=known.repowering,
    )
    digest, attachments = documented(attribute_document(attributes, known.domain))
    return {**said, "measurement_body": reporter, "attributes": digest}, attachments


def _settings(settings: str) -> DomainSettings:
    return parse_members(DomainSettings, orjson.loads(settings))

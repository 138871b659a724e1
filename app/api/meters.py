"""Meters: which series of which layout of meter files are a device."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from marshmallow import Schema, fields

from app.api.answers import text
from app.api.devices import visible_device
from app.api.door import BODIES, WRITES, Door, idempotent
from app.api.members import body_schema
from app.api.recording import must_be_bare
from app.http.access import ANY_KEY, caller
from app.http.context import context
from app.http.idempotency import idempotency_key
from app.registry import fields as kinds
from app.registry.errors import RefusalError
from app.registry.organisations import GENERATOR, ISSUING_BODY, MEASUREMENT_BODY
from app.reporting.devices import parties_now
from app.services.credentials import WRITE
from app.services.meters import LAYOUT, SERIES_MAX

METERS_MAX = 100
LABELS_MAX = 16
MAY = (GENERATOR, MEASUREMENT_BODY, ISSUING_BODY)

door = Door("meters", "Which series of meter files are which device.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """A series of a meter file."""

    layout: Annotated[str, kinds.text(LAYOUT), "Name of the file's layout."]
    series: Annotated[
        tuple[str, ...],
        kinds.listed(kinds.text(f"[^\\x00-\\x1f]{{0,{SERIES_MAX}}}"), least=0, most=LABELS_MAX),
        "Its labels in the order of the layout; none where a whole file is one series.",
    ]


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterList:
    """Every series that is the device."""

    meters: Annotated[
        tuple[Series, ...],
        kinds.listed(kinds.nested(Series), least=0, most=METERS_MAX),
        "All of them: what is not named is not the device any more.",
    ]


class MeterSchema(Schema):
    """A series of meter files that is the device."""

    layout = text("Name of the layout.")
    series = fields.List(
        fields.String(), required=True, metadata={"description": "Labels of the series."}
    )


class MetersSchema(Schema):
    """Every series that is the device."""

    meters = fields.List(fields.Nested(MeterSchema), required=True)


@door.view(
    "/devices/<uuid:device>/meters", may=[ANY_KEY], answer=MetersSchema, refuses=["not-found"]
)
def show_meters(device: UUID) -> dict[str, Any]:
    """List a device's series, to its registrant, its measurement body and supervisors."""
    return _shown(_known(device))


@door.view(
    "/devices/<uuid:device>/meters",
    may=MAY,
    scope=WRITE,
    answer=MetersSchema,
    body=body_schema(MeterList),
    method="PUT",
    refuses=[
        *WRITES,
        *BODIES,
        "invalid-field",
        "invalid-text",
        "not-found",
        "reporter-not-authorised",
        "duplicate-item",
        "id-in-use",
    ],
    parameters=idempotent(),
)
def name_meters(members: dict[str, Any], device: UUID) -> dict[str, Any]:
    """Say which series are a device; a series is one device at most."""
    idempotency_key()
    found = _reported(device)
    asked = MeterList(**members)
    context().meters.replace(
        device=found, meters=[(item.layout, item.series) for item in asked.meters]
    )
    return _shown(found)


@door.view(
    "/devices/<uuid:device>/meters",
    may=MAY,
    scope=WRITE,
    answer=MetersSchema,
    method="DELETE",
    refuses=[
        *WRITES,
        "malformed-json",
        "unsupported-media-type",
        "unknown-field",
        "invalid-field",
        "not-found",
        "reporter-not-authorised",
    ],
    parameters=idempotent(),
)
def forget_meters(device: UUID) -> dict[str, Any]:
    """Say that no series is the device any more."""
    must_be_bare()
    idempotency_key()
    found = _reported(device)
    context().meters.replace(device=found, meters=())
    return _shown(found)


def _known(device: UUID) -> str:
    """Return the id of a device that is the caller's now, or on which it reports or supervises."""
    found: str = visible_device(device)["id"]
    who = caller()
    if not who.sees_all and who.organisation not in parties_now(context().storage, found):
        raise RefusalError("not-found", "no such device")
    return found


def _reported(device: UUID) -> str:
    """Return the id of a device on which the caller reports now; the issuing body may, too.

    A registrant on whom another reports could have a stranger's readings reported as its own.
    """
    found = _known(device)
    who = caller()
    if not who.sees_all and who.organisation != parties_now(context().storage, found)[1]:
        raise RefusalError("reporter-not-authorised", "another measurement body reports on it")
    return found


def _shown(device: str) -> dict[str, Any]:
    meters = context().meters.of(device=device)
    return {"meters": [{"layout": layout, "series": series} for layout, series in meters]}

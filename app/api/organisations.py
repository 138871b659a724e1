"""Organisations: who takes part, with the names that the caller may read."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from marshmallow import Schema, fields

from app.api.answers import (
    PageByIdQuerySchema,
    next_cursor,
    page,
    text,
    uuid,
)
from app.api.door import Door
from app.http.access import ANY_KEY, caller
from app.http.context import context
from app.registry.errors import RefusalError
from app.registry.organisations import ISSUING_BODY
from app.reporting.parties import find_organisation, list_organisations
from app.reporting.rows import Row
from app.services.applications import (
    ADMITTED,
    PENDING,
    Application,
)

door = Door("organisations", "Who takes part, and how to join.")


class OrganisationSchema(Schema):
    """An organisation or applicant; its record is shown to itself and the issuing body."""

    id = uuid("The organisation's id.")
    state = text("pending, admitted or rejected.")
    roles = fields.List(
        fields.String(), required=True, metadata={"description": "What it is or wants to be."}
    )
    country = text("Where it is registered.")
    commitment = text("Commitment to its record, hexadecimal.")
    record = fields.Dict(
        required=True, allow_none=True, metadata={"description": "Its names, where visible."}
    )
    reason = text("Why it was rejected.", is_null=True)


class OrganisationsSchema(Schema):
    """A page of organisations, by id."""

    organisations = fields.List(fields.Nested(OrganisationSchema), required=True)
    next = next_cursor()


@door.view("/organisations", may=[ANY_KEY], answer=OrganisationsSchema, query=PageByIdQuerySchema)
def show_organisations(*, limit: int, cursor: str | None = None) -> dict[str, Any]:
    """List admitted organisations: the caller's own, or all for auditors and the issuing body."""
    rows = list_organisations(
        context().storage, viewer=caller().viewer, cursor=cursor, limit=limit + 1
    )
    return page("organisations", _admitted(rows), limit=limit, key="id")


@door.view(
    "/organisations/<uuid:organisation>",
    may=[ANY_KEY],
    answer=OrganisationSchema,
    refuses=["not-found"],
)
def show_organisation(organisation: UUID) -> dict[str, Any]:
    """Show an organisation or application."""
    who = caller()
    asked = str(organisation)
    if asked == who.organisation or who.sees_all:
        admitted = find_organisation(context().storage, asked)
        if admitted is not None:
            return _admitted([admitted])[0]
        application = context().onboarding.find(asked)
        if application is not None and (asked == who.organisation or ISSUING_BODY in who.roles):
            return applied([application])[0]
    raise RefusalError("not-found", "no such organisation")


def _visible_records(commitments: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """Return the names of organisations that the caller may read, given their commitments."""
    who = caller()
    is_theirs = ISSUING_BODY in who.roles
    visible = [
        commitment
        for organisation, commitment in commitments.items()
        if is_theirs or organisation == who.organisation
    ]
    return context().onboarding.records_of(visible) if visible else {}


def _admitted(rows: Sequence[Row]) -> list[dict[str, Any]]:
    records = _visible_records({row["id"]: row["record"] for row in rows})
    return [
        {
            "id": row["id"],
            "state": ADMITTED,
            "roles": row["roles"].split(),
            "country": row["country"],
            "commitment": row["record"],
            "record": records.get(row["record"]),
            "reason": None,
        }
        for row in rows
    ]


def applied(applications: Sequence[Application]) -> list[dict[str, Any]]:
    """Show applications; one is admitted only once the log says so."""
    records = _visible_records({item.organisation: item.record for item in applications})
    return [
        {
            "id": item.organisation,
            "state": PENDING if item.state == ADMITTED else item.state,
            "roles": list(item.roles),
            "country": item.country,
            "commitment": item.record,
            "record": records.get(item.record),
            "reason": item.reason,
        }
        for item in applications
    ]

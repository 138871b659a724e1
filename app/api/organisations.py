"""Organisations: who takes part, with the names that the caller may read."""

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
    return page("organisations", [_admitted(row) for row in rows], limit=limit, key="id")


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
            return _admitted(admitted)
        application = context().onboarding.find(asked)
        if application is not None and (asked == who.organisation or ISSUING_BODY in who.roles):
            return applied(application)
    raise RefusalError("not-found", "no such organisation")


def _record(organisation: str, commitment: str) -> dict[str, Any] | None:
    """Return the names of an organisation, where the caller may read them."""
    who = caller()
    if organisation != who.organisation and ISSUING_BODY not in who.roles:
        return None
    return context().onboarding.record_of(commitment)


def _admitted(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "state": ADMITTED,
        "roles": row["roles"].split(),
        "country": row["country"],
        "commitment": row["record"],
        "record": _record(row["id"], row["record"]),
        "reason": None,
    }


def applied(application: Application) -> dict[str, Any]:
    """Show an application; it is admitted only once the log says so."""
    is_admitted = application.state == ADMITTED
    return {
        "id": application.organisation,
        "state": PENDING if is_admitted else application.state,
        "roles": list(application.roles),
        "country": application.country,
        "commitment": application.record,
        "record": _record(application.organisation, application.record),
        "reason": application.reason,
    }

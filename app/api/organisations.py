"""Organisations: who takes part, with the names that the caller may read."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from marshmallow import Schema, fields

from app.api.answers import (
    OperationLinkSchema,
    PageByIdQuerySchema,
    instant,
    leaf_of,
    link_of,
    moment,
    next_cursor,
    page,
    text,
    uuid,
)
from app.api.door import Door
from app.api.recording import recording
from app.api.records import RecordSchema, recorded
from app.api.verbs import Asking, Verb, table
from app.http.access import ANY_KEY, caller
from app.http.context import context
from app.registry.errors import RefusalError
from app.registry.fields import Flag, Id, Instant, Slug
from app.registry.operations.organisation_review import OrganisationReview
from app.registry.organisations import FOR_EVER, ISSUING_BODY
from app.reporting.parties import find_organisation, list_organisations
from app.reporting.rows import Row
from app.services.applications import (
    ADMITTED,
    PENDING,
    Application,
)
from app.services.record import Accepted, Asked

door = Door("organisations", "Who takes part, and how to join.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What a review found of an organisation; it states both anew."""

    organisation: Annotated[Id, "Who was reviewed."]
    kyc_until: Annotated[Instant, "Until when its identity counts as verified; the past ends it."]
    suspended: Annotated[Flag, "Whether it may do nothing for now."]
    reason: Annotated[Slug, "Why, as a word."]


def _review(asking: Asking, body: Review) -> Asked:
    return Asked(
        OrganisationReview(
            **asking.common,
            organisation=body.organisation,
            kyc_until=body.kyc_until,
            suspended=body.suspended,
            reason=body.reason,
        )
    )


REVIEW = Verb(name="organisation.review", may=(ISSUING_BODY,), body=Review, make=_review)
VERBS = table(REVIEW)


class OrganisationSchema(RecordSchema):
    """An organisation or applicant; its record is shown to itself and the issuing body."""

    id = uuid("The organisation's id.")
    state = text("pending, admitted or rejected.")
    roles = fields.List(
        fields.String(), required=True, metadata={"description": "What it is or wants to be."}
    )
    country = text("Where it is registered.")
    reason = text("Why it was rejected.", is_null=True)
    kyc_until = instant(
        "Until when its identity counts as verified (R30); null for who is not admitted, and for "
        "operator and issuing body.",
        is_null=True,
    )
    suspended = fields.Boolean(
        required=True, metadata={"description": "Whether the issuing body has suspended it."}
    )


class OrganisationsSchema(Schema):
    """A page of organisations, by id."""

    organisations = fields.List(fields.Nested(OrganisationSchema), required=True)
    next = next_cursor()


class ReviewedSchema(Schema):
    """An organisation as it was reviewed."""

    id = uuid("The organisation's id.")
    kyc_until = moment("Until when its identity counts as verified.")
    suspended = fields.Boolean(required=True, metadata={"description": "Whether it may not act."})
    reason = text("Why.")
    operation = fields.Nested(OperationLinkSchema, required=True)


def _reviewed(accepted: Accepted) -> dict[str, Any]:
    leaf = leaf_of(accepted.leaf)
    asked = leaf["operation"]
    return {
        "id": asked["organisation"],
        "kyc_until": asked["kyc_until"],
        "suspended": asked["suspended"],
        "reason": asked["reason"],
        "operation": link_of(accepted, leaf),
    }


recording(
    door,
    "/organisations/<uuid:organisation>/review",
    name="review_organisation",
    about="State until when an organisation's identity counts as verified, and suspend it or not.",
    verb=REVIEW,
    answer=ReviewedSchema,
    show=_reviewed,
    location="/v1/organisations/{id}",
    status=HTTPStatus.OK,
    within=("organisation",),
    refuses=["invalid-timestamp", "personal-data-not-allowed", "separation-of-duties"],
)


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


def _admitted(rows: Sequence[Row]) -> list[dict[str, Any]]:
    records = recorded((row["id"], row["record"]) for row in rows)
    return [
        {
            "id": row["id"],
            "state": ADMITTED,
            "roles": row["roles"].split(),
            "country": row["country"],
            "reason": None,
            "kyc_until": None if row["kyc_until"] == FOR_EVER else row["kyc_until"],
            "suspended": row["is_suspended"],
            **records[row["record"]],
        }
        for row in rows
    ]


def applied(applications: Sequence[Application]) -> list[dict[str, Any]]:
    """Show applications; one is admitted only once the log says so."""
    records = recorded((item.organisation, item.record) for item in applications)
    return [
        {
            "id": item.organisation,
            "state": PENDING if item.state == ADMITTED else item.state,
            "roles": list(item.roles),
            "country": item.country,
            "reason": item.reason,
            "kyc_until": None,
            "suspended": False,
            **records[item.record],
        }
        for item in applications
    ]

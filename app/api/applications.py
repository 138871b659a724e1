"""Applications: organisations ask to take part, and the issuing body decides."""

from dataclasses import dataclass
from hashlib import sha256
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from flask import g
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from app.api.answers import (
    RECORDED_HEADERS,
    OperationLinkSchema,
    PageByIdQuerySchema,
    instant,
    leaf_of,
    link_of,
    page,
    recorded_headers,
    text,
    uuid,
)
from app.api.door import BODIES, WRITES, Door, idempotent
from app.api.members import body_schema
from app.api.organisations import OrganisationsSchema, applied
from app.api.recording import must_be_bare
from app.api.verbs import asking, record_one
from app.http.access import PUBLIC
from app.http.context import context
from app.http.idempotency import REPLAYED, idempotency_key, operation_id
from app.ledger.encoding import encode_document
from app.registry import fields as kinds
from app.registry.errors import RefusalError
from app.registry.fields import Country, Slug, listed
from app.registry.names import NAME
from app.registry.organisations import ADMITTED_ROLES, ISSUING_BODY
from app.services.applications import (
    ADMITTED,
    PENDING,
    REJECTED,
    STATES,
    admit_operation,
)
from app.services.credentials import ADMINISTER, WRITE

door = Door("applications", "How to take part.")

_ROLE = kinds.text("|".join(ADMITTED_ROLES))


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApplication:
    """An organisation that wants to take part; its names are kept sealed beside the log."""

    name: Annotated[str, NAME, "Its registered name."]
    country: Annotated[Country, "Where it is registered."]
    roles: Annotated[
        tuple[str, ...],
        listed(_ROLE, most=len(ADMITTED_ROLES)),
        "What it wants to be: generator, buyer; or auditor alone (R60).",
    ]
    registration_number: Annotated[str, NAME, "Its number in the commercial register."] | None = (
        None
    )
    contact: Annotated[str, NAME, "How to reach it."] | None = None

    @property
    def record(self) -> dict[str, str]:
        """What the vault keeps."""
        described = {
            "name": self.name,
            "registration_number": self.registration_number,
            "contact": self.contact,
        }
        return {name: value for name, value in described.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why an applicant is not admitted."""

    reason: Annotated[Slug, "Why, as a word."]


class AppliedSchema(Schema):
    """An application, with the applicant's first key."""

    id = uuid("The organisation's id.")
    state = text("pending; asked again, what was decided.")
    key = text("The first API key, shown this once; null when asked again.", is_null=True)


class AdmittedSchema(Schema):
    """An organisation that was admitted."""

    id = uuid("The organisation's id.")
    state = text("admitted.")
    operation = fields.Nested(OperationLinkSchema, required=True)


class RejectedSchema(Schema):
    """An applicant that was rejected."""

    id = uuid("The organisation's id.")
    state = text("rejected.")
    decided_at = instant("When it was decided.")
    reason = text("Why.")


class ApplicationsQuerySchema(PageByIdQuerySchema):
    """Which applications."""

    state = fields.String(validate=OneOf(STATES), metadata={"description": "Where it stands."})


@door.view(
    "/organisations",
    may=[PUBLIC],
    answer=AppliedSchema,
    body=body_schema(NewApplication),
    method="POST",
    status=HTTPStatus.CREATED,
    refuses=[
        *WRITES,
        *BODIES,
        "invalid-field",
        "invalid-text",
        "invalid-country",
        "separation-of-duties",
    ],
    headers=RECORDED_HEADERS,
    parameters=idempotent(),
)
def apply(members: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Apply to take part. The key is shown this once; it works, without a role, at once."""
    asked = NewApplication(**members)
    organisation = _applicant(idempotency_key(), asked)
    opened = context()
    application, is_new = opened.onboarding.apply(
        organisation=organisation, roles=asked.roles, country=asked.country, record=asked.record
    )
    first_key = _first_key(organisation) if application.state == PENDING else None
    shown = {"id": organisation, "state": application.state, "key": first_key}
    headers = {"Location": f"/v1/organisations/{application.organisation}"}
    replayed = {} if is_new else {REPLAYED: "true"}
    return shown, HTTPStatus.CREATED, headers | replayed


@door.view(
    "/organisations/<uuid:organisation>/admit",
    may=[ISSUING_BODY],
    scope=WRITE,
    answer=AdmittedSchema,
    method="POST",
    refuses=[
        *WRITES,
        *BODIES,
        "invalid-field",
        "not-found",
        "request-already-decided",
        "separation-of-duties",
        "id-in-use",
    ],
    headers=RECORDED_HEADERS,
    parameters=idempotent(),
)
def admit(organisation: UUID) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Admit an applicant: from then on its key has its roles."""
    must_be_bare()
    asks = asking(idempotency_key())
    g.asked = asks.id, "organisation.admit"
    application = context().onboarding.decide(str(organisation), state=ADMITTED, reason=None)
    asked = admit_operation(application, id=asks.id, origin=asks.origin, by=asks.organisation)
    accepted = record_one(asked)
    admitted = leaf_of(accepted.leaf)["operation"]["organisation"]
    shown = {"id": admitted, "state": ADMITTED, "operation": link_of(accepted)}
    return shown, HTTPStatus.OK, recorded_headers(accepted, f"/v1/organisations/{admitted}")


@door.view(
    "/organisations/<uuid:organisation>/reject",
    may=[ISSUING_BODY],
    scope=WRITE,
    answer=RejectedSchema,
    body=body_schema(Refusal),
    method="POST",
    refuses=[*WRITES, *BODIES, "invalid-field", "not-found", "request-already-decided"],
    parameters=idempotent(),
)
def reject(members: dict[str, Any], organisation: UUID) -> dict[str, Any]:
    """Reject an applicant; nothing of it stands on the log."""
    idempotency_key()
    application = context().onboarding.decide(
        str(organisation), state=REJECTED, reason=Refusal(**members).reason
    )
    return {
        "id": application.organisation,
        "state": REJECTED,
        "decided_at": application.decided_at,
        "reason": application.reason,
    }


@door.view(
    "/applications",
    may=[ISSUING_BODY],
    answer=OrganisationsSchema,
    query=ApplicationsQuerySchema,
)
def show_applications(
    *, limit: int, cursor: str | None = None, state: str | None = None
) -> dict[str, Any]:
    """List applications, those in a state alone where one is named."""
    rows = context().onboarding.list(state=state, after=cursor, limit=limit + 1)
    return page("organisations", applied(rows), limit=limit, key="id")


def _applicant(key: str, asked: NewApplication) -> str:
    """Return the id of an applicant: strangers who choose the same key do not meet."""
    content = {**asked.record, "country": asked.country, "roles": list(asked.roles)}
    digest = sha256(encode_document(content)).hexdigest()
    return operation_id(context().issuing_body, f"application/{key}/{digest}")


def _first_key(organisation: str) -> str | None:
    """Return the applicant's first key, unless it was shown before."""
    prefix = sha256(f"first key of {organisation}".encode()).hexdigest()[:16]
    try:
        return context().keys.issue(
            organisation=organisation, scope=ADMINISTER, label="first key", prefix=prefix
        )
    except RefusalError as refusal:
        if refusal.code != "id-in-use":
            raise
        return None

"""Applications: organisations ask to take part, and the issuing body decides."""

from hashlib import sha256
from http import HTTPStatus
from typing import Any
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
    moment,
    page,
    recorded_headers,
    text,
    uuid,
)
from app.api.door import BODIES, WRITES, Door, idempotent
from app.api.joining import Admission, NewApplication, Refusal
from app.api.members import body_schema
from app.api.organisations import OrganisationsSchema, applied
from app.api.verbs import asking, record_one
from app.http.access import PUBLIC
from app.http.context import context
from app.http.idempotency import REPLAYED, idempotency_key
from app.registry.errors import RefusalError
from app.registry.organisations import ISSUING_BODY
from app.services.applications import (
    ADMITTED,
    PENDING,
    REJECTED,
    STATES,
    admit_operation,
)
from app.services.credentials import ADMINISTER, WRITE

door = Door("applications", "How to take part.")

_ADMISSION = body_schema(Admission)
_ADMISSION.is_optional = True


class AppliedSchema(Schema):
    """An application, with the applicant's first key."""

    id = uuid("The organisation's id.")
    state = text("pending; asked again, what was decided.")
    key = text("The first API key, shown this once; null when asked again.", is_null=True)


class AdmittedSchema(Schema):
    """An organisation that was admitted."""

    id = uuid("The organisation's id.")
    state = text("admitted.")
    kyc_until = moment("Until when its identity counts as verified.")
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
        "invalid-lei",
        "invalid-gln",
        "invalid-eic",
        "invalid-vat-number",
        "separation-of-duties",
        "organisation-exists",
    ],
    headers=RECORDED_HEADERS,
    parameters=idempotent(),
)
def apply(members: dict[str, Any]) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Apply to take part. The key is shown this once; it works, without a role, at once."""
    asked = NewApplication(**members)
    asked.check()
    key = idempotency_key()
    application, is_new = context().onboarding.apply(
        key=key, roles=asked.roles, country=asked.country, record=asked.record
    )
    organisation = application.organisation
    first_key = _first_key(organisation) if application.state == PENDING else None
    shown = {"id": organisation, "state": application.state, "key": first_key}
    headers = {"Location": f"/v1/organisations/{organisation}"}
    replayed = {} if is_new else {REPLAYED: "true"}
    return shown, HTTPStatus.CREATED, headers | replayed


@door.view(
    "/organisations/<uuid:organisation>/admit",
    may=[ISSUING_BODY],
    scope=WRITE,
    answer=AdmittedSchema,
    body=_ADMISSION,
    method="POST",
    refuses=[
        *WRITES,
        *BODIES,
        "invalid-field",
        "invalid-timestamp",
        "invalid-interval",
        "not-found",
        "request-already-decided",
        "organisation-exists",
        "separation-of-duties",
        "id-in-use",
    ],
    headers=RECORDED_HEADERS,
    parameters=idempotent(),
)
def admit(
    members: dict[str, Any], organisation: UUID
) -> tuple[dict[str, Any], int, dict[str, str]]:
    """Admit an applicant: from then on its key has its roles."""
    asks = asking(idempotency_key())
    g.asked = asks.id, "organisation.admit"
    onboarding, admission = context().onboarding, Admission(**members)
    kyc_until = admission.until(onboarding.must_find(str(organisation)))
    application = onboarding.decide(str(organisation), state=ADMITTED, reason=None)
    accepted = record_one(
        admit_operation(
            application,
            id=asks.id,
            origin=asks.origin,
            by=asks.organisation,
            person=asks.person,
            kyc_until=kyc_until,
        )
    )
    leaf = leaf_of(accepted.leaf)
    admitted = leaf["operation"]["organisation"]
    shown = {
        "id": admitted,
        "state": ADMITTED,
        "kyc_until": leaf["operation"]["kyc_until"],
        "operation": link_of(accepted, leaf),
    }
    return shown, HTTPStatus.OK, recorded_headers(accepted, f"/v1/organisations/{admitted}")


@door.view(
    "/organisations/<uuid:organisation>/reject",
    may=[ISSUING_BODY],
    scope=WRITE,
    answer=RejectedSchema,
    body=body_schema(Refusal),
    method="POST",
    refuses=[
        *WRITES,
        *BODIES,
        "invalid-field",
        "personal-data-not-allowed",
        "not-found",
        "request-already-decided",
    ],
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

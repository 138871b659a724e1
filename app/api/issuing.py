"""Issuing: previewed and requested by registrants, decided by the issuing body."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from marshmallow import Schema, fields

from app.api.answers import (
    OperationLinkSchema,
    instant,
    leaf_of,
    link_of,
    text,
    uuid,
    whole,
)
from app.api.door import BODIES, Door
from app.api.issuances import numbers
from app.api.members import body_schema
from app.api.recording import recording
from app.api.verbs import Asking, Verb, asking, table
from app.http.context import context
from app.registry.errors import RefusalError
from app.registry.fields import Flag, Id, Instant, Slug
from app.registry.issuances import DRAFT, ISSUED, SUBMITTED
from app.registry.operations.issue_approve import IssueApprove
from app.registry.operations.issue_reject import IssueReject
from app.registry.operations.issue_request import IssueRequest
from app.registry.operations.issue_withdraw import IssueWithdraw
from app.registry.organisations import GENERATOR, ISSUING_BODY
from app.reporting.devices import find_settings
from app.reporting.issuances import find_issuance
from app.reporting.rows import Row
from app.services.preview import preview_issuance
from app.services.record import Accepted, Asked

if TYPE_CHECKING:
    from collections.abc import Mapping

door = Door("issuing", "From metered energy to certificates.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIssuance:
    """A period of a device whose measured energy shall become certificates."""

    device: Annotated[Id, "The device, an own one."]
    account: Annotated[Id, "The account that receives them, an own one."]
    period_start: Annotated[Instant, "From: where a span starts."]
    period_end: Annotated[Instant, "Until: where a span ends."]
    late: Annotated[Slug, "Why it is asked for after the issue window."] | None = None
    draft: Annotated[Flag, "Whether it is only noted, to be submitted later."] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """The issuance that is decided on."""

    issuance: Annotated[Id, "The issuance."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why an issuance is not granted."""

    issuance: Annotated[Id, "The issuance."]
    reason: Annotated[Slug, "Why, as a word."]


def _request(asking: Asking, body: NewIssuance) -> Asked:
    return Asked(_requested(asking, body))


def _requested(asking: Asking, body: NewIssuance) -> IssueRequest:
    """Return the operation; a device of another registrant is not there."""
    if find_settings(context().storage, body.device, viewer=asking.organisation) is None:
        raise RefusalError("not-found", "no such device", pointer="/device")
    return IssueRequest(
        **asking.common,
        issuance=asking.id,
        device=body.device,
        account=body.account,
        period_start=body.period_start,
        period_end=body.period_end,
        late=body.late,
        draft=body.draft,
    )


def _approve(asking: Asking, body: Decision) -> Asked:
    return Asked(IssueApprove(**asking.common, issuance=body.issuance))


def _reject(asking: Asking, body: Rejection) -> Asked:
    return Asked(IssueReject(**asking.common, issuance=body.issuance, reason=body.reason))


def _withdraw(asking: Asking, body: Decision) -> Asked:
    """Return the operation; a request of another registrant is not there.

    One that nobody knows yet may be made by the same bulk request: the rules will know.
    """
    storage, named = context().storage, body.issuance
    is_own = find_issuance(storage, named, viewer=asking.organisation) is not None
    if not is_own and find_issuance(storage, named, viewer=None) is not None:
        raise RefusalError("not-found", "no such request", pointer="/issuance")
    return Asked(IssueWithdraw(**asking.common, issuance=body.issuance))


REQUEST = Verb(name="issue.request", may=(GENERATOR,), body=NewIssuance, make=_request)
APPROVE = Verb(name="issue.approve", may=(ISSUING_BODY,), body=Decision, make=_approve)
REJECT = Verb(name="issue.reject", may=(ISSUING_BODY,), body=Rejection, make=_reject)
WITHDRAW = Verb(name="issue.withdraw", may=(GENERATOR,), body=Decision, make=_withdraw)
VERBS = table(REQUEST, APPROVE, REJECT, WITHDRAW)


class PlanSchema(Schema):
    """What a request would give now; nothing is written."""

    energy_wh = whole("Measured energy of the period, Wh.")
    carried_in_wh = whole("Energy carried from earlier issuances, Wh.")
    carried_out_wh = whole("Energy that would be carried on, Wh.")
    face_value_wh = whole("Energy of one certificate, Wh.")
    quantity = whole("Certificates.")
    transfer_until = instant("Until when they could be transferred.")
    retire_until = instant("Until when they could be retired.")
    is_automatic = fields.Boolean(
        required=True, metadata={"description": "Whether a request would be issued at once."}
    )


class RequestedSchema(Schema):
    """A request as it was recorded, with what was issued at once."""

    id = uuid("The issuance's id.")
    state = text("draft, submitted or issued.")
    quantity = whole("Certificates issued.", is_null=True)
    number_first = text("Number of the first certificate.", is_null=True)
    number_last = text("Number of the last certificate.", is_null=True)
    operation = fields.Nested(OperationLinkSchema, required=True)
    issue = fields.Nested(
        OperationLinkSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The operation that issued them."},
    )


class DecidedSchema(Schema):
    """A request that is not issued."""

    id = uuid("The issuance's id.")
    state = text("rejected or withdrawn.")
    operation = fields.Nested(OperationLinkSchema, required=True)


def _shown(accepted: Accepted) -> dict[str, Any]:
    """Show a request or approval with the issuance that followed from it."""
    asked = leaf_of(accepted.leaf)["operation"]
    issued: Mapping[str, Any] = {}
    for follow in accepted.follows[:1]:
        issued = leaf_of(follow.leaf)["operation"]
    return {
        "id": asked["issuance"],
        "state": ISSUED if issued else DRAFT if asked.get("draft") else SUBMITTED,
        **numbers(issued),
        "operation": link_of(accepted),
        "issue": link_of(accepted.follows[0]) if accepted.follows else None,
    }


def _closed(accepted: Accepted) -> dict[str, Any]:
    asked = leaf_of(accepted.leaf)["operation"]
    state = "rejected" if asked["type"] == REJECT.name else "withdrawn"
    return {"id": asked["issuance"], "state": state, "operation": link_of(accepted)}


PLANNING = (
    "invalid-field",
    "not-found",
    "recipient-not-mandated",
    "invalid-interval",
    "device-not-eligible",
    "registration-boundary",
    "future-production",
    "span-boundary",
    "measurement-incomplete",
    "double-issuance",
    "finding-open",
    "issue-window-closed",
    "below-face-value",
    "too-many-spans",
)


@door.view(
    "/issuances/preview",
    may=REQUEST.may,
    answer=PlanSchema,
    body=body_schema(NewIssuance),
    method="POST",
    refuses=[*BODIES, *PLANNING],
)
def preview(members: dict[str, Any]) -> Row:
    """Compute what a request would give now, or why it would be refused; nothing is written."""
    opened = context()
    operation = _requested(asking("preview"), NewIssuance(**members))
    return preview_issuance(opened.storage, operation, calendar=opened.calendar)


recording(
    door,
    "/issuances",
    name="request_issuance",
    about="Request certificates for a period; issued at once where the device is automatic.",
    verb=REQUEST,
    answer=RequestedSchema,
    show=_shown,
    location="/v1/issuances/{id}",
    refuses=PLANNING,
)
recording(
    door,
    "/issuances/<uuid:issuance>/approve",
    name="approve_issuance",
    about="Approve a request: its certificates are issued in the same block.",
    verb=APPROVE,
    answer=RequestedSchema,
    show=_shown,
    location="/v1/issuances/{id}",
    status=HTTPStatus.OK,
    within=("issuance",),
    refuses=["request-already-decided", *PLANNING],
)
for _verb, _name, _about in (
    (REJECT, "reject_issuance", "Reject a request; the period may be requested again."),
    (WITHDRAW, "withdraw_request", "Withdraw an own request before it is decided."),
):
    recording(
        door,
        f"/issuances/<uuid:issuance>/{_verb.name.partition('.')[2]}",
        name=_name,
        about=_about,
        verb=_verb,
        answer=DecidedSchema,
        show=_closed,
        location="/v1/issuances/{id}",
        status=HTTPStatus.OK,
        within=("issuance",),
        refuses=["request-already-decided"],
    )

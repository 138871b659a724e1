"""Issuing: requested by registrants, verified, and decided by the issuing body."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Annotated, Any

from marshmallow import Schema, fields

from app.api.answers import OperationLinkSchema, leaf_of, link_of, text, uuid, whole
from app.api.door import Door
from app.api.issuances import numbers
from app.api.recording import recording
from app.api.verbs import Asking, Verb, table
from app.http.context import context
from app.registry import fields as kinds
from app.registry.errors import RefusalError
from app.registry.fields import Flag, Id, Instant, Slug
from app.registry.issuances import DRAFT, ISSUED, REJECTED, SUBMITTED, WITHDRAWN
from app.registry.operations.issue_approve import IssueApprove
from app.registry.operations.issue_reject import IssueReject
from app.registry.operations.issue_request import IssueRequest
from app.registry.operations.issue_review import OUTCOMES, IssueReview
from app.registry.operations.issue_submit import IssueSubmit
from app.registry.operations.issue_withdraw import IssueWithdraw
from app.registry.organisations import GENERATOR, ISSUING_BODY, MEASUREMENT_BODY
from app.reporting.devices import find_settings
from app.reporting.issuances import find_issuance
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
class Review:
    """What somebody found who has looked at a request."""

    issuance: Annotated[Id, "The issuance."]
    outcome: Annotated[
        str, kinds.text("|".join(OUTCOMES)), "verified, or referred back to the registrant."
    ]
    reason: Annotated[Slug, "Why, as a word."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """Why an issuance is not granted."""

    issuance: Annotated[Id, "The issuance."]
    reason: Annotated[Slug, "Why, as a word."]


def requested(asking: Asking, body: NewIssuance) -> IssueRequest:
    """Return the operation; a device of another registrant is not there. Raises RefusalError."""
    if find_settings(context().storage, body.device, viewer=asking.organisation) is None:
        raise RefusalError("not-found", "no such device", pointer="/device")
    return request_of(asking, body)


def request_of(asking: Asking, body: NewIssuance) -> IssueRequest:
    """Return the operation, of a device that is known to be the caller's."""
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


def _request(asking: Asking, body: NewIssuance) -> Asked:
    return Asked(requested(asking, body))


def _submit(asking: Asking, body: Decision) -> Asked:
    _must_be_visible(asking, body.issuance)
    return Asked(IssueSubmit(**asking.common, issuance=body.issuance))


def _review(asking: Asking, body: Review) -> Asked:
    return Asked(
        IssueReview(
            **asking.common, issuance=body.issuance, outcome=body.outcome, reason=body.reason
        )
    )


def _approve(asking: Asking, body: Decision) -> Asked:
    return Asked(IssueApprove(**asking.common, issuance=body.issuance))


def _reject(asking: Asking, body: Rejection) -> Asked:
    return Asked(IssueReject(**asking.common, issuance=body.issuance, reason=body.reason))


def _withdraw(asking: Asking, body: Decision) -> Asked:
    _must_be_visible(asking, body.issuance)
    return Asked(IssueWithdraw(**asking.common, issuance=body.issuance))


def _must_be_visible(asking: Asking, issuance: str) -> None:
    """Refuse another registrant's request, which is not there.

    One that nobody knows yet may be made by the same bulk request: the rules will know.
    """
    storage = context().storage
    is_own = find_issuance(storage, issuance, viewer=asking.organisation) is not None
    if not is_own and find_issuance(storage, issuance, viewer=None) is not None:
        raise RefusalError("not-found", "no such request", pointer="/issuance")


_REVIEWERS = (ISSUING_BODY, MEASUREMENT_BODY)

REQUEST = Verb(name="issue.request", may=(GENERATOR,), body=NewIssuance, make=_request)
SUBMIT = Verb(name="issue.submit", may=(GENERATOR,), body=Decision, make=_submit)
REVIEW = Verb(name="issue.review", may=_REVIEWERS, body=Review, make=_review)
APPROVE = Verb(name="issue.approve", may=(ISSUING_BODY,), body=Decision, make=_approve)
REJECT = Verb(name="issue.reject", may=(ISSUING_BODY,), body=Rejection, make=_reject)
WITHDRAW = Verb(name="issue.withdraw", may=(GENERATOR,), body=Decision, make=_withdraw)
VERBS = table(REQUEST, SUBMIT, REVIEW, APPROVE, REJECT, WITHDRAW)


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
    """A request that is not issued, or not yet."""

    id = uuid("The issuance's id.")
    state = text("verified, referred, rejected or withdrawn.")
    operation = fields.Nested(OperationLinkSchema, required=True)


def shown(accepted: Accepted) -> dict[str, Any]:
    """Return a request or approval with the issuance that followed from it."""
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


def _decided(accepted: Accepted) -> dict[str, Any]:
    asked = leaf_of(accepted.leaf)["operation"]
    unreviewed = REJECTED if asked["type"] == REJECT.name else WITHDRAWN
    state = asked.get("outcome", unreviewed)
    return {"id": asked["issuance"], "state": state, "operation": link_of(accepted)}


PLANNING = (
    "invalid-field",
    "not-found",
    "kyc-not-valid",
    "organisation-suspended",
    "not-registrant",
    "recipient-not-mandated",
    "invalid-interval",
    "device-not-eligible",
    "registration-boundary",
    "source-not-eligible",
    "self-consumption-not-issued",
    "adjustment-outstanding",
    "future-production",
    "interval-granularity",
    "unknown-code",
    "span-boundary",
    "measurement-incomplete",
    "double-issuance",
    "finding-open",
    "quality-not-issuable",
    "issue-window-closed",
    "below-face-value",
    "too-many-spans",
)
_LOCATION = "/v1/issuances/{id}"

recording(
    door,
    "/issuances",
    name="request_issuance",
    about="Request certificates for a period; issued at once where the device is automatic.",
    verb=REQUEST,
    answer=RequestedSchema,
    show=shown,
    location=_LOCATION,
    refuses=PLANNING,
)
for _verb, _name, _about, _more in (
    (SUBMIT, "submit_request", "Submit a draft, or what was referred back or rejected.", ()),
    (
        APPROVE,
        "approve_issuance",
        "Approve a request: its certificates are issued in the same block.",
        ("separation-of-duties",),
    ),
):
    recording(
        door,
        f"/issuances/<uuid:issuance>/{_verb.name.partition('.')[2]}",
        name=_name,
        about=_about,
        verb=_verb,
        answer=RequestedSchema,
        show=shown,
        location=_LOCATION,
        status=HTTPStatus.OK,
        within=("issuance",),
        refuses=["request-already-decided", *_more, *PLANNING],
    )
for _verb, _name, _about in (
    (REVIEW, "review_request", "Verify a request, or refer it back (R8)."),
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
        show=_decided,
        location=_LOCATION,
        status=HTTPStatus.OK,
        within=("issuance",),
        refuses=["request-already-decided", "separation-of-duties", "not-registrant"],
    )

"""Transfers: at once where the receiver agrees beforehand, else offered and then decided."""

from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from marshmallow import Schema, fields

from app.api.accounts import HOLDERS
from app.api.answers import (
    HeldRangeSchema,
    OperationLinkSchema,
    PageByNumberQuerySchema,
    leaf_of,
    link_of,
    link_of_row,
    next_cursor,
    page,
    quantity_of,
    ranges_of,
    text,
    uuid,
    whole,
)
from app.api.door import Door
from app.api.recording import recording
from app.api.verbs import Asking, Verb, table
from app.http.access import ANY_KEY, caller
from app.http.context import context
from app.registry import fields as kinds
from app.registry.errors import RefusalError
from app.registry.fields import Id, Quantity
from app.registry.offers import ABORTED, ACCEPTED, RECALLED, REJECTED
from app.registry.operations.transfer import Transfer
from app.registry.operations.transfer_accept import TransferAccept
from app.registry.operations.transfer_close import TransferClose
from app.registry.operations.transfer_offer import TransferOffer
from app.registry.organisations import ISSUING_BODY
from app.registry.ranges import ITEMS, Range
from app.reporting.operations import find_transfer, list_transfers
from app.reporting.rows import Row
from app.services.record import Accepted, Asked

COMPLETED = "completed"

door = Door("transfers", "Certificates change their holder.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What goes from an account to another: named ranges, or a quantity of the oldest."""

    from_: Annotated[Id, "The account that gives, an own one."]
    to: Annotated[Id, "The account that receives."]
    items: Annotated[tuple[Range, ...], ITEMS, "Ranges of certificates; or `quantity`."] | None = (
        None
    )
    quantity: Annotated[Quantity, "How many of the oldest production; or `items`."] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferDecision:
    """The offer that is decided on."""

    transfer: Annotated[Id, "The offered transfer."]


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferClosing:
    """The offer that comes to nothing, and why."""

    transfer: Annotated[Id, "The offered transfer."]
    why: Annotated[
        str,
        kinds.text(f"{ABORTED}|{REJECTED}|{RECALLED}"),
        "rejected by the receiver, recalled by the sender, aborted by the issuing body.",
    ]


def _transfer(asking: Asking, body: Move) -> Asked:
    return Asked(
        Transfer(
            **asking.common,
            from_=body.from_,
            to=body.to,
            items=body.items,
            quantity=body.quantity,
        )
    )


def _offer(asking: Asking, body: Move) -> Asked:
    return Asked(
        TransferOffer(
            **asking.common,
            offer=asking.id,
            from_=body.from_,
            to=body.to,
            items=body.items,
            quantity=body.quantity,
        )
    )


def _accept(asking: Asking, body: OfferDecision) -> Asked:
    return Asked(TransferAccept(**asking.common, offer=body.transfer))


def _close(asking: Asking, body: OfferClosing) -> Asked:
    return Asked(TransferClose(**asking.common, offer=body.transfer, why=body.why))


TRANSFER = Verb(name="transfer", may=HOLDERS, body=Move, make=_transfer)
OFFER = Verb(name="transfer.offer", may=HOLDERS, body=Move, make=_offer)
ACCEPT = Verb(name="transfer.accept", may=HOLDERS, body=OfferDecision, make=_accept)
CLOSE = Verb(name="transfer.close", may=(*HOLDERS, ISSUING_BODY), body=OfferClosing, make=_close)
VERBS = table(TRANSFER, OFFER, ACCEPT, CLOSE)


class TransferSchema(Schema):
    """A transfer, with the ranges that it moves."""

    id = uuid("The transfer's id.")
    from_ = fields.String(
        attribute="from",
        data_key="from",
        required=True,
        metadata={"description": "The account that gives."},
    )
    to = uuid("The account that receives.")
    quantity = whole("Certificates.")
    items = fields.List(
        fields.Nested(HeldRangeSchema), required=True, metadata={"description": "Which ones."}
    )
    state = text("completed; or of an offer: open, accepted, rejected, recalled or aborted.")
    operation = fields.Nested(OperationLinkSchema, required=True)


class OfferDecisionSchema(Schema):
    """An offer as it was decided."""

    id = uuid("The offered transfer.")
    state = text("accepted, rejected, recalled or aborted.")
    quantity = whole("Certificates.")
    items = fields.List(
        fields.Nested(HeldRangeSchema), required=True, metadata={"description": "Which ones."}
    )
    operation = fields.Nested(OperationLinkSchema, required=True)


class TransfersSchema(Schema):
    """A page of transfers, in the order of the log."""

    transfers = fields.List(fields.Nested(TransferSchema), required=True)
    next = next_cursor()


def _recorded(accepted: Accepted) -> dict[str, Any]:
    leaf = leaf_of(accepted.leaf)
    is_offer = leaf["operation"]["type"] == OFFER.name
    return {**_moved(leaf, "open" if is_offer else COMPLETED), "operation": link_of(accepted, leaf)}


def _decided(accepted: Accepted) -> dict[str, Any]:
    leaf = leaf_of(accepted.leaf)
    asked = leaf["operation"]
    return {
        "id": asked["offer"],
        "state": asked.get("why", ACCEPTED),
        "quantity": quantity_of(leaf),
        "items": ranges_of(leaf),
        "operation": link_of(accepted, leaf),
    }


def _moved(leaf: dict[str, Any], state: str) -> dict[str, Any]:
    asked = leaf["operation"]
    return {
        "id": asked["id"],
        "from": asked["from"],
        "to": asked["to"],
        "quantity": quantity_of(leaf),
        "items": ranges_of(leaf),
        "state": state,
    }


TAKING = (
    "invalid-field",
    "invalid-quantity",
    "quantity-not-positive",
    "ambiguous-quantity",
    "invalid-number-range",
    "duplicate-item",
    "too-many-ranges",
    "operation-too-large",
    "not-found",
    "not-holder",
    "insufficient-balance",
    "already-retired",
    "bundle-locked",
    "invalid-state-transition",
)
_WINDOW = ("invalid-target-account", "transfer-window-closed")

recording(
    door,
    "/transfers",
    name="transfer",
    about="Transfer at once: between own accounts, or to one that has whitelisted the sender.",
    verb=TRANSFER,
    answer=TransferSchema,
    show=_recorded,
    is_exact=True,
    location="/v1/transfers/{id}",
    refuses=[*TAKING, *_WINDOW, "not-whitelisted"],
)
recording(
    door,
    "/transfers/offer",
    name="offer_transfer",
    about="Offer a transfer: the certificates wait until the receiver accepts or rejects.",
    verb=OFFER,
    answer=TransferSchema,
    show=_recorded,
    is_exact=True,
    location="/v1/transfers/{id}",
    refuses=[*TAKING, *_WINDOW],
)
recording(
    door,
    "/transfers/<uuid:transfer>/accept",
    name="accept_transfer",
    about="Accept an offer: exactly the offered ranges change their holder.",
    verb=ACCEPT,
    answer=OfferDecisionSchema,
    show=_decided,
    is_exact=True,
    location="/v1/transfers/{id}",
    status=HTTPStatus.OK,
    within=("transfer",),
    refuses=["offer-already-decided", "transfer-window-closed"],
)
for _path, _name, _about, _why, _may in (
    ("reject", "reject_transfer", "Reject an offer, as its receiver.", REJECTED, HOLDERS),
    ("recall", "recall_transfer", "Recall an offer, as its sender.", RECALLED, HOLDERS),
    ("abort", "abort_transfer", "Abort an offer, to withdraw.", ABORTED, (ISSUING_BODY,)),
):
    recording(
        door,
        f"/transfers/<uuid:transfer>/{_path}",
        name=_name,
        about=_about,
        verb=replace(CLOSE, may=_may),
        answer=OfferDecisionSchema,
        show=_decided,
        is_exact=True,
        location="/v1/transfers/{id}",
        status=HTTPStatus.OK,
        within=("transfer",),
        fixed={"why": _why},
        refuses=["offer-already-decided", "not-holder", "recipient-not-mandated"],
    )


@door.view("/transfers", may=[ANY_KEY], answer=TransfersSchema, query=PageByNumberQuerySchema)
def show_transfers(*, limit: int, cursor: int | None = None) -> dict[str, Any]:
    """List what own accounts gave and received; auditors and the issuing body see all."""
    rows = list_transfers(
        context().storage,
        viewer=caller().viewer,
        cursor=cursor,
        limit=limit + 1,
    )
    found = [{**_standing(row), "index": row["index"]} for row in rows]
    return page("transfers", found, limit=limit, key="index")


@door.view(
    "/transfers/<uuid:transfer>", may=[ANY_KEY], answer=TransferSchema, refuses=["not-found"]
)
def show_transfer(transfer: UUID) -> dict[str, Any]:
    """Show a transfer that was given, received or offered."""
    row = find_transfer(context().storage, str(transfer), viewer=caller().viewer)
    if row is None:
        raise RefusalError("not-found", "no such transfer")
    return _standing(row)


def _standing(row: Row) -> dict[str, Any]:
    moved = _moved(leaf_of(row["leaf"]), row["offer_state"] or COMPLETED)
    return {**moved, "operation": link_of_row(row)}

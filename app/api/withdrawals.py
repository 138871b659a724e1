"""Withdrawals: what was issued wrongly is taken back, or booked for the next readings to pay."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from marshmallow import Schema, fields

from app.api.answers import (
    HeldRangeSchema,
    OperationLinkSchema,
    PageByNumberQuerySchema,
    leaf_of,
    link_of,
    link_of_row,
    moment,
    next_cursor,
    page,
    text,
    uuid,
    whole,
)
from app.api.door import Door
from app.api.recording import recording
from app.api.verbs import Asking, Verb, table
from app.http.access import ANY_KEY, caller
from app.http.context import context
from app.registry.errors import RefusalError
from app.registry.fields import ID, EnergyWh, Flag, Id, Instant, Slug, listed
from app.registry.operations.measure_adjust import MeasureAdjust
from app.registry.operations.withdraw import Withdraw
from app.registry.organisations import ISSUING_BODY
from app.registry.ranges import ITEMS, RANGES_MAX, Range
from app.reporting.operations import find_operation, list_operations
from app.reporting.rows import Row
from app.services.record import Accepted, Asked

door = Door("withdrawals", "What was issued wrongly is put right by new records.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Adjustment:
    """What is right of an issued span, for the device's next readings to pay the difference."""

    adjustment: Annotated[Id, "Its id, which the endorsement has named."]
    device: Annotated[Id, "The device."]
    start: Annotated[Instant, "Start of the span."]
    energy_wh: Annotated[EnergyWh, "The span's right energy, Wh."]
    reason: Annotated[Slug, "Why, as a word."]
    endorsement: Annotated[Id, "A second person's word for it."]


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawal:
    """Certificates that should not have been issued."""

    withdrawal: Annotated[Id, "Its id, which the endorsements have named."]
    items: Annotated[tuple[Range, ...], ITEMS, "Ranges of certificates."]
    reason: Annotated[Slug, "Why, as a word."]
    case: Annotated[Slug, "The case, as a word."]
    compensates: Annotated[Flag, "Whether they pay what the device owes."]
    endorsement: Annotated[Id, "A second person's word for it."]
    consents: (
        Annotated[tuple[str, ...], listed(ID, most=RANGES_MAX), "The words of who holds them."]
        | None
    ) = None


def _adjust(asking: Asking, body: Adjustment) -> Asked:
    return Asked(
        MeasureAdjust(
            **asking.common,
            adjustment=body.adjustment,
            device=body.device,
            start=body.start,
            energy_wh=body.energy_wh,
            reason=body.reason,
            endorsement=body.endorsement,
        )
    )


def _withdraw(asking: Asking, body: Withdrawal) -> Asked:
    return Asked(
        Withdraw(
            **asking.common,
            withdrawal=body.withdrawal,
            items=body.items,
            reason=body.reason,
            case=body.case,
            compensates=body.compensates,
            endorsement=body.endorsement,
            consents=body.consents,
        )
    )


ADJUST = Verb(name="measure.adjust", may=(ISSUING_BODY,), body=Adjustment, make=_adjust)
WITHDRAW = Verb(name="withdraw", may=(ISSUING_BODY,), body=Withdrawal, make=_withdraw)
VERBS = table(ADJUST, WITHDRAW)


class AdjustmentSchema(Schema):
    """What was booked of an issued span."""

    id = uuid("The id of its operation.")
    adjustment = uuid("Its own id, which the endorsement names.")
    device = uuid("The device.")
    start = moment("Start of the span.")
    energy_wh = whole("The span's right energy, Wh.")
    reason = text("Why, as a word.")
    operation = fields.Nested(OperationLinkSchema, required=True)


class AdjustmentsSchema(Schema):
    """A page of adjustments, in the order of the log."""

    adjustments = fields.List(fields.Nested(AdjustmentSchema), required=True)
    next = next_cursor()


class WithdrawalSchema(Schema):
    """Certificates that were taken back."""

    id = uuid("The id of its operation.")
    withdrawal = uuid("Its own id, which the endorsements name.")
    items = fields.List(
        fields.Nested(HeldRangeSchema), required=True, metadata={"description": "Which ones."}
    )
    quantity = whole("Certificates.")
    reason = text("Why, as a word.")
    case = text("The case, as a word.")
    compensates = fields.Boolean(
        required=True, metadata={"description": "Whether they paid what the device owed."}
    )
    operation = fields.Nested(OperationLinkSchema, required=True)


class WithdrawalsSchema(Schema):
    """A page of withdrawals, in the order of the log."""

    withdrawals = fields.List(fields.Nested(WithdrawalSchema), required=True)
    next = next_cursor()


def _shown(asked: dict[str, Any], link: dict[str, Any]) -> dict[str, Any]:
    """Return an adjustment or withdrawal as its leaf tells it."""
    items = asked.get("items", ())
    quantity = sum(item["last"] - item["first"] + 1 for item in items)
    return {**asked, "quantity": quantity, "operation": link}


def _recorded(accepted: Accepted) -> dict[str, Any]:
    return _shown(leaf_of(accepted.leaf)["operation"], link_of(accepted))


recording(
    door,
    "/adjustments",
    name="adjust_measurements",
    about="Book what an issued span says too much; the device's next readings pay it (R36).",
    verb=ADJUST,
    answer=AdjustmentSchema,
    show=_recorded,
    location="/v1/adjustments/{id}",
    refuses=["separation-of-duties", "not-issued", "invalid-quantity"],
)
recording(
    door,
    "/withdrawals",
    name="withdraw_certificates",
    about="Withdraw certificates, with a second person's word and the holders' consent (R33, R34).",
    verb=WITHDRAW,
    answer=WithdrawalSchema,
    show=_recorded,
    location="/v1/withdrawals/{id}",
    refuses=[
        "withdrawal-not-authorised",
        "withdrawal-not-possible",
        "invalid-state-transition",
        "invalid-number-range",
        "duplicate-item",
        "too-many-ranges",
    ],
)


@door.view("/adjustments", may=[ANY_KEY], answer=AdjustmentsSchema, query=PageByNumberQuerySchema)
def show_adjustments(*, limit: int, cursor: int | None = None) -> dict[str, Any]:
    """List adjustments of own devices; auditors and the issuing body see all."""
    return page("adjustments", _rows(ADJUST, limit, cursor), limit=limit, key="index")


@door.view("/withdrawals", may=[ANY_KEY], answer=WithdrawalsSchema, query=PageByNumberQuerySchema)
def show_withdrawals(*, limit: int, cursor: int | None = None) -> dict[str, Any]:
    """List withdrawals from own accounts; auditors and the issuing body see all."""
    return page("withdrawals", _rows(WITHDRAW, limit, cursor), limit=limit, key="index")


@door.view(
    "/adjustments/<uuid:adjustment>",
    may=[ANY_KEY],
    answer=AdjustmentSchema,
    refuses=["not-found"],
)
def show_adjustment(adjustment: UUID) -> dict[str, Any]:
    """Show an adjustment."""
    return _found(ADJUST, adjustment)


@door.view(
    "/withdrawals/<uuid:withdrawal>",
    may=[ANY_KEY],
    answer=WithdrawalSchema,
    refuses=["not-found"],
)
def show_withdrawal(withdrawal: UUID) -> dict[str, Any]:
    """Show a withdrawal."""
    return _found(WITHDRAW, withdrawal)


def _rows(verb: Verb, limit: int, cursor: int | None) -> list[dict[str, Any]]:
    rows = list_operations(
        context().storage,
        viewer=caller().viewer,
        types=[verb.name],
        cursor=cursor,
        limit=limit + 1,
    )
    return [{**_of_row(row), "index": row["index"]} for row in rows]


def _found(verb: Verb, operation: UUID) -> dict[str, Any]:
    row = find_operation(context().storage, str(operation), viewer=caller().viewer)
    if row is None or row["type"] != verb.name:
        raise RefusalError("not-found", "nothing of that id")
    return _of_row(row)


def _of_row(row: Row) -> dict[str, Any]:
    return _shown(leaf_of(row["leaf"])["operation"], link_of_row(row))

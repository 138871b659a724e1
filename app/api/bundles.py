"""Bundles: ranges of certificates that accounts hold, found by what they are."""

from typing import Any
from uuid import UUID

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from app.api.answers import PageQuerySchema, instant, next_cursor, text, uuid, whole
from app.api.door import Door
from app.api.instant import Moment, as_id
from app.api.issuances import number_of
from app.http.access import ANY_KEY, Caller, caller
from app.http.context import context
from app.http.paging import Form, cursor_parts
from app.registry.ranges import ACTIVE, OFFERED, RETIRED
from app.reporting.bundles import (
    BundleFilter,
    accounts_from,
    bundles_of_accounts,
    bundles_of_issuances,
)
from app.reporting.parties import find_account
from app.reporting.rows import Row

STATES = (ACTIVE, OFFERED, RETIRED)

door = Door("bundles", "Ranges of certificates with one holder and one state.")


class BundlesQuerySchema(PageQuerySchema):
    """Which bundles."""

    cursor = fields.String(metadata={"description": "`next` of the page before; none to begin."})
    account = fields.UUID(metadata={"description": "Held by this account."})
    issuance = fields.UUID(metadata={"description": "Of this issuance."})
    state = fields.String(validate=OneOf(STATES), metadata={"description": "Where it stands."})
    device = fields.UUID(metadata={"description": "Produced by this device."})
    energy_source = Form(
        "[A-Z][A-Z0-9]{0,8}",
        metadata={"description": "Beginning of the energy source code, such as F0105."},
    )
    technology = Form("[A-Z][A-Z0-9]{1,8}", metadata={"description": "Technology code."})
    production_from = Moment(metadata={"description": "Produced at or after."})
    production_to = Moment(metadata={"description": "Produced before."})
    transferable_on = Moment(metadata={"description": "May still be transferred then."})


class BundleSchema(Schema):
    """Ordinals `first` to `last` of an issuance, and what was certified."""

    address = text("issuance:first-last.")
    issuance = uuid("The issuance.")
    first = whole("First ordinal, from 1.")
    last = whole("Last ordinal.")
    quantity = whole("Certificates.")
    number_first = text("Number of the first certificate.")
    number_last = text("Number of the last certificate.")
    account = uuid("The holder.")
    state = text("active, offered, retired.")
    offer = uuid("The offer under which it waits.", is_null=True)
    device = uuid("The device.")
    gsrn = text("The device's GSRN.")
    domain = text("Code of the domain.")
    energy_source = text("Energy source code.")
    technology = text("Technology code.")
    face_value_wh = whole("Energy of one certificate, Wh.")
    period_start = instant("Produced from.")
    period_end = instant("Produced until.")
    transfer_until = instant("Until when it may be transferred.")
    retire_until = instant("Until when it may be retired.")
    attributes = text("SHA-256 of the attribute document.")


class BundlesSchema(Schema):
    """A page of bundles."""

    bundles = fields.List(fields.Nested(BundleSchema), required=True)
    next = next_cursor()


@door.view("/bundles", may=[ANY_KEY], answer=BundlesSchema, query=BundlesQuerySchema)
def show_bundles(
    *,
    limit: int,
    cursor: str | None = None,
    account: UUID | None = None,
    issuance: UUID | None = None,
    device: UUID | None = None,
    **only: str | int,
) -> dict[str, Any]:
    """List bundles of own accounts by age, or of issuances by ordinal; supervisors see all."""
    wanted = BundleFilter(issuance=as_id(issuance), device=as_id(device), **only)  # type: ignore[arg-type]  # as the query's schema read them
    who = caller()
    if account is None and (issuance is not None or who.sees_all):
        return _by_issuance(who, wanted, cursor=cursor, limit=limit)
    return _by_account(who, as_id(account), wanted, cursor=cursor, limit=limit)


def _by_issuance(
    who: Caller, only: BundleFilter, *, cursor: str | None, limit: int
) -> dict[str, Any]:
    rows = bundles_of_issuances(
        context().storage,
        viewer=who.viewer,
        only=only,
        cursor=cursor_parts(cursor, (str, int)),
        limit=limit + 1,
    )
    return _page(rows, limit=limit, key=("issuance", "first"))


def _by_account(
    who: Caller, account: str | None, only: BundleFilter, *, cursor: str | None, limit: int
) -> dict[str, Any]:
    storage = context().storage
    reached = cursor_parts(cursor, (str, str, int, int, int))
    begins = reached[0] if reached else None
    if account is None:
        held_by = accounts_from(storage, organisation=who.organisation, cursor=begins)
    else:
        found = find_account(storage, account, viewer=who.viewer)
        held_by = [] if found is None else [account]
    is_within = reached is not None and held_by[:1] == [begins]
    rows = bundles_of_accounts(
        storage,
        held_by,
        only=only,
        cursor=reached[1:] if reached and is_within else None,
        limit=limit + 1,
    )
    return _page(
        rows, limit=limit, key=("account", "state", "period_start", "issued_index", "first")
    )


def _page(rows: list[Row], *, limit: int, key: tuple[str, ...]) -> dict[str, Any]:
    shown = [_shown(row) for row in rows[:limit]]
    last = rows[limit - 1] if len(rows) > limit else None
    following = None if last is None else ".".join(str(last[name]) for name in key)
    return {"bundles": shown, "next": following}


def _shown(row: Row) -> dict[str, Any]:
    return {
        **row,
        "address": f"{row['issuance']}:{row['first']}-{row['last']}",
        "number_first": number_of(row["number_first"], row["first"]),
        "number_last": number_of(row["number_first"], row["last"]),
    }

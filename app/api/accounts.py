"""Accounts: opened by their holders, with what they hold and whom they receive from at once."""

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from app.api.answers import (
    OperationLinkSchema,
    PageByIdQuerySchema,
    leaf_of,
    link_of,
    next_cursor,
    page,
    text,
    uuid,
    whole,
)
from app.api.door import Door
from app.api.instant import Instant, as_id
from app.api.recording import recording
from app.api.verbs import Asking, Verb, table
from app.http.access import ANY_KEY, caller
from app.http.context import context
from app.registry.errors import RefusalError
from app.registry.fields import Flag, Id
from app.registry.operations.account_open import AccountOpen
from app.registry.operations.account_whitelist import AccountWhitelist
from app.registry.organisations import BUYER, GENERATOR
from app.reporting.bundles import GROUPINGS, holdings
from app.reporting.parties import find_account, list_accounts, list_senders
from app.reporting.rows import Row
from app.services.credentials import ADMINISTER
from app.services.record import Accepted, Asked

HOLDERS = (BUYER, GENERATOR)

door = Door("accounts", "Accounts hold certificates.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAccount:
    """Nothing has to be said of a new account: it is the caller's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WhitelistEntry:
    """From which account an own account takes transfers at once (R27)."""

    account: Annotated[Id, "The receiving account, an own one."]
    sender: Annotated[Id, "The account from which transfers come."]
    allowed: Annotated[Flag, "Whether they enter at once."]


def _open(asking: Asking, _: NewAccount) -> Asked:
    return Asked(AccountOpen(**asking.common, account=asking.id, organisation=asking.organisation))


def _whitelist(asking: Asking, body: WhitelistEntry) -> Asked:
    return Asked(
        AccountWhitelist(
            **asking.common, account=body.account, sender=body.sender, allowed=body.allowed
        )
    )


OPEN = Verb(name="account.open", may=HOLDERS, scope=ADMINISTER, body=NewAccount, make=_open)
WHITELIST = Verb(
    name="account.whitelist",
    may=HOLDERS,
    scope=ADMINISTER,
    body=WhitelistEntry,
    make=_whitelist,
)
VERBS = table(OPEN, WHITELIST)


class AccountSchema(Schema):
    """An account."""

    id = uuid("The account's id.")
    organisation = uuid("Whose it is.")


class OpenedAccountSchema(AccountSchema):
    """An account as it was opened."""

    operation = fields.Nested(OperationLinkSchema, required=True)


class AccountsSchema(Schema):
    """A page of accounts, by id."""

    accounts = fields.List(fields.Nested(AccountSchema), required=True)
    next = next_cursor()


class AccountsQuerySchema(PageByIdQuerySchema):
    """Which accounts."""

    organisation = fields.UUID(metadata={"description": "Whose accounts; all visible by default."})


class HoldingsQuerySchema(Schema):
    """How holdings are grouped; always apart by state."""

    group = fields.String(
        load_default="state",
        validate=OneOf(tuple(GROUPINGS)),
        metadata={"description": "What is summed up apart."},
    )


class HoldingSchema(Schema):
    """A sum over bundles of one state; members of the grouping alone are given."""

    state = text("State of the certificates.")
    issuance = fields.String(metadata={"description": "The issuance."})
    device = fields.String(metadata={"description": "The device."})
    energy_source = fields.String(metadata={"description": "Energy source code."})
    technology = fields.String(metadata={"description": "Technology code."})
    period_start = Instant(metadata={"description": "Production from."})
    period_end = Instant(metadata={"description": "Production until."})
    quantity = whole("Certificates.")
    energy_wh = whole("Their face value in Wh.")
    bundles = whole("In how many bundles.")


class HoldingsSchema(Schema):
    """What an account holds, summed up."""

    account = uuid("The account.")
    group = text("How it is grouped.")
    holdings = fields.List(fields.Nested(HoldingSchema), required=True)


class SenderSchema(Schema):
    """An entry of a whitelist."""

    id = uuid("The sending account.")
    account = uuid("The receiving account.")
    allowed = fields.Boolean(
        required=True, metadata={"description": "Whether its transfers enter at once."}
    )
    operation = fields.Nested(OperationLinkSchema, required=True)


class SendersSchema(Schema):
    """A page of the accounts from which transfers enter at once."""

    senders = fields.List(fields.String(metadata={"format": "uuid"}), required=True)
    next = next_cursor()


def _opened(accepted: Accepted) -> dict[str, Any]:
    asked = leaf_of(accepted.leaf)["operation"]
    return {
        "id": asked["account"],
        "organisation": asked["organisation"],
        "operation": link_of(accepted),
    }


def _listed(accepted: Accepted) -> dict[str, Any]:
    asked = leaf_of(accepted.leaf)["operation"]
    return {
        "id": asked["sender"],
        "account": asked["account"],
        "allowed": asked["allowed"],
        "operation": link_of(accepted),
    }


recording(
    door,
    "/accounts",
    name="open_account",
    about="Open an account of the caller's organisation.",
    verb=OPEN,
    answer=OpenedAccountSchema,
    show=_opened,
    location="/v1/accounts/{id}",
)


@door.view("/accounts", may=[ANY_KEY], answer=AccountsSchema, query=AccountsQuerySchema)
def show_accounts(
    *, limit: int, cursor: str | None = None, organisation: UUID | None = None
) -> dict[str, Any]:
    """List own accounts; auditors and the issuing body see all."""
    rows = list_accounts(
        context().storage,
        viewer=caller().viewer,
        organisation=as_id(organisation),
        cursor=cursor,
        limit=limit + 1,
    )
    return page("accounts", rows, limit=limit, key="id")


@door.view("/accounts/<uuid:account>", may=[ANY_KEY], answer=AccountSchema, refuses=["not-found"])
def show_account(account: UUID) -> Row:
    """Show an account."""
    return visible_account(account)


@door.view(
    "/accounts/<uuid:account>/holdings",
    may=[ANY_KEY],
    answer=HoldingsSchema,
    query=HoldingsQuerySchema,
    refuses=["not-found"],
)
def show_holdings(account: UUID, *, group: str) -> dict[str, Any]:
    """Sum up what an account holds; `/v1/bundles` lists it range by range."""
    found = visible_account(account)
    rows = holdings(context().storage, found["id"], grouping=group)
    return {"account": found["id"], "group": group, "holdings": rows}


@door.view(
    "/accounts/<uuid:account>/whitelist",
    may=[ANY_KEY],
    answer=SendersSchema,
    query=PageByIdQuerySchema,
    refuses=["not-found"],
)
def show_whitelist(account: UUID, *, limit: int, cursor: str | None = None) -> dict[str, Any]:
    """List from whom an account receives at once."""
    found = visible_account(account)
    rows = list_senders(context().storage, found["id"], cursor=cursor, limit=limit + 1)
    shown = page("senders", rows, limit=limit, key="sender")
    return {**shown, "senders": [row["sender"] for row in shown["senders"]]}


for _method, _name, _about, _allowed in (
    ("PUT", "whitelist_sender", "Let transfers of a sender enter at once (R27).", True),
    ("DELETE", "forget_sender", "Let transfers of a sender wait for acceptance again.", False),
):
    recording(
        door,
        "/accounts/<uuid:account>/whitelist/<uuid:sender>",
        name=_name,
        about=_about,
        verb=WHITELIST,
        answer=SenderSchema,
        show=_listed,
        location="/v1/accounts/{account}/whitelist",
        method=_method,
        status=HTTPStatus.OK,
        within=("account", "sender"),
        fixed={"allowed": _allowed},
        refuses=["not-holder", "invalid-target-account"],
    )


def visible_account(account: UUID) -> Row:
    """Return an account that the caller may see. Raises RefusalError not-found."""
    found = find_account(context().storage, str(account), viewer=caller().viewer)
    if found is None:
        raise RefusalError("not-found", "no such account")
    return found

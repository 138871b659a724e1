"""Retirements: end use of certificates for a beneficiary, whose name stays beside the log."""

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

from marshmallow import Schema, fields

from app.api.accounts import HOLDERS
from app.api.answers import (
    HeldRangeSchema,
    OperationLinkSchema,
    PageByIdQuerySchema,
    leaf_of,
    link_of,
    moment,
    next_cursor,
    operation_link,
    page,
    quantity_of,
    ranges_of,
    text,
    uuid,
    whole,
)
from app.api.door import Door
from app.api.instant import as_id
from app.api.recording import recording
from app.api.transfers import TAKING
from app.api.verbs import Asking, Verb, table
from app.http.access import ANY_KEY, caller
from app.http.context import context
from app.http.paging import Form
from app.registry import fields as kinds
from app.registry.errors import RefusalError
from app.registry.fields import Country, Id, Instant, Quantity, nested
from app.registry.names import NAME
from app.registry.operations.retire import USAGES, Retire
from app.registry.ranges import ITEMS, Range
from app.reporting.retirements import find_retirement, list_retirements
from app.reporting.rows import Row
from app.services.record import Accepted, Asked

door = Door("retirements", "End use of certificates.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Beneficiary:
    """Whose consumption is covered; kept sealed beside the log, which only commits to it."""

    name: Annotated[str, NAME, "Name of the beneficiary."]
    place: Annotated[str, NAME, "Where the energy is used."] | None = None
    reference: Annotated[str, NAME, "The beneficiary's own reference."] | None = None

    @property
    def record(self) -> dict[str, str]:
        """What the vault keeps."""
        described = {"name": self.name, "place": self.place, "reference": self.reference}
        return {name: value for name, value in described.items() if value is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRetirement:
    """What is retired, for whom, where and for which consumption (R42)."""

    account: Annotated[Id, "The account that holds it, an own one."]
    usage: Annotated[str, kinds.text("|".join(USAGES)), "What the retirement is for."]
    beneficiary: Annotated[Beneficiary, nested(Beneficiary), "Whose consumption is covered."]
    country: Annotated[Country, "Country of consumption."]
    period_start: Annotated[Instant, "Consumption from."]
    period_end: Annotated[Instant, "Consumption until: 24 months at most (R43)."]
    items: Annotated[tuple[Range, ...], ITEMS, "Ranges of certificates; or `quantity`."] | None = (
        None
    )
    quantity: Annotated[Quantity, "How many of the oldest production; or `items`."] | None = None


def _retire(asking: Asking, body: NewRetirement) -> Asked:
    commitment, attachments = asking.vault.commit(body.beneficiary.record)
    operation = Retire(
        **asking.common,
        retirement=asking.id,
        account=body.account,
        usage=body.usage,
        beneficiary=commitment,
        country=body.country,
        period_start=body.period_start,
        period_end=body.period_end,
        items=body.items,
        quantity=body.quantity,
    )
    return Asked(operation, attachments)


RETIRE = Verb(name="retire", may=HOLDERS, body=NewRetirement, make=_retire)
VERBS = table(RETIRE)


class RetirementSchema(Schema):
    """A retirement; it is final."""

    id = uuid("The retirement's id.")
    account = uuid("The account that held the certificates.")
    usage = text("What it is for.")
    beneficiary = text("Commitment to the beneficiary's record, hexadecimal.")
    country = text("Country of consumption.")
    period_start = moment("Consumption from.")
    period_end = moment("Consumption until.")
    quantity = whole("Certificates.")
    items = fields.List(
        fields.Nested(HeldRangeSchema), required=True, metadata={"description": "Which ones."}
    )
    operation = fields.Nested(OperationLinkSchema, required=True)


class RetirementsSchema(Schema):
    """A page of retirements, by id."""

    retirements = fields.List(fields.Nested(RetirementSchema), required=True)
    next = next_cursor()


class RetirementsQuerySchema(PageByIdQuerySchema):
    """Which retirements."""

    account = fields.UUID(metadata={"description": "The account that held the certificates."})
    beneficiary = Form(
        "[0-9a-f]{64}", metadata={"description": "Commitment to the beneficiary, hexadecimal."}
    )


def _recorded(accepted: Accepted) -> dict[str, Any]:
    leaf = leaf_of(accepted.leaf)
    return _shown(leaf, link_of(accepted, leaf))


recording(
    door,
    "/retirements",
    name="retire",
    about="Retire certificates for a beneficiary.",
    verb=RETIRE,
    answer=RetirementSchema,
    show=_recorded,
    is_exact=True,
    location="/v1/retirements/{id}",
    refuses=[
        *TAKING,
        "invalid-text",
        "invalid-country",
        "invalid-consumption-period",
        "certificate-expired",
    ],
)


@door.view("/retirements", may=[ANY_KEY], answer=RetirementsSchema, query=RetirementsQuerySchema)
def show_retirements(
    *,
    limit: int,
    cursor: str | None = None,
    account: UUID | None = None,
    beneficiary: str | None = None,
) -> dict[str, Any]:
    """List own retirements; auditors and the issuing body see all."""
    rows = list_retirements(
        context().storage,
        viewer=caller().viewer,
        account=as_id(account),
        beneficiary=beneficiary,
        cursor=cursor,
        limit=limit + 1,
    )
    return page("retirements", [_standing(row) for row in rows], limit=limit, key="id")


@door.view(
    "/retirements/<uuid:retirement>",
    may=[ANY_KEY],
    answer=RetirementSchema,
    refuses=["not-found"],
)
def show_retirement(retirement: UUID) -> dict[str, Any]:
    """Show a retirement."""
    row = find_retirement(context().storage, str(retirement), viewer=caller().viewer)
    if row is None:
        raise RefusalError("not-found", "no such retirement")
    return _standing(row)


def _standing(row: Row) -> dict[str, Any]:
    leaf = leaf_of(row["leaf"])
    asked = leaf["operation"]
    link = operation_link(
        id=asked["id"], type=asked["type"], index=row["index"], height=row["height"]
    )
    return _shown(leaf, link)


def _shown(leaf: dict[str, Any], link: dict[str, Any]) -> dict[str, Any]:
    asked = leaf["operation"]
    return {
        "id": asked["retirement"],
        "account": asked["account"],
        "usage": asked["usage"],
        "beneficiary": asked["beneficiary"],
        "country": asked["country"],
        "period_start": asked["period_start"],
        "period_end": asked["period_end"],
        "quantity": quantity_of(leaf),
        "items": ranges_of(leaf),
        "operation": link,
    }

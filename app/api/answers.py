"""Answers: what several resources show alike, and what an accepted operation says of itself."""

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
from marshmallow import Schema, fields

from app.api.instant import Instant
from app.http.idempotency import REPLAYED
from app.http.paging import ID, Form, Whole
from app.services.record import Accepted

LIMIT = 50
LIMIT_MAX = 200

RECORDED_HEADERS = {
    "Location": "Where the resource stands.",
    REPLAYED: "`true` where the answer of an earlier request is given again.",
}


def whole(description: str, *, is_null: bool = False) -> fields.Integer:
    """Return a whole number of an answer."""
    return fields.Integer(required=True, allow_none=is_null, metadata={"description": description})


def text(description: str, *, is_null: bool = False) -> fields.String:
    """Return a text of an answer."""
    return fields.String(required=True, allow_none=is_null, metadata={"description": description})


def uuid(description: str, *, is_null: bool = False) -> fields.String:
    """Return an id of an answer."""
    return fields.String(
        required=True,
        allow_none=is_null,
        metadata={"description": description, "format": "uuid"},
    )


def instant(description: str, *, is_null: bool = False) -> Instant:
    """Return a time of an answer."""
    return Instant(required=True, allow_none=is_null, metadata={"description": description})


def moment(description: str) -> fields.String:
    """Return a time of an answer that is written as the log has it."""
    return fields.String(
        required=True, metadata={"description": description, "format": "date-time"}
    )


class OperationLinkSchema(Schema):
    """The operation by which something was recorded, and where its proof is."""

    id = uuid("The operation's id.")
    type = text("The verb.")
    index = whole("Its leaf in the log.")
    height = whole("Its block.")
    block = text("Path of the block.")
    receipt = text("Path of the receipt, a C2SP tlog-proof under the sealed checkpoint.")


class HeldRangeSchema(Schema):
    """Certificates `first` to `last`, both included, of an issuance."""

    issuance = uuid("The issuance.")
    first = whole("First ordinal, from 1.")
    last = whole("Last ordinal.")


_CURSOR = {"description": "`next` of the page before; none to begin."}


class PageQuerySchema(Schema):
    """How long a page is."""

    limit = Whole(
        least=1, most=LIMIT_MAX, load_default=LIMIT, metadata={"description": "Rows in a page."}
    )


class PageByIdQuerySchema(PageQuerySchema):
    """Which page of a list in the order of ids."""

    cursor = Form(ID, metadata=_CURSOR)


class PageByNumberQuerySchema(PageQuerySchema):
    """Which page of a list in the order of numbers."""

    cursor = Whole(metadata=_CURSOR)


def next_cursor() -> fields.String:
    """Return the member that leads to the next page."""
    return text("Cursor of the next page; null where this is the last.", is_null=True)


def page(name: str, rows: Sequence[Mapping[str, Any]], *, limit: int, key: str) -> dict[str, Any]:
    """Return a page of rows, of which one more than its limit was fetched."""
    shown = list(rows[:limit])
    return {name: shown, "next": str(shown[-1][key]) if len(rows) > limit else None}


def operation_link(*, id: str, type: str, index: int, height: int) -> dict[str, Any]:
    """Return the members of OperationLinkSchema."""
    return {
        "id": id,
        "type": type,
        "index": index,
        "height": height,
        "block": f"/v1/blocks/{height}",
        "receipt": f"/v1/operations/{id}/receipt",
    }


def link_of(accepted: Accepted, leaf: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the link to an accepted operation, whose leaf may have been read already."""
    verb = (leaf or leaf_of(accepted.leaf))["operation"]["type"]
    return operation_link(
        id=accepted.id,
        type=verb,
        index=accepted.index,
        height=accepted.height,
    )


def link_of_row(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return the link to the operation of a leaf's row."""
    return operation_link(
        id=row["operation"], type=row["type"], index=row["index"], height=row["height"]
    )


def leaf_of(leaf: bytes) -> dict[str, Any]:
    """Return a leaf of our own log as a value."""
    found: dict[str, Any] = orjson.loads(leaf)
    return found


def recorded_headers(accepted: Accepted, location: str) -> dict[str, str]:
    """Return the headers of an answer to a write."""
    replayed = {REPLAYED: "true"} if accepted.is_repeated else {}
    return {"Location": location, **replayed}


def ranges_of(leaf: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the ranges that a leaf's change moves."""
    return [
        {name: row[name] for name in ("issuance", "first", "last")}
        for row in leaf.get("change", ())
    ]


def quantity_of(leaf: Mapping[str, Any]) -> int:
    """Return how many certificates a leaf's change moves."""
    return sum(row["last"] - row["first"] + 1 for row in leaf.get("change", ()))

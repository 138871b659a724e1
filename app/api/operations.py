"""Operations: what is on the log, for those it concerns, with receipts for everybody."""

from base64 import b64encode
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

from app.api.answers import (
    PageByNumberQuerySchema,
    instant,
    leaf_of,
    next_cursor,
    page,
    text,
    uuid,
    whole,
)
from app.api.door import Door
from app.http.access import ANY_KEY, PUBLIC, caller
from app.http.context import context
from app.http.paging import HEIGHT_MAX
from app.ledger.notes import Proof
from app.registry.errors import RefusalError
from app.registry.operations import OPERATIONS
from app.registry.organisations import OPERATOR
from app.reporting.blocks import find_block
from app.reporting.operations import find_operation, list_operations, locate_operation
from app.reporting.rows import Row
from app.services.prove import receipt

PROOF_TYPE = "text/plain"

door = Door("operations", "What is recorded, and the proof of it.")


class OperationSchema(Schema):
    """An operation as its leaf holds it."""

    id = uuid("The operation's id.")
    type = text("The verb.")
    by = uuid("The organisation on whose right it rests.")
    index = whole("Its leaf in the log.")
    height = whole("Its block.")
    time = instant("The block's time.")
    operation = fields.Dict(required=True, metadata={"description": "What was asked."})
    change = fields.List(
        fields.Dict(), required=True, metadata={"description": "Which certificates it moved."}
    )
    cause = uuid("The operation that brought this about.", is_null=True)
    receipt = text("Path of the receipt.")


class OperationsSchema(Schema):
    """A page of operations, in the order of the log."""

    operations = fields.List(fields.Nested(OperationSchema), required=True)
    next = next_cursor()


class OperationsQuerySchema(PageByNumberQuerySchema):
    """Which operations."""

    type = fields.String(
        validate=OneOf(tuple(OPERATIONS)), metadata={"description": "Of this verb alone."}
    )


class ProofSchema(Schema):
    """A C2SP tlog-proof."""


class ReceiptSchema(Schema):
    """A receipt with the leaf that it proves."""

    id = uuid("The operation.")
    index = whole("Its leaf in the log.")
    leaf = text("The leaf's exact bytes, base64; RFC 9162 hashes them behind a zero byte.")
    operation = fields.Dict(required=True, metadata={"description": "What was asked."})
    hashes = fields.List(
        fields.String(), required=True, metadata={"description": "The inclusion proof, base64."}
    )
    checkpoint = text("The block's sealed checkpoint, a C2SP signed note.")
    proof = text("All but the leaf as a C2SP tlog-proof.")


@door.view("/operations", may=[ANY_KEY], answer=OperationsSchema, query=OperationsQuerySchema)
def show_operations(
    *, limit: int, cursor: int | None = None, type: str | None = None
) -> dict[str, Any]:
    """List operations that concern the caller; supervisors and the operator see all."""
    return _list(limit=limit, cursor=cursor, type=type)


@door.view(
    f"/blocks/<int(max={HEIGHT_MAX}):height>/operations",
    may=[ANY_KEY],
    answer=OperationsSchema,
    query=OperationsQuerySchema,
    refuses=["not-found"],
)
def show_block_operations(
    height: int, *, limit: int, cursor: int | None = None, type: str | None = None
) -> dict[str, Any]:
    """List those operations of a block that concern the caller."""
    if find_block(context().storage, height) is None:
        raise RefusalError("not-found", "no block of that height")
    return _list(limit=limit, cursor=cursor, type=type, height=height)


@door.view(
    "/operations/<uuid:operation>",
    may=[ANY_KEY],
    answer=OperationSchema,
    refuses=["not-found"],
)
def show_operation(operation: UUID) -> dict[str, Any]:
    """Show an operation that concerns the caller."""
    return _shown(_find(operation))


@door.view(
    "/operations/<uuid:operation>/receipt",
    may=[PUBLIC],
    answer=ProofSchema,
    media_type=PROOF_TYPE,
    refuses=["not-found"],
)
def show_receipt(operation: UUID) -> Response:
    """Prove that an operation is in the sealed log: a C2SP tlog-proof, without what it says."""
    place = locate_operation(context().storage, str(operation))
    if place is None:
        raise RefusalError("not-found", "no such operation")
    return Response(str(_prove(*place)), mimetype=PROOF_TYPE)


@door.view(
    "/operations/<uuid:operation>/receipt.json",
    may=[ANY_KEY],
    answer=ReceiptSchema,
    refuses=["not-found"],
)
def show_receipt_with_leaf(operation: UUID) -> dict[str, Any]:
    """Prove an operation that concerns the caller, with the leaf itself."""
    row = _find(operation)
    proof = _prove(row["index"], row["height"])
    return {
        "id": row["operation"],
        "index": proof.index,
        "leaf": b64encode(row["leaf"]).decode(),
        "operation": leaf_of(row["leaf"])["operation"],
        "hashes": [b64encode(item).decode() for item in proof.hashes],
        "checkpoint": proof.checkpoint,
        "proof": str(proof),
    }


def _prove(index: int, height: int) -> Proof:
    with context().storage.log() as log:
        return receipt(log, index=index, height=height)


def _viewer() -> str | None:
    """Return whom the log is filtered for; the operator sees all of it, too."""
    who = caller()
    return None if OPERATOR in who.roles else who.viewer


def _list(
    *, limit: int, cursor: int | None, type: str | None, height: int | None = None
) -> dict[str, Any]:
    rows = list_operations(
        context().storage,
        viewer=_viewer(),
        types=[] if type is None else [type],
        height=height,
        cursor=cursor,
        limit=limit + 1,
    )
    return page("operations", [_shown(row) for row in rows], limit=limit, key="index")


def _find(operation: UUID) -> Row:
    row = find_operation(context().storage, str(operation), viewer=_viewer())
    if row is None:
        raise RefusalError("not-found", "no such operation")
    return row


def _shown(row: Row) -> dict[str, Any]:
    leaf = leaf_of(row["leaf"])
    return {
        "id": row["operation"],
        "type": row["type"],
        "by": row["by"],
        "index": row["index"],
        "height": row["height"],
        "time": row["time_ms"],
        "operation": leaf["operation"],
        "change": leaf.get("change", []),
        "cause": leaf.get("cause"),
        "receipt": f"/v1/operations/{row['operation']}/receipt",
    }

"""Blocks: headers and seals for everybody; the operations inside are not shown here."""

from typing import Any

from marshmallow import Schema, fields

from app.api.door import Door
from app.api.instant import Instant
from app.http.access import PUBLIC
from app.http.context import context
from app.http.paging import HEIGHT_MAX, Whole
from app.registry.errors import RefusalError
from app.reporting.blocks import SealedBlock, find_block, list_blocks

LIMIT = 50
LIMIT_MAX = 200

door = Door("blocks", "The chain of sealed blocks.")


class BlocksQuerySchema(Schema):
    """Which blocks."""

    cursor = Whole(metadata={"description": "`next` of the page before; none to begin."})
    limit = Whole(
        least=1, most=LIMIT_MAX, load_default=LIMIT, metadata={"description": "Blocks in a page."}
    )


class BlockSchema(Schema):
    """A block's header, its hash and its seal.

    Members of the header leaf alone are null where that leaf cannot be read any more;
    `/v1/integrity` then says why.
    """

    height = fields.Integer(required=True, metadata={"description": "Its place; genesis is 0."})
    hash = fields.String(
        required=True, metadata={"description": "SHA-256 of the header leaf, hexadecimal."}
    )
    origin = fields.String(
        required=True, allow_none=True, metadata={"description": "The log's name."}
    )
    previous = fields.String(
        required=True, allow_none=True, metadata={"description": "Hash of the block before."}
    )
    first = fields.Integer(
        required=True, metadata={"description": "Leaf index of its first operation."}
    )
    count = fields.Integer(required=True, metadata={"description": "How many operations."})
    size = fields.Integer(
        required=True, metadata={"description": "Leaves in the log with this block's header."}
    )
    operations_root = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Merkle root (RFC 9162) over its operation leaves, hexadecimal."},
    )
    authorities = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "SHA-256 of the authority set in force, hexadecimal."},
    )
    leader = fields.String(required=True, metadata={"description": "The authority that led."})
    time = Instant(required=True, metadata={"description": "When it was closed, UTC."})
    checkpoint = fields.String(
        required=True,
        metadata={"description": "The sealed checkpoint, a C2SP signed note with cosignatures."},
    )


class BlocksSchema(Schema):
    """A page of blocks, in order of height."""

    blocks = fields.List(fields.Nested(BlockSchema), required=True)
    next = fields.String(
        required=True,
        allow_none=True,
        metadata={"description": "Cursor of the next page; null where this one ends the chain."},
    )


@door.view("/blocks", may=[PUBLIC], answer=BlocksSchema, query=BlocksQuerySchema)
def show_blocks(*, limit: int, cursor: int = -1) -> dict[str, Any]:
    """List blocks in order of height."""
    found = list_blocks(context().storage, after=cursor, limit=limit + 1)
    page = [_plain(item) for item in found[:limit]]
    return {"blocks": page, "next": str(page[-1]["height"]) if len(found) > limit else None}


@door.view(
    f"/blocks/<int(max={HEIGHT_MAX}):height>",
    may=[PUBLIC],
    answer=BlockSchema,
    refuses=["not-found"],
)
def show_block(height: int) -> dict[str, Any]:
    """Show one block."""
    found = find_block(context().storage, height)
    if found is None:
        raise RefusalError("not-found", "no block of that height")
    return _plain(found)


def _plain(sealed: SealedBlock) -> dict[str, Any]:
    block, header = sealed.block, sealed.header
    return {
        "height": block.height,
        "hash": block.hash,
        "origin": header and header.origin,
        "previous": header and header.previous,
        "first": block.first,
        "count": block.count,
        "size": block.size,
        "operations_root": header and header.operations_root.hex(),
        "authorities": header and header.authorities,
        "leader": block.leader,
        "time": block.time_ms,
        "checkpoint": block.checkpoint,
    }

"""Blocks: the chain as its rows and headers tell it, without the operations inside."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, Select, select

from app.ledger.blocks import Block
from app.ledger.leaves import HeaderLeaf, LeafError, parse_leaf
from app.storage.storage import Storage
from app.storage.tables import blocks, leaves


@dataclass(frozen=True, slots=True)
class SealedBlock:
    """A block and its header; `header` is None where its leaf cannot be read any more."""

    block: Block
    header: HeaderLeaf | None


def list_blocks(storage: Storage, *, after: int, limit: int) -> list[SealedBlock]:
    """Return blocks in order of height, from the one after a height."""
    query = _query().where(blocks.c.height > after).order_by(blocks.c.height).limit(limit)
    with storage.reading() as connection:
        return [_sealed(row) for row in connection.execute(query)]


def find_block(storage: Storage, height: int) -> SealedBlock | None:
    """Return the block of a height."""
    with storage.reading() as connection:
        row = connection.execute(_query().where(blocks.c.height == height)).first()
    return None if row is None else _sealed(row)


def newest_block(storage: Storage) -> SealedBlock | None:
    """Return the newest block; None before genesis."""
    query = _query().order_by(blocks.c.height.desc()).limit(1)
    with storage.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else _sealed(row)


def _query() -> Select[Any]:
    """Select blocks, each with the leaf that closes it."""
    closes = leaves.c.index == blocks.c.first + blocks.c.count
    return select(*blocks.c, leaves.c.leaf).outerjoin(leaves, closes)


def _sealed(row: Row[Any]) -> SealedBlock:
    values: Any = row[:-1]
    leaf = row[-1]
    try:
        header = parse_leaf(leaf or b"")
    except LeafError:
        header = None
    return SealedBlock(Block(*values), header if isinstance(header, HeaderLeaf) else None)

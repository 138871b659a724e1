"""Operations: leaves of the log that a viewer may read: its own, or all of them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Select, select

from app.reporting.rows import Row, after, fetch, fetch_one
from app.storage.storage import Storage
from app.storage.tables import blocks, leaves, offers, parties

TRANSFERS = ("transfer", "transfer.offer")


def list_operations(
    storage: Storage,
    *,
    viewer: str | None,
    types: Sequence[str] = (),
    height: int | None = None,
    cursor: int | None,
    limit: int,
) -> list[Row]:
    """Return operations in the order of the log."""
    query = _operations(viewer).limit(limit)
    if types:
        query = query.where(leaves.c.type.in_(types))
    if height is not None:
        query = query.where(leaves.c.height == height, *_within(height))
    return fetch(storage, after(query, [leaves.c.index], None if cursor is None else [cursor]))


def find_operation(storage: Storage, operation: str, *, viewer: str | None) -> Row | None:
    """Return an operation that the viewer may read."""
    return fetch_one(storage, _operations(viewer).where(leaves.c.operation == operation))


def locate_operation(storage: Storage, operation: str) -> tuple[int, int] | None:
    """Return index and height of any operation, without what it says."""
    query = select(leaves.c.index, leaves.c.height).where(leaves.c.operation == operation)
    row = fetch_one(storage, query)
    return None if row is None else (row["index"], row["height"])


def list_transfers(
    storage: Storage, *, viewer: str | None, cursor: int | None, limit: int
) -> list[Row]:
    """Return transfers and offers in the order of the log, offers with their present state."""
    query = _transfers(viewer).where(leaves.c.type.in_(TRANSFERS)).limit(limit)
    return fetch(storage, after(query, [leaves.c.index], None if cursor is None else [cursor]))


def find_transfer(storage: Storage, transfer: str, *, viewer: str | None) -> Row | None:
    """Return a transfer or offer that the viewer may see."""
    query = _transfers(viewer).where(leaves.c.operation == transfer, leaves.c.type.in_(TRANSFERS))
    return fetch_one(storage, query)


def _operations(viewer: str | None) -> Select[Any]:
    query = select(leaves, blocks.c.time_ms).join(blocks, blocks.c.height == leaves.c.height)
    return _seen_by(viewer, query.where(leaves.c.operation.is_not(None)))


def _transfers(viewer: str | None) -> Select[Any]:
    query = select(leaves, offers.c.state.label("offer_state")).outerjoin(
        offers, offers.c.id == leaves.c.operation
    )
    return _seen_by(viewer, query)


def _seen_by(viewer: str | None, query: Select[Any]) -> Select[Any]:
    """Keep what concerns the viewer: the one tenant filter of the log."""
    if viewer is None:
        return query
    return query.join(parties, parties.c.index == leaves.c.index).where(
        parties.c.organisation == viewer
    )


def _within(height: int) -> list[Any]:
    """Bound the leaves of a block by its row, so that they are found by index."""
    first = select(blocks.c.first).where(blocks.c.height == height).scalar_subquery()
    count = select(blocks.c.count).where(blocks.c.height == height).scalar_subquery()
    return [leaves.c.index >= first, leaves.c.index < first + count]

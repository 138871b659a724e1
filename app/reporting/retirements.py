"""Retirements: end uses as they were recorded, with what the holder's vault knows of them."""

from typing import Any

from sqlalchemy import Select, select

from app.reporting.rows import Row, after, fetch, fetch_one
from app.storage.storage import Storage
from app.storage.tables import accounts, leaves, retirements


def list_retirements(
    storage: Storage,
    *,
    viewer: str | None,
    account: str | None,
    beneficiary: str | None,
    cursor: str | None,
    limit: int,
) -> list[Row]:
    """Return retirements by id, each with its leaf."""
    query = _retirements(viewer).limit(limit)
    if account is not None:
        query = query.where(retirements.c.account == account)
    if beneficiary is not None:
        query = query.where(retirements.c.beneficiary == beneficiary)
    return fetch(storage, after(query, [retirements.c.id], cursor and [cursor]))


def find_retirement(storage: Storage, retirement: str, *, viewer: str | None) -> Row | None:
    """Return a retirement that the viewer may see."""
    return fetch_one(storage, _retirements(viewer).where(retirements.c.id == retirement))


def _retirements(viewer: str | None) -> Select[Any]:
    query = select(retirements, leaves.c.leaf, leaves.c.height).join(
        leaves, leaves.c.index == retirements.c.index
    )
    if viewer is None:
        return query
    own = select(accounts.c.id).where(accounts.c.organisation == viewer)
    return query.where(retirements.c.account.in_(own))

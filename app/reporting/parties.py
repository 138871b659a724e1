"""Parties: organisations, their accounts, and whom the accounts receive from at once."""

from typing import Any

from sqlalchemy import Select, select

from app.reporting.rows import Row, after, fetch, fetch_one
from app.storage.storage import Storage
from app.storage.tables import accounts, organisations, senders


def list_organisations(
    storage: Storage, *, viewer: str | None, cursor: str | None, limit: int
) -> list[Row]:
    """Return admitted organisations by id: all of them, or the viewer alone."""
    query = select(organisations).limit(limit)
    if viewer is not None:
        query = query.where(organisations.c.id == viewer)
    return fetch(storage, after(query, [organisations.c.id], cursor and [cursor]))


def find_organisation(storage: Storage, organisation: str) -> Row | None:
    """Return an admitted organisation."""
    return fetch_one(storage, select(organisations).where(organisations.c.id == organisation))


def list_accounts(
    storage: Storage,
    *,
    viewer: str | None,
    organisation: str | None,
    cursor: str | None,
    limit: int,
) -> list[Row]:
    """Return accounts by id, those of an organisation where one is named."""
    query = _accounts(viewer).limit(limit)
    if organisation is not None:
        query = query.where(accounts.c.organisation == organisation)
    return fetch(storage, after(query, [accounts.c.id], cursor and [cursor]))


def find_account(storage: Storage, account: str, *, viewer: str | None) -> Row | None:
    """Return an account that the viewer may see."""
    return fetch_one(storage, _accounts(viewer).where(accounts.c.id == account))


def list_senders(storage: Storage, account: str, *, cursor: str | None, limit: int) -> list[Row]:
    """Return the accounts from which transfers enter an account at once."""
    query = (
        select(senders.c.sender)
        .where(senders.c.account == account, senders.c.is_allowed)
        .limit(limit)
    )
    return fetch(storage, after(query, [senders.c.sender], cursor and [cursor]))


def _accounts(viewer: str | None) -> Select[Any]:
    query = select(accounts)
    return query if viewer is None else query.where(accounts.c.organisation == viewer)

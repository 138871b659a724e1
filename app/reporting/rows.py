"""Rows: what reports share; a page of a query, and the tenant that it is filtered for."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from sqlalchemy import ColumnElement, Select, tuple_

from app.storage.storage import Storage

Row: TypeAlias = Mapping[str, Any]
"""A row by column: ids as text, instants in UTC milliseconds, energy in Wh."""


def fetch(storage: Storage, query: Select[Any]) -> list[Row]:
    """Return every row of a query."""
    with storage.reading() as connection:
        return [dict(row) for row in connection.execute(query).mappings()]


def fetch_one(storage: Storage, query: Select[Any]) -> Row | None:
    """Return the first row of a query."""
    with storage.reading() as connection:
        row = connection.execute(query).mappings().first()
    return None if row is None else dict(row)


def after(
    query: Select[Any], key: Sequence[ColumnElement[Any]], cursor: Sequence[Any] | None
) -> Select[Any]:
    """Return a query in the order of a key, from the row behind a cursor."""
    ordered = query.order_by(*key)
    return ordered if cursor is None else ordered.where(tuple_(*key) > tuple(cursor))

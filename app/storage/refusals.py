"""Refusals as rows: added by the set, listed from the newest on."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import String, select

from app.registry.fields import ID
from app.storage.engines import Database
from app.storage.tables import refusals

Row = tuple[Any, ...]
UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"
_LENGTHS = [item.type.length if type(item.type) is String else None for item in refusals.columns]


class RefusalRows:
    """The refusals in a database."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database

    def add(self, rows: Sequence[Row]) -> None:
        """Keep refusals, all of them or none.

        A pointer may name a member that a caller made up: what a column or a terminal could not
        take is cut and replaced, alike in both databases.
        """
        if not rows:
            return
        with self._database.writing() as driver:
            self._database.way.insert(driver, refusals, list(map(_fitting, rows)))
            driver.commit()

    def list(
        self, *, organisation: str | None = None, before: str | None = None, limit: int
    ) -> Sequence[Row]:
        """Return the newest first: of one organisation or of all, older than the id `before`.

        Raises RefusalError invalid-id for a cursor that is no id.
        """
        query = select(refusals).order_by(refusals.c.id.desc()).limit(limit)
        if organisation is not None:
            query = query.where(refusals.c.organisation == organisation)
        if before is not None:
            query = query.where(refusals.c.id < ID.parse(before, "/before"))
        with self._database.reading() as connection:
            return [tuple(row) for row in connection.execute(query)]


def _fitting(row: Row) -> Row:
    return tuple(
        item if length is None or type(item) is not str else _shown(item[:length])
        for item, length in zip(row, _LENGTHS, strict=True)
    )


def _shown(text: str) -> str:
    """Return text with a mark for each character that is not printable."""
    return "".join(item if item.isprintable() else UNPRINTABLE for item in text)

"""Applications as rows, each kept with the row of the vault that its record is sealed in."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Update, bindparam, insert, select, update

from app.registry.errors import RefusalError
from app.storage.engines import Database
from app.storage.tables import applications, organisations, vault

Row = tuple[Any, ...]
PENDING = "pending"
_KEPT = applications.c


class ApplicationRows:
    """The applications in a database, by its own clock."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database
        way = database.way
        self._insert = f"{way.compile(insert(applications))} ON CONFLICT DO NOTHING"
        self._decide = way.compile(_decide())
        self._admitted = way.compile(
            select(organisations.c.id).where(organisations.c.id == bindparam("who"))
        )

    def add(
        self, *, organisation: str, roles: str, country: str, record: str, sealed: bytes
    ) -> bool:
        """Keep an application with its vault row; say no where there is one already.

        Raises RefusalError id-in-use where the organisation is admitted without one, so that
        nobody comes to act for another by applying under its id.
        """
        way = self._database.way
        with self._database.writing() as driver:
            now_ms = way.ask_clock(driver)()
            row = (organisation, roles, country, record, PENDING, now_ms, None, None)
            values = dict(zip(applications.columns.keys(), row, strict=True))
            if not driver.execute(self._insert, values).rowcount:
                return False
            if driver.execute(self._admitted, {"who": organisation}).fetchone() is not None:
                raise RefusalError("id-in-use", "it is admitted already", pointer="/organisation")
            way.insert(driver, vault, [(record, sealed)], "ON CONFLICT DO NOTHING")
            driver.commit()
        return True

    def find(self, organisation: str) -> Row | None:
        """Return the application of an organisation."""
        query = select(applications).where(_KEPT.organisation == organisation)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else tuple(row)

    def list(self, *, state: str | None, after: str | None, limit: int) -> Sequence[Row]:
        """Return applications in order of their organisations' ids."""
        query = select(applications).order_by(_KEPT.organisation).limit(limit)
        if state is not None:
            query = query.where(_KEPT.state == state)
        if after is not None:
            query = query.where(_KEPT.organisation > after)
        with self._database.reading() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def decide(self, organisation: str, *, state: str, reason: str | None) -> None:
        """Decide an application that is pending; leave any other as it is."""
        with self._database.writing() as driver:
            now_ms = self._database.way.ask_clock(driver)()
            decided = {"decided": state, "why": reason, "moment": now_ms}
            driver.execute(self._decide, {"who": organisation, "open": PENDING, **decided})
            driver.commit()

    def sealed(self, commitments: Sequence[str]) -> dict[str, bytes]:
        """Return rows of the vault, by commitment."""
        query = select(vault.c.commitment, vault.c.sealed)
        query = query.where(vault.c.commitment.in_(commitments))
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}


def _decide() -> Update:
    moment = bindparam("moment", type_=BigInteger)
    return (
        update(applications)
        .values(state=bindparam("decided"), decided_at=moment, reason=bindparam("why"))
        .where(_KEPT.organisation == bindparam("who"), _KEPT.state == bindparam("open"))
    )

"""Applications as rows, each kept with the row of the vault that its record is sealed in."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, Select, Update, bindparam, insert, or_, select, update

from app.registry.errors import RefusalError
from app.storage.engines import Database
from app.storage.tables import applications, vault

Row = tuple[Any, ...]
PENDING = "pending"
ADMITTED = "admitted"
_KEPT = applications.c
_COLUMNS = (
    _KEPT.organisation,
    _KEPT.roles,
    _KEPT.country,
    _KEPT.record,
    _KEPT.state,
    _KEPT.asked_at,
    _KEPT.decided_at,
    _KEPT.reason,
)
_THIS = _KEPT.organisation == bindparam("who")


class ApplicationRows:
    """The applications in a database, by its own clock."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database
        way = database.way
        self._insert = f"{way.compile(insert(applications))} ON CONFLICT DO NOTHING"
        self._decide = way.compile(_decide())
        self._admit = way.compile(_admit())
        self._lock_alike = way.compile(_alike().with_for_update())
        self._twin = way.compile(
            select(_KEPT.organisation).where(
                _KEPT.registered_as == bindparam("number"), _KEPT.state == bindparam("admitted")
            )
        )

    def add(
        self,
        *,
        organisation: str,
        roles: str,
        country: str,
        record: str,
        sealed: bytes,
        asked_as: str,
        registered_as: str | None,
    ) -> bool:
        """Keep an application with its vault row; say no where the same was asked already.

        Raises RefusalError organisation-exists where one of that registration is admitted.
        """
        way = self._database.way
        with self._database.writing() as driver:
            now_ms = way.ask_clock(driver)()
            row = (organisation, roles, country, record, PENDING, now_ms, None, None)
            values = dict(zip((column.name for column in _COLUMNS), row, strict=True))
            marks = {"asked_as": asked_as, "registered_as": registered_as}
            if not driver.execute(self._insert, {**values, **marks}).rowcount:
                return False
            twin = driver.execute(self._twin, {"number": registered_as, "admitted": ADMITTED})
            if twin.fetchone() is not None:
                raise RefusalError(
                    "organisation-exists",
                    "one of that country and number takes part",
                    pointer="/registration_number",
                )
            way.insert(driver, vault, [(record, sealed)], "ON CONFLICT DO NOTHING")
            driver.commit()
        return True

    def find(self, organisation: str) -> Row | None:
        """Return the application of an organisation."""
        return self._first(select(*_COLUMNS).where(_KEPT.organisation == organisation))

    def find_asked(self, asked_as: str) -> Row | None:
        """Return the application that was asked so."""
        return self._first(select(*_COLUMNS).where(_KEPT.asked_as == asked_as))

    def list(self, *, state: str | None, after: str | None, limit: int) -> Sequence[Row]:
        """Return applications in order of their organisations' ids."""
        query = select(*_COLUMNS).order_by(_KEPT.organisation).limit(limit)
        if state is not None:
            query = query.where(_KEPT.state == state)
        if after is not None:
            query = query.where(_KEPT.organisation > after)
        with self._database.reading() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def decide(self, organisation: str, *, state: str, reason: str | None) -> None:
        """Decide an application that is pending; leave any other as it is.

        Of those with one registration one alone is admitted; another stays pending.
        """
        with self._database.writing() as driver:
            now_ms = self._database.way.ask_clock(driver)()
            who = {"who": organisation, "open": PENDING}
            decided = {"decided": state, "why": reason, "moment": now_ms}
            if state == ADMITTED:
                driver.execute(self._lock_alike, who).fetchall()
                driver.execute(self._admit, {**who, **decided})
            else:
                driver.execute(self._decide, {**who, **decided})
            driver.commit()

    def sealed(self, commitments: Sequence[str]) -> dict[str, bytes]:
        """Return rows of the vault, by commitment."""
        query = select(vault.c.commitment, vault.c.sealed)
        query = query.where(vault.c.commitment.in_(commitments))
        with self._database.reading() as connection:
            return {row[0]: row[1] for row in connection.execute(query)}

    def _first(self, query: Select[Any]) -> Row | None:
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else tuple(row)


def _decide() -> Update:
    moment = bindparam("moment", type_=BigInteger)
    return (
        update(applications)
        .values(state=bindparam("decided"), decided_at=moment, reason=bindparam("why"))
        .where(_THIS, _KEPT.state == bindparam("open"))
    )


def _admit() -> Update:
    """Decide unless one of the same registration, all of which are locked, is admitted."""
    other = applications.alias("other")
    twin = select(other.c.organisation).where(
        other.c.registered_as == _KEPT.registered_as, other.c.state == bindparam("decided")
    )
    return _decide().where(or_(_KEPT.registered_as.is_(None), ~twin.exists()))


def _alike() -> Select[Any]:
    """Return the applications of one registration, in order, for each to wait for the others."""
    mine = select(_KEPT.registered_as).where(_THIS).scalar_subquery()
    alike = applications.alias("alike")
    return (
        select(alike.c.organisation)
        .where(alike.c.registered_as == mine)
        .order_by(alike.c.organisation)
    )

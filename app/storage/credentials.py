"""Credentials as rows: a key's prefix, the hash of its secret, whose it is, and how it ends."""

from time import time_ns
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Update,
    bindparam,
    insert,
    literal_column,
    or_,
    select,
    update,
)

from app.registry.errors import RefusalError
from app.storage.engines import Database
from app.storage.tables import applications, credentials, organisations, persons

Row = tuple[Any, ...]
REJECTED = "rejected"
_KEPT = credentials.c
_COLUMNS = (
    _KEPT.prefix,
    _KEPT.organisation,
    _KEPT.scope,
    _KEPT.label,
    _KEPT.created_at,
    _KEPT.expires_at,
    _KEPT.revoked_at,
    _KEPT.person,
)
_OF_THIS_KEY = _KEPT.prefix == bindparam("key")


class CredentialRows:
    """The keys in a database, by its own clock, and the roles that its projection gives."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database
        way = database.way
        self._shown = _shown(_clock(is_sqlite=database.is_sqlite))
        self._insert = f"{way.compile(insert(credentials))} ON CONFLICT DO NOTHING"
        self._lock = way.compile(select(*_COLUMNS).where(_OF_THIS_KEY).with_for_update())
        self._end = way.compile(_end())

    def add(
        self,
        *,
        prefix: str,
        digest: str,
        organisation: str,
        scope: str,
        label: str,
        expires_at: int | None,
        person: str | None = None,
    ) -> bool:
        """Keep a key; say no where its prefix is in use."""
        with self._database.writing() as driver:
            now_ms = self._database.way.ask_clock(driver)()
            row = (prefix, organisation, scope, label, now_ms, expires_at, None, person)
            is_new = self._add(driver, row, digest)
            driver.commit()
        return is_new

    def shown(self, prefix: str) -> tuple[str, int, frozenset[str] | None, Row] | None:
        """Return a key's digest, the database's clock, its organisation's roles, and the key.

        The key of a person who was removed is not there any more.
        """
        with self._database.reading() as connection:
            found = connection.execute(self._shown, {"key": prefix}).first()
        if found is None:
            return None
        digest, database_ms, roles, *row = found
        return digest, database_ms, _split(roles), tuple(row)

    def find(self, prefix: str) -> Row | None:
        """Return a key."""
        query = select(*_COLUMNS).where(_KEPT.prefix == prefix)
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else tuple(row)

    def of(self, organisation: str, *, after: str, limit: int) -> list[Row]:
        """Return an organisation's keys in order of their prefixes."""
        query = (
            select(*_COLUMNS)
            .where(_KEPT.organisation == organisation, _KEPT.prefix > after)
            .order_by(_KEPT.prefix)
            .limit(limit)
        )
        with self._database.reading() as connection:
            return [tuple(row) for row in connection.execute(query)]

    def revoke(self, prefix: str) -> None:
        """End a key now, where there is one that ends later or never."""
        with self._database.writing() as driver:
            now_ms = self._database.way.ask_clock(driver)()
            driver.execute(self._end, {"key": prefix, "moment": now_ms})
            driver.commit()

    def replace(self, prefix: str, *, successor: str, digest: str, overlap_ms: int) -> None:
        """Keep a successor and end the key after the overlap.

        The row's lock makes it one, however many replace it at once. Raises RefusalError
        not-found; id-in-use where the successor's prefix stands already;
        invalid-state-transition where the key has ended or has a successor.
        """
        with self._database.writing() as driver:
            old = driver.execute(self._lock, {"key": prefix}).fetchone()
            if old is None:
                raise RefusalError("not-found", "no such key")
            _, organisation, scope, label, _, expires_at, revoked_at, person = old
            now_ms = self._database.way.ask_clock(driver)()
            row = (successor, organisation, scope, label, now_ms, expires_at, None, person)
            if not self._add(driver, row, digest):
                raise RefusalError("id-in-use", "the key was issued, and is shown once only")
            if revoked_at is not None or (expires_at is not None and expires_at <= now_ms):
                raise RefusalError(
                    "invalid-state-transition", "it has ended or has a successor already"
                )
            driver.execute(self._end, {"key": prefix, "moment": now_ms + overlap_ms})
            driver.commit()

    def roles(self, organisation: str) -> frozenset[str] | None:
        """Return the roles of an organisation; None where it is not admitted."""
        query = select(organisations.c.roles).where(organisations.c.id == organisation)
        with self._database.reading() as connection:
            return _split(connection.scalar(query))

    def may_have_key(self, organisation: str) -> bool:
        """Say whether it is admitted, or has applied and was not rejected."""
        admitted = select(organisations.c.id).where(organisations.c.id == organisation)
        applied = select(applications.c.organisation).where(
            applications.c.organisation == organisation, applications.c.state != REJECTED
        )
        query = select(or_(admitted.exists(), applied.exists()))
        with self._database.reading() as connection:
            return bool(connection.scalar(query))

    def has_person(self, organisation: str, person: str) -> bool:
        """Say whether somebody acts for an organisation."""
        own = (persons.c.id == person, persons.c.organisation == organisation)
        query = select(select(persons.c.id).where(*own, persons.c.is_active).exists())
        with self._database.reading() as connection:
            return bool(connection.scalar(query))

    def _add(self, driver: Any, row: Row, digest: str) -> bool:  # noqa: ANN401 - DB-API
        names = [column.name for column in _COLUMNS]
        values = dict(zip(names, row, strict=True))
        return bool(driver.execute(self._insert, {**values, "hash": digest}).rowcount)


def _shown(now: ColumnElement[int]) -> Select[Any]:
    """Return the one question that is asked with each request."""
    roles = organisations.c.roles
    return (
        select(_KEPT.hash, now, roles, *_COLUMNS)
        .outerjoin(organisations, organisations.c.id == _KEPT.organisation)
        .outerjoin(persons, persons.c.id == _KEPT.person)
        .where(_OF_THIS_KEY, or_(_KEPT.person.is_(None), persons.c.is_active))
    )


def _end() -> Update:
    at = bindparam("moment", type_=BigInteger)
    return (
        update(credentials)
        .values(revoked_at=at)
        .where(_OF_THIS_KEY, or_(_KEPT.revoked_at.is_(None), _KEPT.revoked_at > at))
    )


def _clock(*, is_sqlite: bool) -> ColumnElement[int]:
    """Return the database's clock inside a question; SQLite's is this machine's."""
    if is_sqlite:
        return bindparam("now", callable_=_machine_ms, type_=BigInteger)
    return literal_column("(extract(epoch FROM clock_timestamp()) * 1000)::bigint", BigInteger)


def _machine_ms() -> int:
    return time_ns() // 1_000_000


def _split(roles: str | None) -> frozenset[str] | None:
    return None if roles is None else frozenset(roles.split())

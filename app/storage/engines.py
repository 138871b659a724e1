"""Engines: how each database is opened, so that what is committed stays."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import Any

import psycopg
from psycopg.types.string import TextLoader
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, DisconnectionError
from sqlalchemy.pool import ConnectionPoolEntry

from app.registry.errors import RefusalError
from app.storage.dialects import Postgresql, Sqlite, Way

BUSY_TIMEOUT_S = 60
IDLE_S = 2
DBAPI_ERRORS = (sqlite3.Error, psycopg.Error)


Prepare = Callable[[Any, object], None]
"""Called with each new DB-API connection."""


class DatabaseError(Exception):
    """A database that cannot be opened, by what its URL says."""


class Database:
    """A database and its ways; engines are made on first use, so that a fork gets its own."""

    def __init__(self, url: str) -> None:
        """Take an SQLAlchemy URL of SQLite or PostgreSQL. Raises DatabaseError for another."""
        self.url = _normalised(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        self.way: Way = Sqlite() if self.is_sqlite else Postgresql()
        self._engine: Engine | None = None
        self._writer: Engine | None = None

    @property
    def engine(self) -> Engine:
        """The engine for reading and migrating, made on first use."""
        if self._engine is None:
            self._engine = self._open(*self._preparations())
        return self._engine

    @property
    def writer(self) -> Engine:
        """The engine for writing transactions, made on first use."""
        if self._writer is None:
            preparations = () if self.is_sqlite else (_plan_for_keys,)
            self._writer = self._open(*self._preparations(), *preparations)
        return self._writer

    def must_exist(self) -> None:
        """Refuse to make a new SQLite file where one is to be read. Raises DatabaseError."""
        if self.is_sqlite and not Path(self.url.database or "").is_file():
            raise DatabaseError(f"there is no database {self.url.database}")

    @contextmanager
    def writing(self) -> Iterator[Any]:
        """Give a driver connection in a writing transaction; rolled back unless committed."""
        connection = self.writer.raw_connection()
        driver: Any = connection.driver_connection
        try:
            self._begin(driver)
            yield driver
        finally:
            connection.close()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one moment of the database."""
        engine = self.engine
        if not self.is_sqlite:
            engine = engine.execution_options(isolation_level="REPEATABLE READ")
        with engine.connect() as connection:
            yield connection

    def _begin(self, driver: Any) -> None:  # noqa: ANN401 - DB-API
        try:
            self.way.begin(driver)
        except sqlite3.OperationalError as error:
            raise RefusalError("busy", "another writer holds the database") from error

    def dispose(self) -> None:
        """Close every connection."""
        for engine in filter(None, (self._engine, self._writer)):
            engine.dispose()
        self._engine = self._writer = None

    def _preparations(self) -> tuple[Prepare, ...]:
        return (_prepare_sqlite,) if self.is_sqlite else (_prepare_postgresql,)

    def _open(self, *preparations: Prepare) -> Engine:
        if self.is_sqlite:
            engine = create_engine(self.url, connect_args={"timeout": BUSY_TIMEOUT_S})
            event.listen(engine, "begin", _begin_sqlite)
        else:
            engine = create_engine(self.url)
            event.listen(engine, "checkin", _note_use)
            event.listen(engine, "checkout", _ping_if_idle)
        for prepare in preparations:
            event.listen(engine, "connect", prepare)
        return engine


def _normalised(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        raise DatabaseError("the database URL cannot be read") from error
    backend = parsed.get_backend_name()
    if backend == "postgresql":
        return parsed.set(drivername="postgresql+psycopg")
    if backend == "sqlite" and parsed.database:
        return parsed
    raise DatabaseError("the database is a file of SQLite or a PostgreSQL")


def _prepare_sqlite(driver: Any, _: object) -> None:  # noqa: ANN401 - DB-API
    """Begin transactions when we say so; let a commit reach the disk, and no erased byte stay."""
    driver.isolation_level = None
    driver.execute("PRAGMA journal_mode = WAL")
    driver.execute("PRAGMA synchronous = FULL")
    driver.execute("PRAGMA secure_delete = ON")


def _begin_sqlite(connection: Any) -> None:  # noqa: ANN401 - SQLAlchemy's event
    connection.exec_driver_sql("BEGIN")


def _prepare_postgresql(driver: Any, _: object) -> None:  # noqa: ANN401 - DB-API
    """Take UUIDs as text, as they stand on the log."""
    driver.adapters.register_loader("uuid", TextLoader)


def _plan_for_keys(driver: Any, _: object) -> None:  # noqa: ANN401 - DB-API
    """Plan each statement once, by its indexes: writing finds everything by key.

    A generic plan that was made while a table was small would otherwise scan it for ever.
    """
    driver.execute("SET plan_cache_mode = force_generic_plan")
    for setting in ("jit", "enable_seqscan", "enable_hashjoin", "enable_mergejoin"):
        driver.execute(f"SET {setting} = off")
    driver.commit()


def _note_use(_: object, record: ConnectionPoolEntry) -> None:
    record.info["used_at"] = monotonic()


def _ping_if_idle(driver: Any, record: ConnectionPoolEntry, _: object) -> None:  # noqa: ANN401 - DB-API
    """Make sure that a connection which was idle for long still stands; else get another.

    A new one has not been used and is not asked.
    """
    used_at = record.info.get("used_at")
    if used_at is None or monotonic() - used_at < IDLE_S:
        return
    try:
        driver.execute("SELECT 1")
        driver.rollback()
    except psycopg.Error as error:
        raise DisconnectionError from error

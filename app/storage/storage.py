"""Storage: what services are handed; everything about rows and dialects stays behind it."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Self

from sqlalchemy import Connection

from app.registry.operation import Read
from app.registry.state import State
from app.storage import migrations
from app.storage.engines import Database
from app.storage.log import DatabaseLog
from app.storage.statements import Statements
from app.storage.unit_of_work import UnitOfWork


class Storage:
    """A registry's database."""

    def __init__(self, database: Database) -> None:
        """Take the database; nothing is opened before first use."""
        self.database = database

    @classmethod
    def of(cls, url: str, *, is_present: bool = False) -> Self:
        """Return the storage behind an SQLAlchemy URL. Raises DatabaseError.

        With `is_present` a missing SQLite file is refused instead of made.
        """
        database = Database(url)
        if is_present:
            database.must_exist()
        return cls(database)

    @cached_property
    def _statements(self) -> Statements:
        return Statements(self.database)

    def prepare(self) -> None:
        """Bring the schema to the newest revision."""
        migrations.upgrade(self.database)

    def check(self) -> None:
        """Refuse a schema that this version does not know. Raises SchemaError."""
        migrations.check_revision(self.database)

    @contextmanager
    def unit(self) -> Iterator[UnitOfWork]:
        """Give one writing transaction under the head-row lock; rolled back unless committed."""
        with self.database.writing() as driver:
            yield UnitOfWork(self.database, self._statements, driver)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection that sees one moment, for reports."""
        with self.database.reading() as connection:
            yield connection

    def look(self, reads: Iterable[Read]) -> tuple[State, int]:
        """Return what the reads name as it stands, and the database's time, UTC milliseconds."""
        state = State()
        way, loader = self.database.way, self._statements.loader
        with self.database.reading() as connection, connection.begin():
            driver: Any = connection.connection.driver_connection
            clock = way.ask_clock(driver)
            questions = loader.ask(reads)
            answers = [driver.execute(load.sql, bound) for load, bound in questions]
            loader.take(state, questions, answers)
            return state, clock()

    @contextmanager
    def log(self) -> Iterator[DatabaseLog]:
        """Give the log as it stands at one moment."""
        with self.database.reading() as connection:
            yield DatabaseLog(connection)

    def close(self) -> None:
        """Close every connection."""
        self.database.dispose()

"""Storage: what services are handed; everything about rows and dialects stays behind it."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Self

from sqlalchemy import Connection

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

    @contextmanager
    def log(self) -> Iterator[DatabaseLog]:
        """Give the log as it stands at one moment."""
        with self.database.reading() as connection:
            yield DatabaseLog(connection)

    def close(self) -> None:
        """Close every connection."""
        self.database.dispose()

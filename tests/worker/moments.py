"""A database whose clock stands at a moment of the test's choice, with everything else real."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from app.services.ports import Unit
from app.storage.engines import Database
from app.storage.statements import Statements
from app.storage.storage import Storage
from app.storage.unit_of_work import UnitOfWork


class Moment:
    """Opens units at one moment, UTC milliseconds."""

    def __init__(self, now_ms: int) -> None:
        self.now_ms = now_ms

    @contextmanager
    def __call__(self, storage: Storage) -> Iterator[Unit]:
        database = storage.database
        with database.writing() as driver:
            yield _AtMoment(database, driver, self.now_ms)


class _AtMoment(UnitOfWork):
    def __init__(self, database: Database, driver: Any, moment_ms: int) -> None:  # noqa: ANN401 - DB-API
        super().__init__(database, Statements(database), driver)
        self._moment_ms = moment_ms

    def begin(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the unit's
        known = super().begin(*args, **kwargs)
        self.now_ms = self._moment_ms
        return known

"""Simulators at the seams: databases and drivers that behave badly, with everything else real."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from app.factory import Registry
from app.services.calendar import windows
from app.services.clock import ClockGuard
from app.services.founding import load_keys
from app.services.ports import Log, Unit
from app.services.record import Recorder
from app.storage.engines import Database
from app.storage.statements import Statements
from app.storage.storage import Storage
from app.storage.unit_of_work import UnitOfWork

OpenUnit = Callable[[Storage], AbstractContextManager[Unit]]


class SeamStorage:
    """A registry's own storage, but for its units of work."""

    def __init__(self, storage: Storage, open_unit: OpenUnit) -> None:
        self._storage = storage
        self._open_unit = open_unit

    def prepare(self) -> None:
        self._storage.prepare()

    def check(self) -> None:
        self._storage.check()

    def unit(self) -> AbstractContextManager[Unit]:
        return self._open_unit(self._storage)

    def log(self) -> AbstractContextManager[Log]:
        return self._storage.log()


def recorder_over(registry: Registry, open_unit: OpenUnit, *, leap_max_s: int = 300) -> Recorder:
    """Return a recorder of the registry whose units are opened in another way."""
    return Recorder(
        storage=SeamStorage(registry.storage, open_unit),
        sealer=load_keys(registry.settings.keys),
        calendar=windows,
        clock=ClockGuard(leap_max_s=leap_max_s),
    )


class WallClock:
    """Opens units whose database clock stands some way off."""

    def __init__(self) -> None:
        self.offset_ms = 0

    @contextmanager
    def __call__(self, storage: Storage) -> Iterator[Unit]:
        database = storage.database
        with database.writing() as driver:
            yield _OffClock(database, driver, self.offset_ms)


class _OffClock(UnitOfWork):
    def __init__(self, database: Database, driver: Any, offset_ms: int) -> None:  # noqa: ANN401 - DB-API
        super().__init__(database, Statements(database), driver)
        self._offset_ms = offset_ms

    def begin(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - as the unit's
        known = super().begin(*args, **kwargs)
        self.now_ms += self._offset_ms
        return known


class Driver:
    """A driver connection whose commit does what a test says; all else is the real one's."""

    def __init__(self, driver: Any, commit: Callable[[Any], None]) -> None:  # noqa: ANN401 - DB-API
        self._driver = driver
        self._commit = commit

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the driver has
        return getattr(self._driver, name)

    def commit(self) -> None:
        self._commit(self._driver)


def committing(commit: Callable[[Any], None], *, asked_later: Database | None = None) -> OpenUnit:
    """Open units whose driver commits as given; another database may be asked afterwards."""

    @contextmanager
    def open_unit(storage: Storage) -> Iterator[Unit]:
        database = storage.database
        with database.writing() as driver:
            faulty = Driver(driver, commit)
            yield UnitOfWork(asked_later or database, Statements(database), faulty)

    return open_unit

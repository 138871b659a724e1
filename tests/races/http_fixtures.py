"""An arena for each backend, started when it is needed and kept for the session."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.databases import Backend, PostgresqlDatabases, SqliteDatabases
from tests.races.http_arena import Arena, Arenas


@pytest.fixture(scope="session")
def arenas(
    sqlite_databases: SqliteDatabases,
    postgresql_databases: PostgresqlDatabases,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Arenas]:
    """All arenas; they end before the databases do."""
    backends = [Backend("sqlite", sqlite_databases), Backend("postgresql", postgresql_databases)]
    with ExitStack() as stack:
        yield Arenas(stack, backends, tmp_path_factory.mktemp("arenas"))


@pytest.fixture
def arena(arenas: Arenas, backend: Backend) -> Arena:
    """Each kind of database in turn, with servers that were started once."""
    return arenas.of(backend.name)

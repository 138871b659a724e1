"""A database with tables and no genesis, for tests below the rules; one for the session."""

from collections.abc import Iterator
from dataclasses import asdict

import pytest

from app.ledger.blocks import EMPTY_HEAD
from app.storage.storage import Storage
from app.storage.tables import head, metadata
from tests.databases import Backend


@pytest.fixture(scope="session")
def prepared_urls() -> dict[str, str]:
    """The prepared database of each kind, once a test has asked for it."""
    return {}


@pytest.fixture
def storage(
    backend: Backend,
    prepared_urls: dict[str, str],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Storage]:
    """A database as it is after preparing: tables, the head row and nothing else."""
    is_new = backend.name not in prepared_urls
    if is_new:
        folder = tmp_path_factory.mktemp("prepared")
        prepared_urls[backend.name] = backend.databases.empty(folder)
    made = Storage.of(prepared_urls[backend.name])
    if is_new:
        made.prepare()
    yield made
    _empty(made)
    made.close()


def _empty(storage: Storage) -> None:
    with storage.database.engine.begin() as connection:
        for table in metadata.sorted_tables:
            connection.execute(table.delete())
        connection.execute(head.insert().values(id=1, **asdict(EMPTY_HEAD) | {"edge": b""}))

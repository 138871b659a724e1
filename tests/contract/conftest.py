"""A database with tables and no genesis, for tests below the rules."""

from collections.abc import Iterator

import pytest

from app.storage.storage import Storage


@pytest.fixture
def storage(database_url: str) -> Iterator[Storage]:
    """An empty database, prepared."""
    made = Storage.of(database_url)
    made.prepare()
    yield made
    made.close()

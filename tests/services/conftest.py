"""A registry on SQLite alone, for what does not depend on the database."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from app.factory import Registry, open_registry
from app.settings import Settings
from tests.databases import SqliteDatabases


@pytest.fixture
def embedded_settings(sqlite_databases: SqliteDatabases, tmp_path: Path) -> Settings:
    """The settings of a founded registry that nobody has opened."""
    return sqlite_databases.founded(tmp_path / "home")


@pytest.fixture
def embedded(embedded_settings: Settings) -> Iterator[Registry]:
    """A founded registry, open."""
    with open_registry(embedded_settings) as opened:
        yield opened

"""A new registry in a folder: prepared, and left to be founded."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from app.factory import make_storage
from app.settings import Settings
from app.storage.storage import Storage


@contextmanager
def new_registry(folder: Path) -> Iterator[tuple[Settings, Storage]]:
    """Give settings and storage of a registry without genesis, on SQLite."""
    settings = Settings.of(home=folder / "home")
    storage = make_storage(settings)
    try:
        storage.prepare()
        yield settings, storage
    finally:
        storage.close()

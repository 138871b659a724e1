"""Meter files as rows: which were imported for whom, by their hash, with what became of them."""

from typing import Any

from sqlalchemy import bindparam, select

from app.storage.engines import Database
from app.storage.tables import files


class FileRows:
    """The meter files that were imported."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database
        wanted = (
            files.c.organisation == bindparam("by"),
            files.c.hash == bindparam("digest"),
        )
        self._find = database.way.compile(select(files.c.layout, files.c.tally).where(*wanted))

    def find(self, organisation: str, digest: str) -> tuple[str, str] | None:
        """Return layout and tally of a file that an organisation has imported."""
        with self._database.writing() as driver:
            row: Any = driver.execute(self._find, {"by": organisation, "digest": digest}).fetchone()
        return None if row is None else (row[0], row[1])

    def add(self, organisation: str, digest: str, *, layout: str, tally: str) -> None:
        """Remember a file that was imported; what was remembered first stays."""
        way = self._database.way
        with self._database.writing() as driver:
            now_ms = way.ask_clock(driver)()
            rows = [(organisation, digest, layout, now_ms, tally)]
            way.insert(driver, files, rows, "ON CONFLICT DO NOTHING")
            driver.commit()

"""Meter files as rows: which were imported for whom, by their hash, with what became of them."""

from sqlalchemy import select

from app.storage.engines import Database
from app.storage.tables import files


class FileRows:
    """The meter files that were imported."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database

    def find(self, organisation: str, digest: str) -> tuple[str, str] | None:
        """Return layout and tally of a file that an organisation has imported."""
        query = select(files.c.layout, files.c.tally).where(
            files.c.organisation == organisation, files.c.hash == digest
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row.layout, row.tally)

    def add(self, organisation: str, digest: str, *, layout: str, tally: str) -> None:
        """Remember a file that was imported; what was remembered first stays."""
        way = self._database.way
        with self._database.writing() as driver:
            now_ms = way.ask_clock(driver)()
            rows = [(organisation, digest, layout, now_ms, tally)]
            way.insert(driver, files, rows, "ON CONFLICT DO NOTHING")
            driver.commit()

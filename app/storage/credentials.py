"""Credentials as rows: the prefix of a key, the hash of its secret, and whose it is."""

from sqlalchemy import select

from app.storage.engines import Database
from app.storage.tables import credentials, organisations


class CredentialRows:
    """The keys in a database, and the roles that its projection gives."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database

    def add(self, *, prefix: str, digest: str, organisation: str) -> None:
        """Keep a key."""
        way = self._database.way
        with self._database.writing() as driver:
            now_ms = way.ask_clock(driver)()
            way.insert(driver, credentials, [(prefix, digest, organisation, now_ms)])
            driver.commit()

    def find(self, prefix: str) -> tuple[str, str] | None:
        """Return digest and organisation of a key."""
        query = select(credentials.c.hash, credentials.c.organisation).where(
            credentials.c.prefix == prefix
        )
        with self._database.reading() as connection:
            row = connection.execute(query).first()
        return None if row is None else (row[0], row[1])

    def roles(self, organisation: str) -> frozenset[str] | None:
        """Return the roles of an organisation; None where it is not admitted."""
        query = select(organisations.c.roles).where(organisations.c.id == organisation)
        with self._database.reading() as connection:
            roles = connection.scalar(query)
        return None if roles is None else frozenset(roles.split())

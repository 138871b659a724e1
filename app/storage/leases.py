"""Leases as rows: taken, renewed and given back under the row's lock, by the database's clock."""

from typing import Any

from sqlalchemy import Select, Update, bindparam, literal_column, select, update

from app.storage.engines import Database
from app.storage.tables import leases

NOBODY = ("", 0, 0)
"""Holder, token and expiry of a lease that nobody has had."""


class LeaseRows:
    """The leases in a database; a row stays, so that its token only grows."""

    def __init__(self, database: Database) -> None:
        """Take the database."""
        self._database = database
        way = database.way
        self._find = way.compile(_find())
        self._give = way.compile(_give())
        self._release = way.compile(_release())

    def take(self, name: str, holder: str, *, duration_ms: int) -> int | None:
        """Acquire a lease that is free or has run out, or renew our own.

        Return its token, one more with each acquisition and the same after a renewal; None while
        another holds it. The row's lock makes it one, however many take at once.
        """
        way = self._database.way
        with self._database.writing() as driver:
            way.insert(driver, leases, [(name, *NOBODY)], "ON CONFLICT DO NOTHING")
            held_by, token, expires_at = driver.execute(self._find, {"lease": name}).fetchone()
            now_ms = way.ask_clock(driver)()
            is_held = expires_at > now_ms
            if is_held and held_by != holder:
                return None
            token = int(token) if is_held else int(token) + 1
            given = {"by": holder, "number": token, "until": now_ms + duration_ms, "lease": name}
            driver.execute(self._give, given)
            driver.commit()
        return token

    def release(self, name: str, holder: str, *, token: int) -> None:
        """Let a lease run out now, where it is still held under that token."""
        with self._database.writing() as driver:
            driver.execute(self._release, {"lease": name, "by": holder, "number": token})
            driver.commit()


def _find() -> Select[Any]:
    columns = (leases.c.holder, leases.c.token, leases.c.expires_at)
    return select(*columns).where(leases.c.name == bindparam("lease")).with_for_update()


def _give() -> Update:
    return (
        update(leases)
        .values(holder=bindparam("by"), token=bindparam("number"), expires_at=bindparam("until"))
        .where(leases.c.name == bindparam("lease"))
    )


def _release() -> Update:
    return (
        update(leases)
        .values(expires_at=literal_column("0"))
        .where(
            leases.c.name == bindparam("lease"),
            leases.c.holder == bindparam("by"),
            leases.c.token == bindparam("number"),
        )
    )

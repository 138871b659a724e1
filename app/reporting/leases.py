"""Leases: who does what runs by itself, and until when."""

from dataclasses import dataclass

from sqlalchemy import select

from app.storage.storage import Storage
from app.storage.tables import leases


@dataclass(frozen=True, slots=True)
class LeaseRow:
    """A lease as it stands; `expires_at` in UTC milliseconds, 0 where it was given back."""

    name: str
    token: int
    expires_at: int


def list_leases(storage: Storage) -> list[LeaseRow]:
    """Return all leases that were ever given, by name."""
    query = select(leases.c.name, leases.c.token, leases.c.expires_at).order_by(leases.c.name)
    with storage.reading() as connection:
        return [LeaseRow(*row) for row in connection.execute(query)]

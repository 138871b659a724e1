"""Leases: who alone may do what runs by itself, until when, and by which fencing token."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that was given; the token grows with each new holder and fences the ones before."""

    name: str
    holder: str
    token: int


class LeaseRows(Protocol):
    """Where leases are kept, by the database's clock."""

    def take(self, name: str, holder: str, *, duration_ms: int) -> int | None:
        """Acquire or renew; return the token, or None while another holds it."""

    def release(self, name: str, holder: str, *, token: int) -> None:
        """Let it run out now, where it is still held under that token."""


class Leases:
    """Leases as one holder takes them."""

    def __init__(self, rows: LeaseRows, *, holder: str) -> None:
        """Take where they are kept, and a name that no other holder has."""
        self._rows = rows
        self._holder = holder

    def take(self, name: str, *, duration_ms: int) -> Lease | None:
        """Acquire a free lease or renew our own; None while another holds it."""
        token = self._rows.take(name, self._holder, duration_ms=duration_ms)
        return None if token is None else Lease(name, self._holder, token)

    def release(self, lease: Lease) -> None:
        """Give a lease back, so that another need not wait until it has run out."""
        self._rows.release(lease.name, lease.holder, token=lease.token)

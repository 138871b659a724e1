"""Kept keys: the port behind which API keys are kept, by what a service asks of it."""

from typing import Any, Protocol

Row = tuple[Any, ...]
"""A key's columns, in the order of Key's members."""


class Credentials(Protocol):
    """Where keys are kept, and what organisations may do."""

    def add(
        self,
        *,
        prefix: str,
        digest: str,
        organisation: str,
        scope: str,
        label: str,
        expires_at: int | None,
        person: str | None,
    ) -> bool:
        """Keep a key; say no where its prefix is in use."""

    def shown(self, prefix: str) -> tuple[str, int, frozenset[str] | None, Row] | None:
        """Return a key's digest, the database's clock, its organisation's roles, and the key.

        None for the key of a person who was removed.
        """

    def find(self, prefix: str) -> Row | None:
        """Return a key."""

    def of(self, organisation: str, *, after: str, limit: int) -> list[Row]:
        """Return an organisation's keys in order of their prefixes."""

    def revoke(self, prefix: str) -> None:
        """End a key now, where there is one that ends later or never."""

    def replace(self, prefix: str, *, successor: str, digest: str, overlap_ms: int) -> None:
        """Keep a successor and end the key after the overlap. Raises RefusalError."""

    def roles(self, organisation: str) -> frozenset[str] | None:
        """Return the roles of an organisation; None where it is not admitted."""

    def has_person(self, organisation: str, person: str) -> bool:
        """Say whether somebody acts for an organisation."""

    def may_have_key(self, organisation: str) -> bool:
        """Say whether it is admitted, or has applied and was not rejected."""

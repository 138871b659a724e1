"""The audit trail of refusals: every write that was refused leaves a row, never a leaf."""

from collections.abc import Sequence
from typing import Protocol

from app.registry.refused import Refused

__all__ = ["Refusals", "Refused"]


class Refusals(Protocol):
    """Where refusals are kept; their ids are UUIDv7, so that their order is that of time."""

    def add(self, rows: Sequence[Refused]) -> None:
        """Keep refusals, all of them or none; text that is too long is cut."""

    def list(
        self, *, organisation: str | None = None, before: str | None = None, limit: int
    ) -> Sequence[Refused]:
        """Return the newest first: of one organisation or of all, older than the id `before`.

        Raises RefusalError invalid-id for a cursor that is no id.
        """

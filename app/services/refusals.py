"""The audit trail of refusals: every write that was refused leaves a row, never a leaf."""

from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

Row = tuple[Any, ...]
"""A refusal's columns, in the order of Refused's members."""


class Refused(NamedTuple):
    """One write that was refused; `refused_at` in UTC milliseconds, nothing of its content.

    `operation` and `type` are None where it was refused before it was an operation.
    """

    id: str
    refused_at: int
    organisation: str
    request: str
    operation: str | None
    type: str | None
    status: int
    code: str
    rule: str
    pointer: str


class Refusals(Protocol):
    """Where refusals are kept; their ids are UUIDv7, so that their order is that of time."""

    def add(self, rows: Sequence[Row]) -> None:
        """Keep refusals, all of them or none; text that is too long is cut."""

    def list(
        self, *, organisation: str | None = None, before: str | None = None, limit: int
    ) -> Sequence[Row]:
        """Return the newest first: of one organisation or of all, older than the id `before`.

        Raises RefusalError invalid-id for a cursor that is no id.
        """

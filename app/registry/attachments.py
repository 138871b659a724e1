"""What is kept beside the log with an operation: readings, attribute documents, vault records."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Attachments:
    """Rows that no replay can rebuild, written in the same transaction as their operation.

    `readings`: (device, start, canonical JSON array of interval leaves), in place of what stood
    there; `documents`: (hex SHA-256, canonical bytes); `vault`: (hex commitment, sealed bytes);
    `erased`: (hex commitment,) of records to be deleted.
    """

    readings: Sequence[tuple[str, int, bytes]] = ()
    documents: Sequence[tuple[str, bytes]] = ()
    vault: Sequence[tuple[str, bytes]] = ()
    erased: Sequence[tuple[str]] = ()


NOTHING = Attachments()

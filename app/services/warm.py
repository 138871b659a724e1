"""Warm state: what a process knows since its own last block, good for as long as no other wrote."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from threading import Lock

from app.registry.operation import QUANTITY, RANGE, Read
from app.registry.state import State

KEPT_MAX = 50_000
"""How many reads and bundles are kept at the most; beyond it a process begins anew."""


@dataclass(slots=True)
class Known:
    """A State, the header hash up to which it is true, and which reads have filled it."""

    state: State = field(default_factory=State)
    header_hash: str = ""
    reads: set[Read] = field(default_factory=set)

    def missing(self, reads: Iterable[Read]) -> list[Read]:
        """Return the reads that must still be loaded; quantities have a round of their own."""
        return [read for read in dict.fromkeys(reads) if not self._has(read)]

    def _has(self, read: Read) -> bool:
        if read.kind == QUANTITY or read in self.reads:
            return True
        return read.kind == RANGE and self.state.covers(read.key)


class WarmState:
    """Keeps one Known between groups; whoever takes it has it alone."""

    def __init__(self) -> None:
        """Begin knowing nothing."""
        self._lock = Lock()
        self._kept: Known | None = None

    def take(self) -> Known:
        """Return what is kept, which nobody else has then, or an empty one."""
        with self._lock:
            kept, self._kept = self._kept, None
        return kept or Known()

    def keep(self, known: Known, *, header_hash: str) -> None:
        """Keep what is true at a header, unless it has grown too large."""
        known.header_hash = header_hash
        known.state.recorded.clear()
        if len(known.reads) + len(known.state.bundles) <= KEPT_MAX:
            with self._lock:
                self._kept = known

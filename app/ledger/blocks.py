"""Blocks as they are kept: the head of the log, its entries, and one row for each block."""

from dataclasses import dataclass

from app.ledger.leaves import NO_HASH
from app.ledger.merkle import Frontier


@dataclass(frozen=True, slots=True)
class Head:
    """The end of the log: last height (-1 before genesis), size, header hash, time, edge."""

    height: int
    size: int
    header_hash: str
    time_ms: int
    edge: tuple[bytes, ...]

    @property
    def frontier(self) -> Frontier:
        """The tree's right edge, to be appended to."""
        return Frontier(self.size, self.edge)


EMPTY_HEAD = Head(height=-1, size=0, header_hash=NO_HASH, time_ms=0, edge=())


@dataclass(frozen=True, slots=True)
class Entry:
    """A leaf and by what it is found; header leaves have no operation and no parties."""

    leaf: bytes
    operation: str | None = None
    type: str | None = None
    by: str | None = None
    parties: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signing:
    """What local authorities sign next; recorded with the block, before a signature gets out."""

    authorities: tuple[str, ...]
    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class Recorded:
    """Where an operation stands on the log."""

    index: int
    height: int
    leaf: bytes


@dataclass(frozen=True, slots=True)
class Block:
    """A block as its row holds it; the checkpoint carries its seal."""

    height: int
    first: int
    count: int
    time_ms: int
    leader: str
    hash: str
    checkpoint: str

    @property
    def size(self) -> int:
        """The size of the log at this block's checkpoint."""
        return self.first + self.count + 1

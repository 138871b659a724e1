"""What services need of the world: storage, as narrow protocols that any database can fill."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from app.audit.projection import Tables
from app.audit.sources import LogSource
from app.ledger.blocks import Block, Entry, Head, Recorded, Signing
from app.registry.attachments import Attachments
from app.registry.operation import Read
from app.registry.state import Rows, State


class Unit(Protocol):
    """One writing transaction under the head-row lock."""

    head: Head
    now_ms: int

    def begin(
        self, state: State, *, ids: Sequence[str] = (), reads: Iterable[Read] = ()
    ) -> dict[str, Recorded]:
        """Take the lock, then read head, clock and what is named; return what is recorded."""

    def load(self, state: State, reads: Iterable[Read]) -> None:
        """Load what the reads name, in a round of its own."""

    def load_oldest(self, state: State, reads: Iterable[Read], *, time_ms: int) -> None:
        """Load the oldest bundles that quantities will take."""

    def load_neighbours(self, state: State) -> None:
        """Load the bundles beside what changed."""

    def is_held(self, lease: str, holder: str, token: int) -> bool:
        """Say whether a lease is still its holder's, under that token, at the unit's moment."""

    def write(
        self,
        *,
        head: Head,
        block: Block,
        entries: Sequence[Entry],
        rows: Rows,
        attachments: Attachments,
        signing: Signing,
    ) -> None:
        """Write a block and the new head, fenced by the old one and by what was signed."""

    def commit(self, *, height: int, header_hash: str) -> None:
        """Make it durable. Raises RefusalError outcome-unknown where that cannot be told."""


class Log(LogSource, Tables, Protocol):
    """The log at one moment, with the tables beside it."""

    @property
    def head(self) -> Head:
        """The head at that moment."""

    def node(self, level: int, index: int) -> bytes:
        """Return a complete node of the tree."""

    def block(self, height: int) -> Block | None:
        """Return a block's row."""

    def blocks(self, *, after: int, limit: int) -> list[Block]:
        """Return blocks in order of height."""

    def range(self, first: int, end: int) -> Iterator[bytes]:
        """Yield leaves [first, end)."""


class Storage(Protocol):
    """A registry's database."""

    def prepare(self) -> None:
        """Bring the schema to the newest revision."""

    def check(self) -> None:
        """Refuse a schema that this version does not know."""

    def unit(self) -> AbstractContextManager[Unit]:
        """Give one writing transaction; rolled back unless committed."""

    def log(self) -> AbstractContextManager[Log]:
        """Give the log as it stands at one moment."""

"""The chain: headers follow each other, and each commits to its own operations."""

from app.audit.findings import Report
from app.consensus.authorities import AuthoritySet
from app.consensus.engines import engine_of
from app.ledger.leaves import NO_HASH, HeaderLeaf, header_hash
from app.ledger.merkle import Frontier

OPERATIONS_MAX = 1_000
"""How many operations a block holds at most; genesis stands alone."""


class Chain:
    """Where a walk stands in the chain: the block before, and the operations since."""

    def __init__(self, *, origin: str, authority_set: AuthoritySet) -> None:
        """Begin before block 0, under the set that genesis puts in force."""
        self._origin = origin
        self._set = authority_set
        self._engine = engine_of(authority_set)
        self._operations = Frontier()
        self.previous = NO_HASH
        self.height = -1
        self.time_ms = 0
        self.first = 0

    @classmethod
    def after(
        cls, header: HeaderLeaf, leaf: bytes, *, origin: str, authority_set: AuthoritySet
    ) -> "Chain":
        """Take up the chain behind a block that is known."""
        chain = cls(origin=origin, authority_set=authority_set)
        chain._close(header, leaf)
        return chain

    @property
    def is_open(self) -> bool:
        """Say whether operations wait for their header."""
        return self._operations.size > 0

    def add_operation(self, hashed: bytes) -> None:
        """Take in the leaf hash of an operation of the open block."""
        self._operations.append(hashed)

    def close_block(self, header: HeaderLeaf, leaf: bytes, report: Report) -> None:
        """Check a header against what came before it, and go on behind it."""
        expected = {
            "origin": self._origin,
            "height": self.height + 1,
            "previous": self.previous,
            "first": self.first,
            "count": self._operations.size,
            "operations_root": self._operations.root(),
            "authorities": self._set.digest,
            "leader": self._engine.leader(self._set, header.height),
        }
        where = f"height {self.height + 1}"
        for name, value in expected.items():
            if getattr(header, name) != value:
                report.add("header-broken", where, f"{name} is not as the chain gives it")
        if header.time_ms < self.time_ms:
            report.add("header-broken", where, "its time is before the block before it")
        most = OPERATIONS_MAX if self.height >= 0 else 1
        if self._operations.size > most:
            report.add("header-broken", where, "it closes more operations than its block may hold")
        self._close(header, leaf)

    def _close(self, header: HeaderLeaf, leaf: bytes) -> None:
        self.previous = header_hash(leaf)
        self.height = header.height
        self.time_ms = max(self.time_ms, header.time_ms)
        self.first = header.index + 1
        self._operations = Frontier()

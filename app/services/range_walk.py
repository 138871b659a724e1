"""A walk over a range of blocks: it starts from what stands before, and says what it found."""

from collections.abc import Sequence

from app.audit.chain import Chain
from app.audit.findings import Report
from app.audit.identity import LogIdentity
from app.audit.seals import Seals
from app.ledger.blocks import Block
from app.ledger.leaves import HeaderLeaf, LeafError, OperationLeaf, parse_leaf
from app.ledger.merkle import HASH_BYTES, Frontier, leaf_hash, read_edge
from app.ledger.notes import Checkpoint, Note, NoteError
from app.ledger.tiles import TILE_WIDTH, Tile
from app.services.ports import Log


class RangeWalk:
    """Checks blocks against each other, their leaves, their rows and their seals."""

    def __init__(self, log: Log, identity: LogIdentity, report: Report) -> None:
        """Begin before block 0."""
        self._log = log
        self._report = report
        self._identity = identity
        self._chain = self._new_chain()
        self._seals = Seals(log_key=identity.log_key, authority_set=identity.authority_set)
        self._frontier: Frontier | None = Frontier()

    def start_after(self, block: Block) -> bool:
        """Take up chain and tree behind a block; say whether its header could be read."""
        where = f"height {block.height}"
        data = next(iter(self._log.range(block.size - 1, block.size)), b"")
        header = self._parse(data, block.size - 1)
        if not isinstance(header, HeaderLeaf):
            self._report.add("header-broken", where, "no header closes the block before the range")
            return False
        self._chain = Chain.after(
            header,
            data,
            origin=self._identity.origin,
            authority_set=self._identity.authority_set,
        )
        self._frontier = self._rebuilt(block.size)
        if self._frontier is None or _root_of(block.checkpoint) != self._frontier.root():
            self._lose(where, "what stands before the range does not give the sealed root")
        return True

    def take(self, block: Block) -> None:
        """Check the next block."""
        where = f"height {block.height}"
        if block.first != self._chain.first:
            self._report.add("table-differs", where, "the block's row begins elsewhere")
        leaves = list(self._log.range(block.first, block.size))
        if len(leaves) != block.size - block.first:
            self._report.add("leaf-altered", where, "leaves of the block are missing")
        hashes = [leaf_hash(leaf) for leaf in leaves]
        for at, leaf in enumerate(leaves[:-1]):
            self._parse(leaf, block.first + at)
            self._chain.add_operation(hashes[at])
        self._report.operations += max(len(leaves) - 1, 0)
        self._close(block, leaves[-1] if leaves else b"")
        self._check_seal(block, hashes)
        self._report.height = block.height
        self._report.size = block.size

    def finish(self) -> None:
        """Compare the head of the log, where the range ends with it."""
        head = self._log.head
        if head.height != self._report.height:
            return
        found = (head.size, head.header_hash)
        if found != (self._report.size, self._chain.previous):
            self._report.add("table-differs", "head", "not behind the last block")
        elif self._frontier is not None and head.frontier.root() != self._frontier.root():
            self._report.add("table-differs", "head", "its edge is not the tree's")

    def _close(self, block: Block, data: bytes) -> None:
        """Check the header against the chain, and the row against the header."""
        where = f"height {block.height}"
        header = self._parse(data, block.size - 1)
        if not isinstance(header, HeaderLeaf):
            self._report.add("header-broken", where, "no header closes the block")
            self._skip(block)
            return
        self._chain.close_block(header, data, self._report)
        row = (block.height, block.first, block.count, block.time_ms, block.leader)
        said = (header.height, header.first, header.count, header.time_ms, header.leader)
        if row != said:
            self._report.add("table-differs", where, "the block's row is not its header")
        if block.hash != self._chain.previous:
            self._report.add("table-differs", where, "the block's hash is not its header's")

    def _check_seal(self, block: Block, hashes: Sequence[bytes]) -> None:
        """Check the seal, and the tree's root under it."""
        report, where = self._report, f"height {block.height}"
        checkpoint = self._seals.check(
            block.checkpoint, where=where, report=report, needs_quorum=True
        )
        sealed = None if checkpoint is None else checkpoint.root
        if checkpoint and (checkpoint.origin, checkpoint.size) != (report.origin, block.size):
            report.add("checkpoint-differs", where, "another origin or size than the block's")
            sealed = None
        self._check_root(block, hashes, sealed)

    def _check_root(self, block: Block, hashes: Sequence[bytes], sealed: bytes | None) -> None:
        """Let the sealed root tell whether leaf or tile was altered, and go on with the other."""
        report = self._report
        if self._frontier is None:
            return
        for hashed in hashes:
            self._frontier.append(hashed)
        is_sealed = sealed in (None, self._frontier.root())
        disputed = [
            at for at, hashed in enumerate(hashes, block.first) if self._differs(at, hashed)
        ]
        for at in disputed:
            code = "tile-differs" if is_sealed else "leaf-altered"
            report.add(code, f"leaf {at}", "leaf and hash tile disagree; the sealed root decides")
        if is_sealed:
            return
        self._frontier = self._rebuilt(block.size)
        if self._frontier is None or self._frontier.root() != sealed:
            where = f"height {block.height}"
            self._lose(where, "leaves do not give the sealed root, from here on")

    def _differs(self, index: int, hashed: bytes) -> bool:
        """Say whether a full hash tile says otherwise than the leaf."""
        number, at = divmod(index, TILE_WIDTH)
        data = self._log.tile(Tile(0, number, TILE_WIDTH))
        return data is not None and data[at * HASH_BYTES : (at + 1) * HASH_BYTES] != hashed

    def _rebuilt(self, size: int) -> Frontier | None:
        """Return the tree's edge from stored tiles; None where they are no tiles."""
        try:
            return Frontier(size, read_edge(size, self._log.node))
        except ValueError:
            return None

    def _lose(self, where: str, detail: str) -> None:
        self._report.add("root-differs", where, detail)
        self._frontier = None

    def _parse(self, data: bytes, index: int) -> HeaderLeaf | OperationLeaf | None:
        try:
            return parse_leaf(data)
        except LeafError as error:
            self._report.add("leaf-unreadable", f"leaf {index}", str(error))
            return None

    def _new_chain(self) -> Chain:
        identity = self._identity
        return Chain(origin=identity.origin, authority_set=identity.authority_set)

    def _skip(self, block: Block) -> None:
        """Go on behind a block without a header by what its row says."""
        self._chain = self._new_chain()
        self._chain.height = block.height
        self._chain.previous = block.hash
        self._chain.first = block.size
        self._chain.time_ms = block.time_ms


def _root_of(checkpoint: str) -> bytes | None:
    """Return the root that a sealed checkpoint states; None where it cannot be read."""
    try:
        return Checkpoint.parse(Note.parse(checkpoint).text).root
    except NoteError:
        return None

"""The tree rebuilt from leaves, beside the tree that the hash tiles claim."""

from app.audit.findings import Report
from app.audit.sources import LogSource, SourceError
from app.ledger.merkle import Frontier, leaf_hash, root
from app.ledger.tiles import TILE_WIDTH, Tile, TileError, split_tile


class RebuiltTree:
    """Hashes each leaf, compares it with its tile, and knows which of two trees was sealed.

    Where a leaf and its tile disagree, both trees are carried on: the sealed root tells which of
    the two was altered, and the walk goes on with the other, so that one flipped byte is one
    finding and not one for each later block.
    """

    def __init__(self, source: LogSource, size: int) -> None:
        """Read tiles from the source, whose log has that many leaves."""
        self._source = source
        self._size = size
        self._frontier = Frontier()
        self._claimed: Frontier | None = None
        self._disputed: list[int] = []
        self._is_lost = False
        self._tile: list[bytes] | None = None
        self._levels: list[list[bytes]] = []

    def append(self, leaf: bytes, index: int, report: Report) -> bytes:
        """Add a leaf; return its hash."""
        hashed = leaf_hash(leaf)
        claimed = self._claimed_hash(index, report) or hashed
        if claimed != hashed and self._claimed is None:
            self._claimed = Frontier(self._frontier.size, self._frontier.edge)
        if claimed != hashed:
            self._disputed.append(index)
        if self._claimed is not None:
            self._claimed.append(claimed)
        self._frontier.append(hashed)
        self._add_to_level(0, hashed, report)
        return hashed

    def check_root(self, sealed: bytes, where: str, report: Report) -> None:
        """Compare with a sealed root, and settle which leaves or tiles were altered."""
        if sealed == self._frontier.root():
            self._settle("tile-differs", "the tile's hash is not the leaf's", report)
        elif self._claimed is not None and sealed == self._claimed.root():
            self._settle("leaf-altered", "the leaf is not the one that was sealed", report)
            self._frontier = Frontier(self._claimed.size, self._claimed.edge)
        elif not self._is_lost:
            self._is_lost = True
            report.add("root-differs", where, "leaves do not give the sealed root, from here on")
            return
        if not self._is_lost:
            self._claimed = None

    @property
    def size(self) -> int:
        """How many leaves so far."""
        return self._frontier.size

    @property
    def edge(self) -> tuple[bytes, ...]:
        """The complete subtrees' hashes, largest first."""
        return self._frontier.edge

    @property
    def root(self) -> bytes:
        """The tree head over the leaves so far."""
        return self._frontier.root()

    def finish(self, report: Report) -> None:
        """Check the partial tiles of the higher levels."""
        self._settle("tile-differs", "the tile's hash is not the leaf's", report)
        for level, hashes in enumerate(self._levels[1:], 1):
            number, width = divmod(self._size >> (8 * level), TILE_WIDTH)
            if width:
                self._compare(Tile(level, number, width), hashes, report)

    def _settle(self, code: str, detail: str, report: Report) -> None:
        for index in self._disputed:
            report.add(code, f"leaf {index}", detail)
        self._disputed.clear()

    def _claimed_hash(self, index: int, report: Report) -> bytes | None:
        number, at = divmod(index, TILE_WIDTH)
        if at == 0:
            width = min(self._size - index, TILE_WIDTH)
            self._tile = self._read(Tile(0, number, width), report)
        return self._tile[at] if self._tile is not None else None

    def _add_to_level(self, level: int, hashed: bytes, report: Report) -> None:
        """Collect the hashes that a level's tiles must hold; a full run makes the level above."""
        while len(self._levels) <= level:
            self._levels.append([])
        hashes = self._levels[level]
        hashes.append(hashed)
        if len(hashes) == TILE_WIDTH:
            above = root(hashes)
            if level:
                number = (self._frontier.size >> (8 * (level + 1))) - 1
                self._compare(Tile(level, number, TILE_WIDTH), hashes, report)
            hashes.clear()
            self._add_to_level(level + 1, above, report)

    def _compare(self, tile: Tile, hashes: list[bytes], report: Report) -> None:
        found = self._read(tile, report)
        if found is not None and found != hashes:
            report.add("tile-differs", tile.path, "it is not over the tiles below")

    def _read(self, tile: Tile, report: Report) -> list[bytes] | None:
        try:
            data = self._source.tile(tile)
            hashes = None if data is None else split_tile(data)
        except SourceError as error:
            report.add("export-incomplete", error.where, error.detail)
            return None
        except TileError as error:
            report.add("tile-differs", tile.path, str(error))
            return None
        if hashes is None and tile.width == TILE_WIDTH:
            report.add("tile-differs", tile.path, "it is not stored")
        if hashes is not None and len(hashes) != tile.width:
            report.add("tile-differs", tile.path, f"holds {len(hashes)} hashes")
            return None
        return hashes

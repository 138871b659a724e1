"""Paths and bytes of C2SP tlog-tiles: hash tiles, entry bundles and their numbering."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from app.ledger.merkle import HASH_BYTES, ReadNode, root

TILE_WIDTH = 256
TILE_LEVELS = 8


class TileError(ValueError):
    """Bytes that are not the tile or bundle that they should be."""


@dataclass(frozen=True, slots=True)
class Tile:
    """The place of a tile: its level, number and width (256 when full)."""

    level: int
    number: int
    width: int

    @property
    def path(self) -> str:
        """`tile/<L>/<N>[.p/<W>]`."""
        return f"tile/{self.level}/{numbered(self.number, self.width)}"


def numbered(number: int, width: int) -> str:
    """Return `<N>[.p/<W>]`, N in path elements of three digits, all but the last with an x."""
    digits = str(number)
    digits = digits.zfill(-(-len(digits) // 3) * 3)
    parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    path = "/".join([f"x{part}" for part in parts[:-1]] + parts[-1:])
    return path if width == TILE_WIDTH else f"{path}.p/{width}"


def bundles(size: int) -> Iterator[tuple[int, int]]:
    """Yield (number, width) of every run of 256 among `size` things, the last one partial."""
    full, rest = divmod(size, TILE_WIDTH)
    for number in range(full):
        yield number, TILE_WIDTH
    if rest:
        yield full, rest


def tiles(size: int) -> Iterator[Tile]:
    """Yield every tile of a tree of that size, level by level."""
    level = 0
    while size:
        for number, width in bundles(size):
            yield Tile(level, number, width)
        size //= TILE_WIDTH
        level += 1


def tile_bytes(tile: Tile, read: ReadNode) -> bytes:
    """Return a tile's hashes, read from the tree."""
    first = tile.number * TILE_WIDTH
    level = tile.level * TILE_LEVELS
    return b"".join(read(level, first + at) for at in range(tile.width))


def split_tile(data: bytes) -> list[bytes]:
    """Return the hashes of a tile. Raises TileError."""
    if not data or len(data) % HASH_BYTES or len(data) > TILE_WIDTH * HASH_BYTES:
        raise TileError("a tile is 1 to 256 hashes of 32 bytes")
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]


def join_entries(leaves: Iterable[bytes]) -> bytes:
    """Return an entry bundle: each leaf behind its length in two bytes, big-endian."""
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def split_entries(data: bytes) -> list[bytes]:
    """Return the leaves of an entry bundle. Raises TileError."""
    leaves = []
    at = 0
    while at < len(data):
        end = at + 2 + int.from_bytes(data[at : at + 2], "big")
        if end > len(data):
            raise TileError("an entry bundle ends inside an entry")
        leaves.append(data[at + 2 : end])
        at = end
    return leaves


def node_from_tiles(level: int, index: int, hashes: Sequence[bytes]) -> bytes:
    """Return a complete node from the hashes of the tile that covers it.

    `hashes` begin at the tile's first; level and index are those of the node in the tree. Raises
    TileError where they end before the node does.
    """
    inside = level % TILE_LEVELS
    first = (index << inside) % TILE_WIDTH
    nodes = hashes[first : first + (1 << inside)]
    if len(nodes) != 1 << inside:
        raise TileError("the tile does not reach as far as the node")
    return root(nodes)

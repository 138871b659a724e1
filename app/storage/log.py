"""The log as rows: a source for audits and exports, and the nodes that proofs are made of."""

from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, func, select

from app.ledger.blocks import Block, Head
from app.ledger.merkle import leaf_hash, root
from app.ledger.tiles import TILE_LEVELS, TILE_WIDTH, Tile, node_from_tiles
from app.registry.errors import RefusalError
from app.registry.operations import schema_files
from app.registry.ranges import Bundle
from app.registry.state import ENTITIES
from app.storage import tables
from app.storage.rows import BUNDLE_COLUMNS, MAPPINGS
from app.storage.unit_of_work import split_hashes

CHUNK = 1024


class DatabaseLog:
    """The log in a database, up to the size it had when this was made; later appends are unseen.

    It reads in one transaction, so that an audit sees one moment.
    """

    has_files = False

    def __init__(self, connection: Connection) -> None:
        """Take a connection whose transaction has begun or will begin with the first read."""
        self._connection = connection
        self._head_row = read_head(connection)
        self._head = self._head_row or headless(connection)

    @property
    def head(self) -> Head:
        """The head at that moment."""
        return self._head

    def size(self) -> int:
        """Return the head's size."""
        return self._head.size

    def leaves(self) -> Iterator[bytes]:
        """Yield every leaf in order."""
        return self.range(0, self._head.size)

    def range(self, first: int, end: int) -> Iterator[bytes]:
        """Yield leaves [first, end) in order."""
        column = tables.leaves.c.index
        query = select(tables.leaves.c.leaf).order_by(column)
        for start in range(first, end, CHUNK):
            part = query.where(column >= start, column < min(start + CHUNK, end))
            yield from self._connection.scalars(part)

    def checkpoint(self) -> str:
        """Return the last block's checkpoint."""
        return self.seal(self._head.height) or ""

    def seal(self, height: int) -> str | None:
        """Return the sealed checkpoint of a block."""
        return self._checkpoints(height // TILE_WIDTH).get(height)

    def tile(self, tile: Tile) -> bytes | None:
        """Return a stored tile; partial ones are not stored."""
        if tile.width < TILE_WIDTH:
            return None
        return self._tile(tile.level, tile.number)

    def schema(self, name: str) -> bytes:
        """Return an installed schema."""
        return schema_files()[name]

    def policy(self, from_height: int) -> bytes:
        """Return nothing: a database keeps no policy files."""
        raise NotImplementedError(from_height)

    def document(self, digest: str) -> bytes | None:
        """Return an attribute document."""
        column = tables.documents.c.body
        return self._connection.scalar(select(column).where(tables.documents.c.hash == digest))

    def readings(self, device: str) -> Iterator[bytes]:
        """Yield a device's intervals, a JSON array for each span, in order of time."""
        query = (
            select(tables.readings.c.intervals)
            .where(tables.readings.c.device == device)
            .order_by(tables.readings.c.start)
        )
        yield from self._connection.scalars(query)

    def node(self, level: int, index: int) -> bytes:
        """Return a complete node of the tree; a ReadNode."""
        base = level - level % TILE_LEVELS
        first = index << (level - base)
        return node_from_tiles(level, index, self._hashes(base // TILE_LEVELS, first // TILE_WIDTH))

    def kinds(self) -> Iterable[type[Any]]:
        """Return the kinds of value that have tables."""
        return ENTITIES

    def entities(self, kind: type[Any]) -> Iterator[Any]:
        """Yield every row of a kind as its value; None for a row that is no such value."""
        mapping = MAPPINGS[kind]
        for row in self._connection.execute(select(mapping.table)):
            try:
                yield mapping.from_row(row)
            except (ValueError, TypeError, RefusalError):
                yield None

    def bundles(self) -> Iterator[tuple[Bundle, int | None]]:
        """Yield every bundle with the height at which it was closed."""
        query = select(*BUNDLE_COLUMNS, tables.bundles.c.to_height)
        for row in self._connection.execute(query):
            yield Bundle._make(row[:-1]), row[-1]

    def head_row(self) -> Head | None:
        """Return the row that says where the log ends."""
        return self._head_row

    def entry_rows(self) -> Iterator[tuple[int, int, str | None, str | None, str | None]]:
        """Yield what stands beside every leaf, in order."""
        columns = tables.leaves.c
        query = select(
            columns.index, columns.height, columns.operation, columns.type, columns.by
        ).order_by(columns.index)
        rows = self._connection.execute(query)
        yield from ((at, height, id_, verb, by) for at, height, id_, verb, by in rows)

    def party_rows(self) -> Iterator[tuple[str, int]]:
        """Yield every organisation with the leaves that concern it, in order."""
        columns = tables.parties.c
        query = select(columns.organisation, columns.index).order_by(
            columns.organisation, columns.index
        )
        yield from ((organisation, at) for organisation, at in self._connection.execute(query))

    def block_rows(self) -> Iterator[Block]:
        """Yield every block's row, in order."""
        query = select(tables.blocks).order_by(tables.blocks.c.height)
        for row in self._connection.execute(query):
            yield Block(*row)

    def tile_rows(self) -> Iterator[tuple[int, int]]:
        """Yield level and number of every stored tile."""
        query = select(tables.tiles.c.level, tables.tiles.c.number)
        yield from ((level, number) for level, number in self._connection.execute(query))

    def block(self, height: int) -> Block | None:
        """Return a block's row."""
        query = select(tables.blocks).where(tables.blocks.c.height == height)
        row = self._connection.execute(query).first()
        return None if row is None else Block(*row)

    def blocks(self, *, after: int, limit: int) -> list[Block]:
        """Return blocks in order of height, from the one after a height."""
        query = (
            select(tables.blocks)
            .where(tables.blocks.c.height > after)
            .order_by(tables.blocks.c.height)
            .limit(limit)
        )
        return [Block(*row) for row in self._connection.execute(query)]

    def _hashes(self, level: int, number: int) -> list[bytes]:
        """Return a tile's hashes, as far as the tree has them."""
        stored = self._tile(level, number)
        if stored is not None:
            return split_hashes(stored)
        first = number * TILE_WIDTH
        if level == 0:
            return [
                leaf_hash(leaf)
                for leaf in self.range(first, min(first + TILE_WIDTH, self._head.size))
            ]
        end = self._head.size >> (TILE_LEVELS * level)
        return [
            root(self._hashes(level - 1, at)) for at in range(first, min(first + TILE_WIDTH, end))
        ]

    @lru_cache(maxsize=64)  # noqa: B019 - lives as long as one reading transaction
    def _tile(self, level: int, number: int) -> bytes | None:
        query = select(tables.tiles.c.hashes).where(
            tables.tiles.c.level == level, tables.tiles.c.number == number
        )
        return self._connection.scalar(query)

    @lru_cache(maxsize=4)  # noqa: B019 - lives as long as one reading transaction
    def _checkpoints(self, number: int) -> dict[int, str]:
        height = tables.blocks.c.height
        first = number * TILE_WIDTH
        query = select(height, tables.blocks.c.checkpoint).where(
            height >= first, height < first + TILE_WIDTH, height <= self._head.height
        )
        return {row[0]: row[1] for row in self._connection.execute(query)}


def headless(connection: Connection) -> Head:
    """Return how far the leaves go where no head says so."""
    size = connection.scalar(select(func.count()).select_from(tables.leaves)) or 0
    height = connection.scalar(select(func.max(tables.blocks.c.height)))
    return Head(-1 if height is None else height, size, "", 0, ())


def read_head(connection: Connection) -> Head | None:
    """Return the head as it stands; None where its row is gone."""
    columns = [column for column in tables.head.columns if column.name != "id"]
    row = connection.execute(select(*columns)).first()
    if row is None:
        return None
    height, size, header_hash, time_ms, edge = row
    return Head(height, size, header_hash, time_ms, tuple(split_hashes(edge)))

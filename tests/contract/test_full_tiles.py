"""Tiles and nodes: whatever the groups' sizes, the database gives the tree of RFC 6962."""

from collections.abc import Iterator

import pytest
from sqlalchemy import select

from app.ledger.merkle import Tree, leaf_hash
from app.ledger.tiles import TILE_WIDTH, Tile, tile_bytes
from app.storage.storage import Storage
from app.storage.tables import tiles
from tests.contract.bare_log import append, words


def stored_tiles(storage: Storage) -> dict[tuple[int, int], bytes]:
    with storage.reading() as connection:
        rows = connection.execute(select(tiles.c.level, tiles.c.number, tiles.c.hashes))
        return {(row.level, row.number): row.hashes for row in rows}


def full_tiles(tree: Tree) -> dict[tuple[int, int], bytes]:
    """Return every full tile of a tree."""
    found = {}
    level, count = 0, tree.size // TILE_WIDTH
    while count:
        for number in range(count):
            found[level, number] = tile_bytes(Tile(level, number, TILE_WIDTH), tree.node)
        level, count = level + 1, count // TILE_WIDTH
    return found


def complete_nodes(size: int) -> Iterator[tuple[int, int]]:
    """Yield level and index of complete nodes: all of a small tree, the ends of a large one."""
    for level in range(size.bit_length()):
        count = size >> level
        yield from ((level, at) for at in sorted({0, 1, count // 2, count - 1} & {*range(count)}))


@pytest.mark.parametrize(
    "sizes",
    [
        [255],
        [256],
        [257],
        [255, 1],
        [255, 2],
        [1, 255],
        [256, 256],
        [200, 57, 300],
        [1000, 24],
        [3] * 90,
    ],
    ids=lambda sizes: "+".join(map(str, sizes[:4])),
)
def test_a_full_tile_is_written_with_the_leaf_that_fills_it(
    storage: Storage, sizes: list[int]
) -> None:
    tree = Tree()

    for size in sizes:
        leaves = words(tree.size, size)
        append(storage, leaves)
        for leaf in leaves:
            tree.append(leaf_hash(leaf))

    assert stored_tiles(storage) == full_tiles(tree)
    with storage.log() as log:
        for level, index in complete_nodes(tree.size):
            assert log.node(level, index) == tree.node(level, index)


def test_a_tile_of_the_second_level_is_written_with_the_leaf_that_fills_it(
    storage: Storage,
) -> None:
    tree = Tree()
    level_one = []

    for size in (65_000, 535, 1, 1, 300):
        leaves = words(tree.size, size)
        append(storage, leaves)
        for leaf in leaves:
            tree.append(leaf_hash(leaf))
        level_one.append(sum(level == 1 for level, _ in stored_tiles(storage)))

    assert level_one == [0, 0, 1, 1, 1]
    assert stored_tiles(storage) == full_tiles(tree)
    with storage.log() as log:
        for level, index in complete_nodes(tree.size):
            assert log.node(level, index) == tree.node(level, index)


def test_a_group_that_crosses_the_second_level_fills_it_and_begins_the_next(
    storage: Storage,
) -> None:
    tree = Tree()

    for size in (65_100, 1_000):
        leaves = words(tree.size, size)
        append(storage, leaves)
        for leaf in leaves:
            tree.append(leaf_hash(leaf))

    assert stored_tiles(storage) == full_tiles(tree)
    assert (1, 0) in full_tiles(tree)


def test_partial_tiles_are_not_stored(storage: Storage) -> None:
    append(storage, words(0, 300))

    with storage.log() as log:
        assert log.tile(Tile(0, 1, 44)) is None
        assert log.tile(Tile(0, 1, TILE_WIDTH)) is None
        assert log.tile(Tile(0, 0, TILE_WIDTH)) == stored_tiles(storage)[0, 0]


def test_the_head_keeps_the_edge_of_the_tree(storage: Storage) -> None:
    append(storage, words(0, 300))

    append(storage, words(300, 77))

    tree = Tree(leaf_hash(leaf) for leaf in words(0, 377))
    with storage.log() as log:
        edge = log.head.edge
    assert edge == (
        tree.node(8, 0),
        tree.node(6, 4),
        tree.node(5, 10),
        tree.node(4, 22),
        tree.node(3, 46),
        tree.node(0, 376),
    )

"""Tiles: paths and widths of the specification, bundles of entries, nodes found in tiles."""

from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ledger.merkle import Tree, leaf_hash
from app.ledger.tiles import (
    TILE_LEVELS,
    TILE_WIDTH,
    Tile,
    TileError,
    bundles,
    join_entries,
    node_from_tiles,
    numbered,
    split_entries,
    split_tile,
    tile_bytes,
    tiles,
)

BIG_SIZE = 70_000
BIG_TREE = Tree(leaf_hash(b"%d" % number) for number in range(BIG_SIZE))
LEAVES = st.lists(st.binary(max_size=40), max_size=20)


def covering_tile(level: int, index: int, size: int) -> Tile:
    """Return the widest tile of the tree that holds what a node is made of."""
    number = (index << level % TILE_LEVELS) // TILE_WIDTH
    (tile,) = (
        tile for tile in tiles(size) if (tile.level, tile.number) == (level // TILE_LEVELS, number)
    )
    return tile


def node_through_tile(level: int, index: int, tree: Tree) -> bytes:
    tile = covering_tile(level, index, tree.size)
    hashes = split_tile(tile_bytes(tile, tree.node))
    return node_from_tiles(level, index, hashes)


def test_the_specifications_tree_of_70_000_has_the_tiles_that_it_names() -> None:
    found = list(tiles(BIG_SIZE))

    assert Counter((tile.level, tile.width) for tile in found) == {
        (0, 256): 273,
        (0, 112): 1,
        (1, 256): 1,
        (1, 17): 1,
        (2, 1): 1,
    }
    assert [tile.path for tile in found[272:]] == [
        "tile/0/272",
        "tile/0/273.p/112",
        "tile/1/000",
        "tile/1/001.p/17",
        "tile/2/000.p/1",
    ]


@pytest.mark.parametrize(
    ("number", "path"),
    [
        (0, "000"),
        (7, "007"),
        (273, "273"),
        (999, "999"),
        (1000, "x001/000"),
        (999_999, "x999/999"),
        (1_000_000, "x001/x000/000"),
        (1_234_067, "x001/x234/067"),
        (1_234_567_890, "x001/x234/x567/890"),
    ],
)
def test_a_number_is_written_in_elements_of_three_digits(number: int, path: str) -> None:
    assert numbered(number, 256) == path
    assert numbered(number, 17) == f"{path}.p/17"
    assert Tile(3, number, 256).path == f"tile/3/{path}"


@settings(deadline=None)
@given(st.integers(0, 2**63))
def test_a_path_reads_back_as_its_number(number: int) -> None:
    elements = numbered(number, 256).split("/")

    assert int("".join(elements).replace("x", "")) == number
    assert all(element.startswith("x") for element in elements[:-1])
    assert {len(element) for element in elements[:-1]} <= {4}
    assert len(elements[-1]) == 3
    assert elements[0] != "x000"


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        (0, []),
        (1, [(0, 1)]),
        (255, [(0, 255)]),
        (256, [(0, 256)]),
        (257, [(0, 256), (1, 1)]),
        (512, [(0, 256), (1, 256)]),
    ],
)
def test_runs_of_256_are_full_but_for_the_last(size: int, wanted: list[tuple[int, int]]) -> None:
    assert list(bundles(size)) == wanted


def test_an_empty_tree_has_no_tiles() -> None:
    assert list(tiles(0)) == []


def test_a_tree_of_256_has_one_full_tile_and_its_root_above() -> None:
    assert list(tiles(256)) == [Tile(0, 0, 256), Tile(1, 0, 1)]


@settings(deadline=None)
@given(st.integers(0, 2**20))
def test_the_tiles_of_a_level_hold_every_complete_node_of_that_level(size: int) -> None:
    widths: Counter[int] = Counter()
    for tile in tiles(size):
        widths[tile.level] += tile.width

    wanted = {level: size >> 8 * level for level in range(4) if size >> 8 * level}

    assert widths == wanted


def test_the_hashes_of_a_tile_are_the_nodes_of_its_level() -> None:
    data = tile_bytes(Tile(1, 1, 17), BIG_TREE.node)

    assert split_tile(data) == [BIG_TREE.node(8, 256 + at) for at in range(17)]


def test_every_complete_node_of_a_tree_is_found_in_a_tile() -> None:
    tree = Tree(leaf_hash(b"%d" % number) for number in range(300))

    for level in range(9):
        for index in range(300 >> level):
            assert node_through_tile(level, index, tree) == tree.node(level, index)


@settings(deadline=None)
@given(st.data())
def test_every_complete_node_of_a_big_tree_is_found_in_a_tile(data: st.DataObject) -> None:
    level = data.draw(st.integers(0, 16))
    index = data.draw(st.integers(0, (BIG_SIZE >> level) - 1))

    node = node_through_tile(level, index, BIG_TREE)

    assert node == BIG_TREE.node(level, index)


@pytest.mark.parametrize("width", [1, 2, 255, 256])
def test_a_tile_is_split_into_its_hashes(width: int) -> None:
    hashes = [leaf_hash(b"%d" % number) for number in range(width)]

    assert split_tile(b"".join(hashes)) == hashes


@pytest.mark.parametrize("length", [0, 1, 31, 33, 63, 256 * 32 - 1, 256 * 32 + 1, 257 * 32])
def test_a_tile_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(TileError, match="a tile is 1 to 256 hashes"):
        split_tile(bytes(length))


@settings(deadline=None)
@given(LEAVES)
def test_an_entry_bundle_is_split_as_it_was_joined(leaves: list[bytes]) -> None:
    assert split_entries(join_entries(leaves)) == leaves


def test_an_entry_stands_behind_its_length_in_two_bytes() -> None:
    leaves = [b"one", b"", b"x" * 258]

    data = join_entries(leaves)

    assert data == b"\x00\x03one\x00\x00\x01\x02" + b"x" * 258


def test_the_longest_entry_is_65_535_bytes() -> None:
    longest = b"x" * 65_535

    assert split_entries(join_entries([longest, b"y"])) == [longest, b"y"]
    with pytest.raises(OverflowError):
        join_entries([longest + b"x"])


@settings(deadline=None)
@given(LEAVES.filter(bool), st.data())
def test_a_bundle_cut_inside_an_entry_is_refused(leaves: list[bytes], data: st.DataObject) -> None:
    whole = join_entries(leaves)
    last = 2 + len(leaves[-1])
    cut = data.draw(st.integers(1, last - 1))

    with pytest.raises(TileError, match="ends inside an entry"):
        split_entries(whole[: len(whole) - cut])


@pytest.mark.parametrize("data", [b"\x00", b"\xff", b"\x00\x01", b"\x00\x03on", b"\x00\x01a\x00"])
def test_a_truncated_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(TileError, match="ends inside an entry"):
        split_entries(data)


def test_a_tile_that_ends_before_the_node_gives_no_node() -> None:
    with pytest.raises(TileError, match="does not reach"):
        node_from_tiles(2, 1, [bytes(32)] * 7)

"""Roots: frontier, tree and complete nodes, against RFC 9162 2.1.1 word for word."""

from collections.abc import Sequence
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ledger.merkle import (
    EMPTY_ROOT,
    Frontier,
    Tree,
    leaf_hash,
    node_hash,
    range_root,
    read_edge,
    root,
)

LEAVES = st.lists(st.binary(max_size=4), max_size=300)


def naive_root(leaves: Sequence[bytes]) -> bytes:
    """Return MTH as RFC 9162 2.1.1 defines it, in its own words and with nothing of ours."""
    if not leaves:
        return sha256().digest()
    if len(leaves) == 1:
        return sha256(b"\x00" + leaves[0]).digest()
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return sha256(b"\x01" + naive_root(leaves[:split]) + naive_root(leaves[split:])).digest()


def numbered_hashes(size: int) -> list[bytes]:
    return [leaf_hash(b"%d" % number) for number in range(size)]


def test_the_hashes_of_nothing_of_a_leaf_and_of_a_node_are_those_of_the_rfc() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    empty_leaf = "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"

    assert EMPTY_ROOT.hex() == root([]).hex() == empty
    assert leaf_hash(b"").hex() == empty_leaf
    assert node_hash(b"left", b"right") == sha256(b"\x01leftright").digest()


@settings(deadline=None)
@given(LEAVES)
def test_frontier_tree_and_definition_have_one_root(leaves: list[bytes]) -> None:
    hashes = [leaf_hash(leaf) for leaf in leaves]
    frontier, tree = Frontier(), Tree(hashes)
    for hashed in hashes:
        frontier.append(hashed)

    wanted = naive_root(leaves)

    assert frontier.root() == root(hashes) == wanted
    assert frontier.size == tree.size == len(leaves)
    if leaves:
        assert range_root(0, len(leaves), tree.node) == wanted


@settings(deadline=None)
@given(LEAVES, st.data())
def test_a_frontier_taken_up_from_any_earlier_edge_grows_to_the_same_tree(
    leaves: list[bytes], data: st.DataObject
) -> None:
    hashes = [leaf_hash(leaf) for leaf in leaves]
    size = data.draw(st.integers(0, len(leaves)))
    edge = read_edge(size, Tree(hashes).node)

    frontier = Frontier(size, edge)

    assert frontier.edge == edge
    assert frontier.root() == naive_root(leaves[:size])
    for hashed in hashes[size:]:
        frontier.append(hashed)
    assert frontier.root() == naive_root(leaves)
    assert frontier.edge == read_edge(len(leaves), Tree(hashes).node)


def test_a_frontier_keeps_one_hash_for_each_set_bit_largest_subtree_first() -> None:
    hashes = numbered_hashes(13)
    frontier = Frontier()
    for hashed in hashes:
        frontier.append(hashed)

    edge = frontier.edge

    assert edge == (root(hashes[:8]), root(hashes[8:12]), hashes[12])


def test_every_complete_node_of_a_tree_is_the_root_of_its_leaves() -> None:
    hashes = numbered_hashes(70)
    tree = Tree(hashes)

    for level in range(7):
        width = 1 << level
        for index in range(70 // width):
            covered = hashes[index * width : (index + 1) * width]
            assert tree.node(level, index) == root(covered)


def test_an_incomplete_node_is_not_in_the_tree() -> None:
    tree = Tree(numbered_hashes(5))

    with pytest.raises(IndexError):
        tree.node(1, 2)
    with pytest.raises(IndexError):
        tree.node(3, 0)


def test_a_tree_that_grows_keeps_its_complete_nodes() -> None:
    tree = Tree(numbered_hashes(4))
    before = tree.node(2, 0)

    for hashed in numbered_hashes(9)[4:]:
        tree.append(hashed)

    assert tree.size == 9
    assert tree.node(2, 0) == before
    assert range_root(0, 9, tree.node) == root(numbered_hashes(9))


@pytest.mark.parametrize(
    ("size", "edge"),
    [
        (1, []),
        (0, [bytes(32)]),
        (3, [bytes(32)]),
        (4, [bytes(32), bytes(32)]),
        (1, [bytes(31)]),
        (3, [bytes(32), bytes(33)]),
    ],
)
def test_a_frontier_refuses_an_edge_that_does_not_fit_its_size(
    size: int, edge: list[bytes]
) -> None:
    with pytest.raises(ValueError, match="the edge does not fit the size"):
        Frontier(size, edge)

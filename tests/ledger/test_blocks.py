"""Blocks as they are kept: the head of the log and where the next leaf goes."""

from app.ledger.blocks import EMPTY_HEAD, Block, Head
from app.ledger.leaves import NO_HASH
from app.ledger.merkle import EMPTY_ROOT, Tree, leaf_hash, read_edge, root

HASHES = [leaf_hash(b"%d" % number) for number in range(14)]


def test_the_head_of_an_empty_log_stands_before_height_0() -> None:
    assert EMPTY_HEAD.height + 1 == EMPTY_HEAD.size == 0
    assert EMPTY_HEAD.header_hash == NO_HASH
    assert EMPTY_HEAD.frontier.root() == EMPTY_ROOT


def test_a_head_takes_up_the_tree_where_it_ended() -> None:
    head = Head(4, 13, NO_HASH, 0, read_edge(13, Tree(HASHES).node))

    frontier = head.frontier
    frontier.append(HASHES[13])

    assert frontier.size == 14
    assert frontier.root() == root(HASHES)


def test_what_is_appended_to_its_frontier_leaves_the_head_as_it_was() -> None:
    head = Head(4, 13, NO_HASH, 0, read_edge(13, Tree(HASHES).node))

    head.frontier.append(HASHES[13])

    assert head.frontier.size == 13
    assert head.frontier.root() == root(HASHES[:13])


def test_a_block_ends_with_its_header_one_leaf_behind_its_operations() -> None:
    block = Block(
        height=2, first=7, count=3, time_ms=0, leader="a", hash=NO_HASH, checkpoint="note"
    )
    heartbeat = Block(
        height=3, first=11, count=0, time_ms=0, leader="a", hash=NO_HASH, checkpoint="note"
    )

    assert block.size == heartbeat.first == 11
    assert heartbeat.size == 12

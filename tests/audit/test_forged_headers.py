"""Check 3: a header that does not continue the chain is found, even properly sealed."""

from typing import Any

import pytest

from app.audit.chain import Chain
from app.audit.findings import Report
from app.ledger.leaves import HeaderLeaf, parse_leaf
from app.ledger.merkle import leaf_hash
from tests.audit.forging import Export, ForgedBlock, Sound, later

HEIGHT = 3
FORGED: dict[str, Any] = {
    "origin": "registry.test/other",
    "height": 4,
    "previous": "ab" * 32,
    "first": 5,
    "count": 2,
    "operations_root": "cd" * 32,
    "authorities": "ef" * 32,
    "leader": "north.authority.test",
}


def test_a_log_forged_without_a_forgery_is_sound(export: Export, blocks: list[ForgedBlock]) -> None:
    assert export.forge(blocks).found() == set()


@pytest.mark.parametrize(("member", "value"), FORGED.items(), ids=FORGED)
def test_a_header_that_says_otherwise_than_the_chain_is_broken(
    member: str, value: object, export: Export, blocks: list[ForgedBlock]
) -> None:
    blocks[HEIGHT].header[member] = value

    report = export.forge(blocks).audit()

    first = report.findings[0]
    assert (first.code, first.where) == ("header-broken", f"height {HEIGHT}")
    assert first.detail == f"{member} is not as the chain gives it"


@pytest.mark.parametrize("member", ["origin", "previous", "operations_root", "leader"])
def test_a_header_member_that_nothing_later_rests_on_is_one_finding(
    member: str, export: Export, blocks: list[ForgedBlock]
) -> None:
    blocks[HEIGHT].header[member] = FORGED[member]

    assert export.forge(blocks).found() == {("header-broken", f"height {HEIGHT}")}


def test_a_header_time_before_the_block_before_it_is_broken(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    blocks[HEIGHT].header["time"] = later(blocks[HEIGHT - 1].header["time"], -1)

    report = export.forge(blocks).audit()

    (finding,) = report.findings
    assert (finding.code, finding.where) == ("header-broken", f"height {HEIGHT}")
    assert finding.detail == "its time is before the block before it"


def test_two_blocks_may_have_one_time(export: Export, blocks: list[ForgedBlock]) -> None:
    blocks[HEIGHT].header["time"] = blocks[HEIGHT - 1].header["time"]

    assert export.forge(blocks).found() == set()


def test_a_block_cut_out_of_the_chain_is_missed(export: Export) -> None:
    leaves = list(export.sound.leaves)
    at = export.sound.index("account.whitelist")
    del leaves[at : at + 2]
    ends = [index + 1 for index, leaf in enumerate(leaves) if b'"kind":"block"' in leaf]

    export.rebuild(leaves, ends)

    height, _ = export.sound.where("account.whitelist")
    assert ("header-broken", f"height {height}") in export.found()


def test_an_empty_block_is_a_heartbeat(export: Export, blocks: list[ForgedBlock]) -> None:
    blocks.append(ForgedBlock([], {"time": blocks[-1].header["time"]}))

    assert export.forge(blocks).found() == set()


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("height", -1),
        ("count", "1"),
        ("first", True),
        ("operations_root", "CD" * 32),
        ("operations_root", "no hex"),
        ("operations_root", 7),
        ("leader", 7),
        ("time", "2026-11-22"),
        ("time", "1969-12-31T23:59:59.999Z"),
        ("v", 2),
        ("nonce", "7"),
    ],
)
def test_a_header_outside_the_format_is_unreadable(
    member: str, value: object, export: Export, blocks: list[ForgedBlock]
) -> None:
    blocks[HEIGHT].header[member] = value

    found = export.forge(blocks).found()

    index = sum(len(block.operations) + 1 for block in blocks[: HEIGHT + 1]) - 1
    assert ("leaf-unreadable", f"leaf {index}") in found


@pytest.mark.parametrize("is_forged", [False, True])
def test_a_chain_is_taken_up_behind_a_block_that_is_known(
    is_forged: bool,  # noqa: FBT001 - a parameter
    sound: Sound,
) -> None:
    known, following = (
        (leaf, data)
        for data in sound.leaves
        if isinstance(leaf := parse_leaf(data), HeaderLeaf) and leaf.height in (5, 6)
    )
    chain = Chain.after(
        known[0],
        known[1] + b" " * is_forged,
        origin=sound.identity.origin,
        authority_set=sound.identity.authority_set,
    )
    report = Report()

    for data in sound.leaves[following[0].first : following[0].index]:
        chain.add_operation(leaf_hash(data))
    chain.close_block(*following, report)

    details = [finding.detail for finding in report.findings]
    assert details == ["previous is not as the chain gives it"] * is_forged
    assert (chain.height, chain.first) == (6, following[0].index + 1)


def test_genesis_is_alone_in_its_block(export: Export, blocks: list[ForgedBlock]) -> None:
    blocks[0].operations += blocks.pop(1).operations

    assert ("header-broken", "height 0") in export.forge(blocks).found()


def test_a_block_holds_a_thousand_operations_at_most(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    blocks[1].operations += blocks[1].operations * 1_000

    found = export.forge(blocks).found()

    assert ("header-broken", "height 1") in found

"""Check 1 and 2: a leaf that is altered, unreadable, cut or missing is found at its index."""

import pytest

from app.ledger.encoding import encode
from app.ledger.tiles import join_entries, split_entries
from tests.audit.forging import Export, ForgedBlock, edited

ENTRIES = "tile/entries/000.p/*"


def at_leaf(export: Export, index: int) -> int:
    """Return the offset of a leaf's bytes in the one entry bundle."""
    return len(join_entries(export.sound.leaves[:index])) + 2


def to_another_digit(digit: int) -> int:
    """Return by what a hexadecimal digit becomes another one."""
    return digit ^ (ord("1") if digit == ord("0") else ord("0"))


def test_a_leaf_that_stays_canonical_but_says_something_else_was_altered(export: Export) -> None:
    index = export.sound.index("organisation.admit", 1)
    leaf = export.sound.leaves[index]
    at_record = leaf.index(b'"record":"') + len(b'"record":"')

    export.flip(ENTRIES, at_leaf(export, index) + at_record, by=to_another_digit(leaf[at_record]))

    assert export.found() == {("leaf-altered", f"leaf {index}"), ("header-broken", "height 2")}


def test_a_leaf_that_is_no_longer_canonical_is_unreadable_and_ends_the_replay(
    export: Export,
) -> None:
    index = export.sound.index("organisation.admit")

    export.flip(ENTRIES, at_leaf(export, index))
    report = export.audit()

    assert ("leaf-unreadable", f"leaf {index}") in export.found()
    assert ("leaf-altered", f"leaf {index}") in export.found()
    assert (report.is_replayed, report.certificates) == (False, {})


def test_one_altered_byte_does_not_make_every_later_block_a_finding(export: Export) -> None:
    index = export.sound.index("retire")
    at_beneficiary = export.sound.leaves[index].index(b"abababab")

    export.flip(ENTRIES, at_leaf(export, index) + at_beneficiary, by=ord("a") ^ ord("c"))

    height, _ = export.sound.where("retire")
    assert height < len(export.sound.blocks()) - 1
    assert export.found() == {
        ("leaf-altered", f"leaf {index}"),
        ("header-broken", f"height {height}"),
    }


@pytest.mark.parametrize("byte", [0, 1])
def test_a_length_that_leads_out_of_its_bundle_makes_the_export_incomplete(
    byte: int, export: Export
) -> None:
    export.flip(ENTRIES, byte)

    assert export.found() == {("export-incomplete", export.name(ENTRIES))}


def test_a_length_that_splits_a_leaf_in_two_gives_too_many_entries(export: Export) -> None:
    leaves = list(export.sound.leaves)
    leaves[3:4] = [leaves[3][:10], leaves[3][10:]]

    export.put(export.name(ENTRIES), join_entries(leaves))

    assert export.found() == {("export-incomplete", export.name(ENTRIES))}


@pytest.mark.parametrize("cut", [1, 2, 3])
def test_an_entry_bundle_cut_short_is_incomplete(cut: int, export: Export) -> None:
    data = export.only(ENTRIES).read_bytes()

    export.put(export.name(ENTRIES), data[:-cut])

    assert export.found() == {("export-incomplete", export.name(ENTRIES))}


def test_an_entry_bundle_without_its_last_leaf_is_incomplete(export: Export) -> None:
    export.put(export.name(ENTRIES), join_entries(export.sound.leaves[:-1]))

    assert export.found() == {("export-incomplete", export.name(ENTRIES))}


def test_an_emptied_entry_bundle_is_incomplete(export: Export) -> None:
    export.put(export.name(ENTRIES), b"")

    report = export.audit()

    assert [finding.code for finding in report.findings] == ["export-incomplete"]
    assert (report.genesis, report.is_replayed) == ("", False)


def test_two_leaves_that_changed_places_are_both_altered(export: Export) -> None:
    leaves = split_entries(export.only(ENTRIES).read_bytes())
    first, second = export.sound.index("account.open"), export.sound.index("account.open", 1)
    leaves[first], leaves[second] = leaves[second], leaves[first]

    export.put(export.name(ENTRIES), join_entries(leaves))

    assert {("leaf-altered", f"leaf {index}") for index in (first, second)} <= export.found()


@pytest.mark.parametrize(
    "leaf",
    [
        b"",
        b"{}",
        b"[]",
        b"1",
        b'{"kind":"operation","operation":{},"v":2}',
        b'{"kind":"operation","operation":{},"v":true}',
        b'{"kind":"letter","operation":{},"v":1}',
        b'{"kind":"operation","operation":{},"v":1,"z":1}',
        b'{"kind":"operation","v":1}',
        b'{"kind":"operation","operation":[],"v":1}',
        b'{"change":[],"kind":"operation","operation":{},"v":1}',
        b'{"kind":"operation","operation":{},"signature":{"jws":"a..b"},"v":1}',
        b'{"v":1,"operation":{},"kind":"operation"}',
        b'{"kind":"operation","operation":{"x":1.5},"v":1}',
        b'{"kind":"operation","operation":{"x":null},"v":1}',
        b"\xff\xfe",
        encode({"kind": "operation", "operation": {"x": "a" * 16_384}, "v": 1}),
    ],
    ids=lambda leaf: leaf[:40].decode(errors="replace"),
)
def test_a_sealed_leaf_outside_the_format_is_unreadable(
    leaf: bytes, export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("account.open")
    blocks[height].operations[at] = leaf

    export.forge(blocks)
    report = export.audit()

    index = export.sound.index("account.open")
    assert export.found() == {("leaf-unreadable", f"leaf {index}")}
    assert not report.is_replayed


def test_leaves_behind_the_last_header_belong_to_no_block(export: Export) -> None:
    leaves = [*export.sound.leaves, edited(export.sound.leaves[2], id="ab" * 16)]
    ends = [index + 1 for index, leaf in enumerate(leaves) if b'"kind":"block"' in leaf]

    export.rebuild(leaves, ends)

    assert ("block-open", f"leaf {len(leaves) - 1}") in export.found()


def test_an_unreadable_leaf_behind_the_last_header_belongs_to_no_block_either(
    export: Export,
) -> None:
    leaves = [*export.sound.leaves, b"{}"]
    ends = [index + 1 for index, leaf in enumerate(leaves) if b'"kind":"block"' in leaf]

    export.rebuild(leaves, ends)

    last = f"leaf {len(leaves) - 1}"
    assert {("block-open", last), ("leaf-unreadable", last)} <= export.found()

"""Check 10: what trust starts from, and what an audit that goes on from a checkpoint leaves out."""

import pytest

from app.audit.walk import Anchor
from app.ledger.merkle import EMPTY_ROOT
from app.ledger.notes import Checkpoint
from tests.audit.forging import Export, ForgedBlock, checkpoint_of, edited, note_lines

OLD = 4


def trusting(checkpoint: Checkpoint) -> Anchor:
    return Anchor(checkpoint=checkpoint)


def at(export: Export, height: int) -> Checkpoint:
    """Return the checkpoint of a block."""
    return checkpoint_of(export.seals()[height])


def with_damaged_signatures(export: Export, height: int) -> Export:
    """Put another seal's signature lines under a block's checkpoint."""
    notes = export.seals()
    _, others = note_lines(notes[height + 1])
    text, _ = note_lines(notes[height])
    export.put_seal(height, text + "".join(others))
    return export


def test_another_genesis_than_the_auditor_knows_is_found(export: Export) -> None:
    report = export.audit(Anchor(genesis="ab" * 32))

    (finding,) = report.findings
    assert (finding.code, finding.where) == ("anchor-differs", "leaf 0")
    assert (report.anchored, report.verdict) == (True, "1 findings")


@pytest.mark.parametrize("height", [0, OLD, -1])
def test_a_checkpoint_kept_from_before_anchors_the_log(height: int, export: Export) -> None:
    report = export.audit(trusting(at(export, height)))

    assert (report.findings, report.verdict) == ([], "sound")


def test_both_anchors_hold_at_once(export: Export) -> None:
    both = Anchor(genesis=export.sound.genesis, checkpoint=at(export, OLD))

    assert export.audit(both).verdict == "sound"


def test_a_checkpoint_holds_where_the_genesis_does_not(export: Export) -> None:
    both = Anchor(genesis="ab" * 32, checkpoint=at(export, OLD))

    assert export.found(both) == {("anchor-differs", "leaf 0")}


def test_a_checkpoint_of_another_tree_is_found_at_its_size(export: Export) -> None:
    true = at(export, OLD)

    found = export.found(trusting(Checkpoint(true.origin, true.size, b"x" * 32)))

    assert found == {("anchor-differs", f"size {true.size}")}


def test_a_checkpoint_of_another_origin_is_found_at_its_size(export: Export) -> None:
    true = at(export, OLD)

    found = export.found(trusting(Checkpoint("registry.test/b", true.size, true.root)))

    assert found == {("anchor-differs", f"size {true.size}")}


@pytest.mark.parametrize("more", [1, 2, 10**15])
def test_a_log_shorter_than_the_auditor_has_seen_was_rolled_back(more: int, export: Export) -> None:
    true = at(export, -1)

    found = export.found(trusting(Checkpoint(true.origin, true.size + more, true.root)))

    assert found == {("anchor-differs", f"size {true.size}")}


def test_a_properly_sealed_older_state_was_rolled_back(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    seen = at(export, -1)

    export.forge(blocks[:-1])

    assert export.found() == set()
    assert {code for code, _ in export.found(trusting(seen))} == {"anchor-differs"}


def test_a_log_that_was_written_anew_is_not_the_one_that_was_seen(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    seen = at(export, OLD)
    height, place = export.sound.where("organisation.admit", 1)
    leaf = blocks[height].operations[place]
    blocks[height].operations[place] = edited(leaf, record="ab" * 32)

    export.forge(blocks)

    assert export.found() == set()
    assert export.found(trusting(seen)) == {("anchor-differs", f"size {seen.size}")}


def test_a_log_written_anew_in_other_blocks_is_not_the_one_that_was_seen(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    seen = at(export, OLD)
    following = blocks.pop(OLD + 1)
    blocks[OLD].operations += following.operations
    blocks[OLD].header = following.header

    export.forge(blocks)

    assert seen.size not in {checkpoint_of(note).size for note in export.seals()}
    assert export.found() == set()
    assert {code for code, _ in export.found(trusting(seen))} == {"anchor-differs"}


@pytest.mark.parametrize("less", [1, 9, 10])
def test_a_checkpoint_of_a_size_that_no_block_ends_at_does_not_anchor(
    less: int, export: Export
) -> None:
    true = at(export, OLD)
    size = true.size - less

    found = export.found(trusting(Checkpoint(true.origin, size, EMPTY_ROOT)))

    assert {code for code, _ in found} == {"anchor-differs"}


def test_signatures_before_the_trusted_size_are_skipped(export: Export) -> None:
    with_damaged_signatures(export, OLD)

    places = {where for _, where in export.found()}
    assert places == {f"height {OLD}"}
    assert export.found(trusting(at(export, OLD + 1))) == set()


@pytest.mark.parametrize("trusted", [OLD, OLD - 1])
def test_signatures_from_the_trusted_size_on_are_checked(trusted: int, export: Export) -> None:
    with_damaged_signatures(export, OLD)

    found = export.found(trusting(at(export, trusted)))

    assert ("log-signature-invalid", f"height {OLD}") in found


def test_roots_before_the_trusted_size_are_compared(export: Export) -> None:
    true = at(export, OLD)
    export.put_seal(OLD, export.seal(OLD, Checkpoint(true.origin, true.size, b"x" * 32)))

    assert export.found(trusting(at(export, OLD + 1))) == {("root-differs", f"height {OLD}")}


def test_operations_before_the_trusted_size_are_replayed(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    height, place = export.sound.where("transfer")
    leaf = blocks[height].operations[place]
    blocks[height].operations[place] = edited(leaf, quantity=82)

    trusted = trusting(at(export.forge(blocks), -1))

    refused = f"leaf {export.sound.index('transfer')}"
    assert export.found(trusted) == {("operation-refused", refused)}


def test_the_quorum_of_the_newest_block_is_asked_of_an_incremental_audit_too(
    export: Export,
) -> None:
    text, lines = note_lines(export.seals()[-1])
    export.put_seal(len(export.seals()) - 1, text + "".join(lines[:2]))

    found = export.found(trusting(at(export, -1)))

    assert {code for code, _ in found} == {"quorum-missing"}

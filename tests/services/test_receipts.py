"""Receipts: every operation can be proven to whoever holds the log's and authorities' keys."""

import pytest

from app.factory import Registry
from app.ledger.leaves import OperationLeaf, parse_leaf
from app.ledger.merkle import ProofError, leaf_hash, verify_inclusion
from app.ledger.notes import Checkpoint, Note, Proof, is_line_valid
from app.services.prove import receipt
from tests.scenario import accept, market, transferring


def check(registry: Registry, proof: Proof, leaf: bytes) -> None:
    """Check a receipt as an outsider would: keys, checkpoint, inclusion. Raises ProofError."""
    note = Note.parse(proof.checkpoint)
    checkpoint = Checkpoint.parse(note.text)
    identity = registry.identity
    keys = [identity.log_key, *(item.key for item in identity.authority_set.authorities)]
    valid = [any(is_line_valid(line, key, note.text) for line in note.lines) for key in keys]
    if not all(valid) or checkpoint.origin != identity.origin:
        raise ProofError("not sealed")
    verify_inclusion(
        index=proof.index,
        size=checkpoint.size,
        hashed=leaf_hash(leaf),
        proof=proof.hashes,
        head=checkpoint.root,
    )


def test_every_operation_has_a_receipt_that_verifies(registry: Registry) -> None:
    made = market(registry, days=2)
    to_buyer = {"source": made.generator_account, "to": made.buyer_account}
    accept(registry, *(transferring(made.generator, quantity=1, **to_buyer) for _ in range(20)))

    count = 0
    with registry.storage.log() as log:
        for block in log.blocks(after=-1, limit=1_000):
            for index in range(block.first, block.size):
                (leaf,) = log.range(index, index + 1)
                proof = receipt(log, index=index, height=block.height)
                again = Proof.parse(str(proof))
                assert (proof.index, again) == (index, proof)
                check(registry, again, leaf)
                count += isinstance(parse_leaf(leaf), OperationLeaf)

    assert count > 30


def test_receipts_verify_on_both_sides_of_a_full_tile(registry: Registry) -> None:
    made = market(registry, days=20)
    to_buyer = {"source": made.generator_account, "to": made.buyer_account}
    group = [transferring(made.generator, quantity=1, **to_buyer) for _ in range(300)]

    accepted = accept(registry, *group)

    with registry.storage.log() as log:
        for item in (*accepted[:2], *accepted[225:245], accepted[-1]):
            check(registry, receipt(log, index=item.index, height=item.height), item.leaf)
    assert accepted[0].index < 256 < accepted[-1].index


def test_a_receipt_proves_no_other_leaf(embedded: Registry) -> None:
    market(embedded)

    with embedded.storage.log() as log:
        first, second = log.range(0, 2)
        proof = receipt(log, index=0, height=0)

    check(embedded, proof, first)
    with pytest.raises(ProofError):
        check(embedded, proof, second)


def test_a_receipt_is_still_valid_when_the_log_has_grown(embedded: Registry) -> None:
    with embedded.storage.log() as log:
        before = receipt(log, index=0, height=0)

    market(embedded)

    with embedded.storage.log() as log:
        assert receipt(log, index=0, height=0) == before


@pytest.mark.parametrize(("index", "height"), [(2, 0), (-1, 0), (0, 1), (0, 99), (99, 1)])
def test_there_is_no_receipt_for_a_leaf_outside_its_block(
    embedded: Registry, index: int, height: int
) -> None:
    market(embedded)

    with embedded.storage.log() as log, pytest.raises(LookupError):
        receipt(log, index=index, height=height)

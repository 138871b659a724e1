"""Inclusion and consistency proofs: every one verifies, and no other does."""

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.ledger.merkle import (
    EMPTY_ROOT,
    ProofError,
    Tree,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

SIZE_MAX = 64
FLIPPED_SIZE_MAX = 9
HASHES = [leaf_hash(b"%d" % number) for number in range(300)]
TREE = Tree(HASHES)
ROOTS = [root(HASHES[:size]) for size in range(len(HASHES) + 1)]


def largest_power_below(size: int) -> int:
    split = 1
    while split * 2 < size:
        split *= 2
    return split


def naive_path(index: int, hashes: Sequence[bytes]) -> list[bytes]:
    """Return PATH(m, D[n]) as RFC 9162 2.1.3.1 defines it."""
    if len(hashes) == 1:
        return []
    split = largest_power_below(len(hashes))
    left, right = hashes[:split], hashes[split:]
    if index < split:
        return [*naive_path(index, left), root(right)]
    return [*naive_path(index - split, right), root(left)]


def naive_subproof(old_size: int, hashes: Sequence[bytes], whole: int) -> list[bytes]:
    """Return SUBPROOF(m, D[n], b) as RFC 9162 2.1.4.1 defines it."""
    if old_size == len(hashes):
        return [] if whole else [root(hashes)]
    split = largest_power_below(len(hashes))
    left, right = hashes[:split], hashes[split:]
    if old_size <= split:
        return [*naive_subproof(old_size, left, whole), root(right)]
    return [*naive_subproof(old_size - split, right, 0), root(left)]


def flipped(hashed: bytes, bit: int) -> bytes:
    changed = bytearray(hashed)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def check_inclusion(index: int, size: int, hashes: Sequence[bytes]) -> None:
    """Verify a proof given as leaf hash, root, path."""
    hashed, head, *proof = hashes
    verify_inclusion(index=index, size=size, hashed=hashed, proof=proof, head=head)


def check_consistency(old_size: int, size: int, hashes: Sequence[bytes]) -> None:
    """Verify a proof given as old root, root, path."""
    old_head, head, *proof = hashes
    verify_consistency(old_size=old_size, size=size, old_head=old_head, head=head, proof=proof)


def inclusion(index: int, size: int) -> list[bytes]:
    return [HASHES[index], ROOTS[size], *inclusion_proof(index, size, TREE.node)]


def consistency(old_size: int, size: int) -> list[bytes]:
    return [ROOTS[old_size], ROOTS[size], *consistency_proof(old_size, size, TREE.node)]


def test_every_inclusion_proof_is_that_of_the_rfc_and_verifies() -> None:
    for size in range(1, SIZE_MAX + 1):
        for index in range(size):
            proof = inclusion_proof(index, size, TREE.node)

            assert list(proof) == naive_path(index, HASHES[:size])
            check_inclusion(index, size, inclusion(index, size))


def test_every_consistency_proof_is_that_of_the_rfc_and_verifies() -> None:
    for size in range(1, SIZE_MAX + 1):
        for old_size in range(1, size + 1):
            proof = consistency_proof(old_size, size, TREE.node)

            assert list(proof) == naive_subproof(old_size, HASHES[:size], 1)
            check_consistency(old_size, size, consistency(old_size, size))


@pytest.mark.parametrize("size", range(1, FLIPPED_SIZE_MAX + 1))
def test_an_inclusion_proof_with_any_bit_flipped_is_refused(size: int) -> None:
    for index in range(size):
        hashes = inclusion(index, size)
        for place, hashed in enumerate(hashes):
            for bit in range(256):
                changed = [*hashes[:place], flipped(hashed, bit), *hashes[place + 1 :]]
                with pytest.raises(ProofError, match="another root"):
                    check_inclusion(index, size, changed)


@pytest.mark.parametrize("size", range(1, FLIPPED_SIZE_MAX + 1))
def test_a_consistency_proof_with_any_bit_flipped_is_refused(size: int) -> None:
    for old_size in range(1, size + 1):
        hashes = consistency(old_size, size)
        for place, hashed in enumerate(hashes):
            for bit in range(256):
                changed = [*hashes[:place], flipped(hashed, bit), *hashes[place + 1 :]]
                with pytest.raises(ProofError, match=r"another root|two roots at one size"):
                    check_consistency(old_size, size, changed)


@settings(deadline=None)
@given(st.data())
def test_in_greater_trees_a_flipped_bit_is_refused_too(data: st.DataObject) -> None:
    size = data.draw(st.integers(1, len(HASHES)))
    index = data.draw(st.integers(0, size - 1))
    bit = data.draw(st.integers(0, 255))
    included, extended = inclusion(index, size), consistency(index + 1, size)
    place = data.draw(st.integers(0, len(included) - 1))
    old_place = data.draw(st.integers(0, len(extended) - 1))

    check_inclusion(index, size, included)
    check_consistency(index + 1, size, extended)
    included[place] = flipped(included[place], bit)
    extended[old_place] = flipped(extended[old_place], bit)

    with pytest.raises(ProofError):
        check_inclusion(index, size, included)
    with pytest.raises(ProofError):
        check_consistency(index + 1, size, extended)


def test_a_proof_of_one_leaf_does_not_prove_another_place() -> None:
    for size in range(2, 17):
        for index in range(size):
            hashes = inclusion(index, size)
            for other in set(range(size)) - {index}:
                with pytest.raises(ProofError):
                    check_inclusion(other, size, hashes)


def test_a_proof_with_a_hash_more_or_less_is_refused() -> None:
    for size in range(2, 17):
        for index in range(size):
            hashes = inclusion(index, size)
            with pytest.raises(ProofError, match="too long"):
                check_inclusion(index, size, [*hashes, bytes(32)])
            with pytest.raises(ProofError, match="too short"):
                check_inclusion(index, size, hashes[:-1])


def test_a_consistency_proof_with_a_hash_more_or_less_is_refused() -> None:
    for size in range(2, 17):
        for old_size in range(1, size):
            hashes = consistency(old_size, size)
            with pytest.raises(ProofError, match="too long"):
                check_consistency(old_size, size, [*hashes, bytes(32)])
            with pytest.raises(ProofError, match=r"too short|empty"):
                check_consistency(old_size, size, hashes[:-1])


def test_an_empty_proof_extends_no_incomplete_tree() -> None:
    with pytest.raises(ProofError, match="the proof is empty"):
        check_consistency(3, 4, [ROOTS[3], ROOTS[4]])


def test_the_history_of_another_log_is_no_extension() -> None:
    other = [leaf_hash(b"other"), *HASHES[1:7]]
    old_head = root(other[:5])

    with pytest.raises(ProofError, match="another root"):
        check_consistency(5, 7, [old_head, *consistency(5, 7)[1:]])


def test_one_size_has_one_root_and_needs_no_proof() -> None:
    check_consistency(5, 5, [ROOTS[5], ROOTS[5]])

    with pytest.raises(ProofError, match="trees of one size need no proof"):
        check_consistency(5, 5, [ROOTS[5], ROOTS[5], ROOTS[5]])
    with pytest.raises(ProofError, match="two roots at one size"):
        check_consistency(5, 5, [ROOTS[4], ROOTS[5]])


@pytest.mark.parametrize(("index", "size"), [(0, 0), (1, 1), (8, 8), (-1, 8)])
def test_a_leaf_outside_the_tree_has_no_proof(index: int, size: int) -> None:
    with pytest.raises(ProofError, match="no such leaf"):
        inclusion_proof(index, size, TREE.node)
    with pytest.raises(ProofError, match="no such leaf"):
        check_inclusion(index, size, [HASHES[0], ROOTS[size]])


@pytest.mark.parametrize(("old_size", "size"), [(0, 0), (0, 8), (9, 8), (-1, 8)])
def test_a_size_outside_the_tree_has_no_proof_and_size_0_is_the_callers_affair(
    old_size: int, size: int
) -> None:
    with pytest.raises(ProofError, match="the earlier size lies outside the tree"):
        consistency_proof(old_size, size, TREE.node)
    with pytest.raises(ProofError, match="the earlier size lies outside the tree"):
        check_consistency(old_size, size, [EMPTY_ROOT, ROOTS[size]])


@pytest.mark.parametrize("wrong", [b"", bytes(31), bytes(33)])
def test_every_hash_is_32_bytes(wrong: bytes) -> None:
    included, extended = inclusion(2, 5), consistency(3, 5)

    for place in range(len(included)):
        with pytest.raises(ProofError, match="a hash is not 32 bytes"):
            check_inclusion(2, 5, [*included[:place], wrong, *included[place + 1 :]])
    for place in range(len(extended)):
        with pytest.raises(ProofError, match="a hash is not 32 bytes"):
            check_consistency(3, 5, [*extended[:place], wrong, *extended[place + 1 :]])


def test_an_empty_root_does_not_hold_an_empty_leaf_hash() -> None:
    with pytest.raises(ProofError, match="a hash is not 32 bytes"):
        check_inclusion(0, 1, [b"", b""])

"""The proofs of transparency-dev/merkle: 98 of inclusion and 98 of consistency."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from app.ledger.merkle import ProofError, verify_consistency, verify_inclusion

VECTORS = Path(__file__).parents[1] / "vectors" / "rfc6962"
ROOTS_OF_12_BYTES = "testdata/consistency/additional/sizes-are-equal-one-and-proof-is-empty.json"


def read(name: str) -> list[dict[str, Any]]:
    text = (VECTORS / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def hashes(proof: list[str] | None) -> list[bytes]:
    return [b64decode(item) for item in proof or []]


def is_included(case: dict[str, Any]) -> bool:
    try:
        verify_inclusion(
            index=case["leafIdx"],
            size=case["treeSize"],
            hashed=b64decode(case["leafHash"]),
            proof=hashes(case["proof"]),
            head=b64decode(case["root"]),
        )
    except ProofError:
        return False
    return True


def check_consistency(case: dict[str, Any]) -> None:
    verify_consistency(
        old_size=case["size1"],
        size=case["size2"],
        old_head=b64decode(case["root1"]),
        head=b64decode(case["root2"]),
        proof=hashes(case["proof"]),
    )


def is_consistent(case: dict[str, Any]) -> bool:
    try:
        check_consistency(case)
    except ProofError:
        return False
    return True


def test_all_98_inclusion_vectors_are_judged_as_published() -> None:
    cases = read("inclusion.jsonl")

    judged = [case for case in cases if is_included(case) is not case["wantErr"]]

    assert len(judged) == len(cases) == 98
    assert sum(map(is_included, cases)) == 6


def test_97_of_98_consistency_vectors_are_judged_as_published() -> None:
    cases = read("consistency.jsonl")

    others = [case["file"] for case in cases if is_consistent(case) is case["wantErr"]]

    assert len(cases) == 98
    assert others == [ROOTS_OF_12_BYTES]
    assert sum(map(is_consistent, cases)) == 5


def test_the_one_consistency_vector_left_is_refused_for_its_roots_of_12_bytes() -> None:
    (case,) = [case for case in read("consistency.jsonl") if case["file"] == ROOTS_OF_12_BYTES]

    lengths = {len(b64decode(case[name])) for name in ("root1", "root2")}

    assert lengths == {12}
    assert case["root1"] == case["root2"]
    assert not case["wantErr"]
    with pytest.raises(ProofError, match="a hash is not 32 bytes"):
        check_consistency(case)

"""Ed25519 as RFC 8032 has it: the published vectors, and bytes that are no key or signature."""

import json
from pathlib import Path
from typing import Any

import pytest

from app.ledger.signatures import (
    PUBLIC_KEY_BYTES,
    SEED_BYTES,
    SIGNATURE_BYTES,
    Ed25519Signer,
    is_signed,
)

VECTORS = Path(__file__).parents[1] / "vectors" / "ed25519"
SIGNER = Ed25519Signer(name="authority1.example", seed=bytes(range(32)))


def wycheproof() -> list[tuple[bytes, dict[str, Any]]]:
    """Return each test behind the public key of its group."""
    document = json.loads((VECTORS / "wycheproof_ed25519_test.json").read_bytes())
    return [
        (bytes.fromhex(group["publicKey"]["pk"]), test)
        for group in document["testGroups"]
        for test in group["tests"]
    ]


def signed_lines() -> list[tuple[bytes, ...]]:
    """Return seed and public key, public key, message, signature and message of each line."""
    text = (VECTORS / "ed25519_sign_input_first128_and_last.txt").read_text(encoding="ascii")
    return [tuple(map(bytes.fromhex, line.split(":")[:4])) for line in text.splitlines()]


def test_all_151_wycheproof_vectors_are_judged_as_published() -> None:
    tests = wycheproof()

    judged = [
        is_signed(
            public_key=public_key,
            signature=bytes.fromhex(test["sig"]),
            message=bytes.fromhex(test["msg"]),
        )
        for public_key, test in tests
    ]

    assert judged == [test["result"] == "valid" for _, test in tests]
    assert len(judged) == 151
    assert sum(judged) == 88


def test_all_129_published_signatures_are_made_bit_for_bit() -> None:
    lines = signed_lines()

    for seed_and_key, public_key, message, signed in lines:
        signer = Ed25519Signer(name="vector", seed=seed_and_key[:SEED_BYTES])

        assert signer.public_key == public_key == seed_and_key[SEED_BYTES:]
        assert signer.sign(message) + message == signed
        assert is_signed(public_key=public_key, signature=signed[:SIGNATURE_BYTES], message=message)

    assert len(lines) == 129
    assert len(lines[-1][2]) == 1023


def test_a_signature_holds_for_its_own_message_only() -> None:
    signature = SIGNER.sign(b"1 kWh")

    is_same = is_signed(public_key=SIGNER.public_key, signature=signature, message=b"1 kWh")
    is_other = is_signed(public_key=SIGNER.public_key, signature=signature, message=b"2 kWh")

    assert is_same
    assert not is_other


def test_a_signature_holds_for_its_own_key_only() -> None:
    other = Ed25519Signer(name=SIGNER.name, seed=bytes(32))

    signature = other.sign(b"1 kWh")

    assert not is_signed(public_key=SIGNER.public_key, signature=signature, message=b"1 kWh")


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_public_key_of_another_length_has_signed_nothing(length: int) -> None:
    signature = SIGNER.sign(b"")
    public_key = (SIGNER.public_key * 2)[:length]

    assert not is_signed(public_key=public_key, signature=signature, message=b"")


@pytest.mark.parametrize("length", [0, 63, 65, 128])
def test_a_signature_of_another_length_is_none(length: int) -> None:
    signature = (SIGNER.sign(b"") * 2)[:length]

    assert not is_signed(public_key=SIGNER.public_key, signature=signature, message=b"")


def test_bytes_that_are_no_point_of_the_curve_have_signed_nothing() -> None:
    signature = SIGNER.sign(b"")

    assert not is_signed(public_key=b"\xff" * 32, signature=signature, message=b"")


@pytest.mark.parametrize("length", [0, 31, 33, 64])
def test_a_seed_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        Ed25519Signer(name="short.example", seed=bytes(length))


def test_a_signer_bears_its_name_and_its_public_key() -> None:
    assert SIGNER.name == "authority1.example"
    assert len(SIGNER.public_key) == PUBLIC_KEY_BYTES

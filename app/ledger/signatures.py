"""Sign and verify with Ed25519 (RFC 8032); Signer is the port behind which keys live."""

from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SEED_BYTES = 32
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64


_SMALL_ORDER = frozenset(
    bytes.fromhex(text)
    for text in (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    )
)
"""The y coordinates of the points of order 1, 2, 4 and 8, canonical or not (RFC 8032 5.1)."""


class Signer(Protocol):
    """A named key that signs; where its private half lives is its own affair."""

    @property
    def name(self) -> str:
        """The key's name in signature lines."""

    @property
    def public_key(self) -> bytes:
        """The raw 32 bytes of the public key."""

    def sign(self, message: bytes) -> bytes:
        """Return the 64 bytes of the signature."""


class Ed25519Signer:
    """A signer whose seed is in this process's memory."""

    def __init__(self, *, name: str, seed: bytes) -> None:
        """Take the name and the 32 bytes of the seed."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.name = name
        self.public_key = self._key.public_key().public_bytes_raw()

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature of the message."""
        return self._key.sign(message)


def is_weak(public_key: bytes) -> bool:
    """Say whether a public key has small order: one signature under it fits many messages."""
    return public_key[:-1] + bytes([public_key[-1] & 0x7F]) in _SMALL_ORDER


def is_signed(*, public_key: bytes, signature: bytes, message: bytes) -> bool:
    """Say whether the signature is the key's over the message."""
    try:
        _load(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


@lru_cache(maxsize=256)
def _load(public_key: bytes) -> Ed25519PublicKey:
    return Ed25519PublicKey.from_public_bytes(public_key)

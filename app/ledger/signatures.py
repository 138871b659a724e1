"""Sign and verify with Ed25519 (RFC 8032); Signer is the port behind which keys live."""

from functools import lru_cache
from typing import Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SEED_BYTES = 32
PUBLIC_KEY_BYTES = 32
SIGNATURE_BYTES = 64


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

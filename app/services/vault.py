"""The vault: what the log only commits to, sealed under a key from outside the database."""

import hmac
from hashlib import sha256
from os import urandom
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from app.ledger.encoding import decode_document, encode_document
from app.registry.attachments import Attachments

SALT_BYTES = 32
NONCE_BYTES = 12


class Vault:
    """Commits to records of persons and organisations, and seals them for storage.

    Salts are random, and nothing but the sealed row holds them: with the row goes every way to
    find out whose commitment it was, for who has the vault's key, too. `derive_salt` is for made-up
    parties alone, whose commitments the key recomputes for ever.
    """

    def __init__(self, key: bytes) -> None:
        """Take the 32 bytes of the vault's key."""
        self._key = key
        self._cipher = AESGCM(key)

    def commit(
        self, record: dict[str, Any], *, salt: bytes | None = None
    ) -> tuple[str, Attachments]:
        """Return the commitment HMAC-SHA-256(salt, canonical record), and its sealed row.

        The salt is 32 random bytes unless given; erasing the row leaves a commitment that can be
        linked to nobody.
        """
        salt = salt or urandom(SALT_BYTES)
        body = encode_document(record)
        commitment = hmac.new(salt, body, sha256).hexdigest()
        nonce = urandom(NONCE_BYTES)
        sealed = nonce + self._cipher.encrypt(nonce, salt + body, commitment.encode())
        return commitment, Attachments(vault=[(commitment, sealed)])

    def derive_salt(self, label: str) -> bytes:
        """Return a secret salt that is the same for a label each time, so that work can resume.

        What is committed to with it cannot be erased; the demo's made-up parties need not be.
        """
        return hmac.new(self._key, label.encode(), sha256).digest()

    def fingerprint(self, content: dict[str, Any]) -> str:
        """Return a hex HMAC by which the same content is known again, only with the vault's key.

        Where it is kept, it is erased with the record that it was made from.
        """
        return hmac.new(self._key, b"fingerprint\0" + encode_document(content), sha256).hexdigest()

    def open(self, commitment: str, sealed: bytes) -> tuple[bytes, dict[str, Any]]:
        """Return salt and record of a sealed row. Raises InvalidTag where it was altered."""
        nonce, ciphertext = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
        opened = self._cipher.decrypt(nonce, ciphertext, commitment.encode())
        record: dict[str, Any] = decode_document(opened[SALT_BYTES:])
        return opened[:SALT_BYTES], record

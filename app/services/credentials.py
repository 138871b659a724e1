"""Credentials: API keys of 256 random bits, shown once and kept as a hash."""

from hashlib import sha256
from hmac import compare_digest
from re import compile as pattern
from secrets import token_hex, token_urlsafe
from typing import Protocol

from app.registry.errors import RefusalError

PREFIX_BYTES = 8
SECRET_BYTES = 32
_TEXT = pattern(r"eac_([0-9a-f]{16})_([A-Za-z0-9_-]{43})")
_NOBODY = "0" * 64, None


class Credentials(Protocol):
    """Where keys are kept, and what organisations may do."""

    def add(self, *, prefix: str, digest: str, organisation: str) -> None:
        """Keep a key."""

    def find(self, prefix: str) -> tuple[str, str] | None:
        """Return digest and organisation of a key."""

    def roles(self, organisation: str) -> frozenset[str] | None:
        """Return the roles of an organisation; None where it is not admitted."""


class ApiKeys:
    """Issues keys and knows them again; neither text nor secret is ever kept or logged."""

    def __init__(self, credentials: Credentials) -> None:
        """Take where keys are kept."""
        self._credentials = credentials

    def issue(self, organisation: str) -> str:
        """Return a new key of an admitted organisation: the only time that it is seen.

        Raises RefusalError unknown-organisation.
        """
        if self._credentials.roles(organisation) is None:
            raise RefusalError("unknown-organisation", "only who is admitted gets a key")
        prefix, secret = token_hex(PREFIX_BYTES), token_urlsafe(SECRET_BYTES)
        self._credentials.add(prefix=prefix, digest=_digest(secret), organisation=organisation)
        return f"eac_{prefix}_{secret}"

    def authenticate(self, text: str) -> str | None:
        """Return whose key it is; None for what is no key of ours."""
        shown = _TEXT.fullmatch(text)
        if shown is None:
            return None
        digest, organisation = self._credentials.find(shown[1]) or _NOBODY
        is_known = compare_digest(digest, _digest(shown[2]))
        return organisation if is_known else None

    def roles(self, organisation: str) -> frozenset[str]:
        """Return the roles of an organisation, none where it is not admitted."""
        return self._credentials.roles(organisation) or frozenset()


def _digest(secret: str) -> str:
    """Return the hex SHA-256: enough for 256 random bits, which no list can hold."""
    return sha256(secret.encode()).hexdigest()

"""Idempotency: a write names its key, from which the ids of what it makes are computed."""

from functools import lru_cache
from hashlib import sha1
from re import compile as pattern
from uuid import UUID

from flask import request

from app.http.problems import ProblemError

HEADER = "Idempotency-Key"
REPLAYED = "Idempotency-Replayed"
KEY_MAX = 200
_KEY = pattern(rf"[!-~]{{1,{KEY_MAX}}}")


def idempotency_key() -> str:
    """Return the request's key. Raises ProblemError idempotency-key-required."""
    key = request.headers.get(HEADER, "")
    if not is_key(key):
        raise ProblemError(
            "idempotency-key-required",
            f"A write names an {HEADER}: 1 to {KEY_MAX} visible ASCII characters, for instance a "
            "new UUID. Repeat a request whose answer was lost with the same key and body.",
        )
    return key


def is_key(value: object) -> bool:
    """Say whether a value may be a key."""
    return type(value) is str and _KEY.fullmatch(value) is not None


def operation_id(organisation: str, key: str) -> str:
    """Return the id of what an organisation asks for under a key: UUIDv5 (RFC 9562 5.5)."""
    digest = bytearray(
        sha1(_namespace(organisation) + key.encode(), usedforsecurity=False).digest()
    )
    digest[6] = digest[6] & 0x0F | 0x50
    digest[8] = digest[8] & 0x3F | 0x80
    text = digest[:16].hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


@lru_cache(maxsize=4096)
def _namespace(organisation: str) -> bytes:
    return UUID(organisation).bytes

"""Callers that the doors of these tests know."""

from app.services.credentials import READ, Key
from tests.scenario import new_id


def key_of(prefix: str) -> Key:
    return Key(
        prefix=prefix,
        organisation=new_id(),
        scope=READ,
        label="",
        created_at=0,
        expires_at=None,
        revoked_at=None,
    )


SECRET = "Zk9fQ-1_" + "s" * 35
TEXT = f"eac_0123456789abcdef_{SECRET}"
BEARER = f"Bearer {TEXT}"
OTHER_BEARER = f"Bearer eac_fedcba9876543210_{SECRET}"
KEYS = {BEARER: key_of("0123456789abcdef"), OTHER_BEARER: key_of("fedcba9876543210")}

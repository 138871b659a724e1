"""The register itself: what genesis fixed."""

from hashlib import sha256

from sqlalchemy import select

from app.reporting.rows import Row, fetch_one
from app.storage.storage import Storage
from app.storage.tables import leaves, registries


def read_register(storage: Storage) -> Row:
    """Return what genesis fixed, with the hash of its leaf. Raises LookupError before genesis."""
    query = select(registries, leaves.c.leaf).join(leaves, leaves.c.index == 0)
    row = fetch_one(storage, query)
    if row is None:
        raise LookupError("the registry has no genesis")
    return {**row, "genesis": sha256(row["leaf"]).hexdigest()}

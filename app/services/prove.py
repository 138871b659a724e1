"""Proving: a receipt that an operation is in the log, for anybody who trusts the log's keys."""

from app.ledger.merkle import inclusion_proof
from app.ledger.notes import Proof
from app.services.ports import Log


def receipt(log: Log, *, index: int, height: int) -> Proof:
    """Return the C2SP tlog-proof of a leaf under its own block's sealed checkpoint."""
    block = log.block(height)
    if block is None or not block.first <= index < block.size:
        raise LookupError(f"leaf {index} is not in block {height}")
    return Proof(index, inclusion_proof(index, block.size, log.node), block.checkpoint)

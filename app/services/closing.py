"""Closing a block: the header that chains it, and the row by which it is kept."""

from collections.abc import Sequence
from functools import lru_cache

from app.audit.identity import LogIdentity
from app.consensus.engines import engine_of
from app.ledger.blocks import Block, Entry, Head
from app.ledger.encoding import decode
from app.ledger.leaves import HeaderLeaf
from app.ledger.merkle import Frontier, leaf_hash
from app.registry.state import At


@lru_cache(maxsize=4)
def identity_of(origin: str, log_vkey: str, authority_set: bytes) -> LogIdentity:
    """Return what a log is, by what genesis fixed."""
    return LogIdentity.of(origin, log_vkey, decode(authority_set))


def header_of(
    head: Head, *, at: At, entries: Sequence[Entry], identity: LogIdentity
) -> tuple[HeaderLeaf, bytes]:
    """Return the header that closes a block behind a head, and its leaf; no entry: a heartbeat."""
    operations = Frontier()
    for entry in entries:
        operations.append(leaf_hash(entry.leaf))
    authority_set = identity.authority_set
    header = HeaderLeaf(
        origin=identity.origin,
        height=at.height,
        previous=head.header_hash,
        first=head.size,
        count=operations.size,
        operations_root=operations.root(),
        authorities=authority_set.digest,
        leader=engine_of(authority_set).leader(authority_set, at.height),
        time_ms=at.time_ms,
    )
    return header, header.encode()


def block_of(header: HeaderLeaf, head: Head, checkpoint: str) -> Block:
    """Return the row of a block."""
    return Block(
        height=header.height,
        first=header.first,
        count=header.count,
        time_ms=header.time_ms,
        leader=header.leader,
        hash=head.header_hash,
        checkpoint=checkpoint,
    )

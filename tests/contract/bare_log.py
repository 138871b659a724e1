"""A log of plain words below the rules: what storage keeps of leaves, tiles and heads."""

from collections.abc import Sequence
from hashlib import sha256

from app.ledger.blocks import Block, Entry, Head, Signing
from app.ledger.merkle import leaf_hash
from app.registry.attachments import NOTHING
from app.registry.state import Rows, State
from app.services.ports import Storage, Unit

NO_ROWS = Rows((), (), ())


def next_head(head: Head, leaves: Sequence[bytes]) -> Head:
    """Return the head after one more block of these leaves."""
    frontier = head.frontier
    for leaf in leaves:
        frontier.append(leaf_hash(leaf))
    header_hash = sha256(leaves[-1]).hexdigest()
    return Head(head.height + 1, frontier.size, header_hash, head.time_ms + 1, frontier.edge)


def block_of(old: Head, new: Head) -> Block:
    """Return the row of the block between two heads."""
    return Block(
        height=new.height,
        first=old.size,
        count=new.size - old.size - 1,
        time_ms=new.time_ms,
        leader="nobody",
        hash=new.header_hash,
        checkpoint=f"checkpoint {new.height}",
    )


def write(
    unit: Unit, leaves: Sequence[bytes], *, rows: Rows = NO_ROWS, signing: Signing | None = None
) -> Head:
    """Write one block behind the unit's head; return the new head. Nothing is committed."""
    head = next_head(unit.head, leaves)
    unit.write(
        head=head,
        block=block_of(unit.head, head),
        entries=[Entry(leaf) for leaf in leaves],
        rows=rows,
        attachments=NOTHING,
        signing=signing or Signing((), head.size, head.frontier.root()),
    )
    return head


def append(storage: Storage, leaves: Sequence[bytes], *, signing: Signing | None = None) -> Head:
    """Write one block and commit it."""
    with storage.unit() as unit:
        unit.begin(State())
        head = write(unit, leaves, signing=signing)
        unit.commit(height=head.height, header_hash=head.header_hash)
        return head


def words(first: int, count: int) -> list[bytes]:
    """Return leaves that tell their own index."""
    return [str(at).encode() for at in range(first, first + count)]

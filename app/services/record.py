"""Record: the single gate through which anything changes; a group becomes one sealed block."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from app.ledger.blocks import Entry, Head, Recorded, Signing
from app.ledger.encoding import encode
from app.ledger.leaves import OperationLeaf, header_hash, parse_leaf
from app.ledger.merkle import leaf_hash
from app.ledger.notes import Checkpoint
from app.registry.attachments import NOTHING, Attachments
from app.registry.errors import RefusalError
from app.registry.operation import (
    Operation,
    Read,
    all_reads,
    claimed_ids,
    must_be_admissible,
)
from app.registry.operations import parse_operation
from app.registry.operations.issue import Issue
from app.registry.parties import parties_of
from app.registry.state import At, Change, Follow, State
from app.registry.windows import Calendar
from app.services.clock import ClockGuard
from app.services.closing import block_of, header_of, identity_of
from app.services.forms import joined, leaf_of, plain_or_refusal
from app.services.leases import Lease
from app.services.ports import Storage, Unit
from app.services.seal import Sealer
from app.services.warm import Known, WarmState

GROUP_OPERATIONS_MAX = 1_000


@dataclass(frozen=True, slots=True)
class Asked:
    """An operation that somebody asks for, with what is to be kept beside it."""

    operation: Operation
    attachments: Attachments = NOTHING


@dataclass(frozen=True, slots=True)
class Accepted:
    """Where an operation stands on the log; `is_repeated` where it stood there before.

    `follows` is what it brought about, in the same block.
    """

    id: str
    index: int
    height: int
    leaf: bytes
    is_repeated: bool = False
    follows: tuple["Accepted", ...] = ()


Outcome = Accepted | RefusalError


@dataclass(slots=True)
class _Group:
    """What is decided so far of one block."""

    state: State
    at: At
    known: dict[str, Recorded]
    entries: list[Entry] = field(default_factory=list)
    attachments: list[Attachments] = field(default_factory=list)

    def next(self) -> At:
        """Return where the next leaf will stand."""
        return At(self.at.time_ms, self.at.height, self.at.index + len(self.entries))


class Recorder:
    """Decides groups of operations and records what is accepted."""

    def __init__(
        self, *, storage: Storage, sealer: Sealer, calendar: Calendar, clock: ClockGuard
    ) -> None:
        """Take storage, the keys on this machine, and the two clocks' keepers."""
        self._storage = storage
        self._sealer = sealer
        self._calendar = calendar
        self._clock = clock
        self._warm = WarmState()
        self.last_sealed: Checkpoint | None = None

    def record(self, asked: Sequence[Asked]) -> list[Outcome]:
        """Return an outcome for each, in order; accepted ones are sealed and durable.

        At most 1,000 operations make a block; what is over goes into the next. A group of
        which everything is refused makes no block.
        """
        outcomes: list[Outcome] = []
        while len(outcomes) < len(asked):
            outcomes += self._record_block(asked[len(outcomes) :])
        return outcomes

    def heartbeat(self, lease: Lease | None, *, every_s: int) -> int | None:
        """Seal an empty block where the newest is that old; return its height.

        Raises RefusalError lease-lost where another may do it by now.
        """
        state = State()
        with self._storage.unit() as unit:
            unit.begin(state)
            self._clock.check(unit.now_ms)
            if unit.now_ms - unit.head.time_ms < every_s * 1000:
                return None
            if lease is not None and not unit.is_held(lease.name, lease.holder, lease.token):
                raise RefusalError("lease-lost", "another may hold the lease by now")
            at = At(unit.now_ms, unit.head.height + 1, unit.head.size)
            self._close(unit, _Group(state=state, at=at, known={}))
        return at.height

    def _record_block(self, asked: Sequence[Asked]) -> list[Outcome]:
        plain = [plain_or_refusal(item.operation) for item in asked[:GROUP_OPERATIONS_MAX]]
        asked = asked[: len(plain)]
        wellformed = [
            item.operation
            for item, value in zip(asked, plain, strict=True)
            if isinstance(value, dict)
        ]
        reads = [read for operation in wellformed for read in all_reads(operation)]
        ids = [item for operation in wellformed for item in claimed_ids(operation)]
        known = self._warm.take()
        with self._storage.unit() as unit:
            recorded, known = self._begin(unit, known, ids, reads)
            time_ms = max(unit.head.time_ms, unit.now_ms)
            self._clock.check(unit.now_ms)
            unit.load_oldest(known.state, reads, time_ms=time_ms)
            at = At(time_ms, unit.head.height + 1, unit.head.size)
            group = _Group(state=known.state, at=at, known=recorded)
            outcomes = self._decide_all(asked, plain, group)
            header_hash = unit.head.header_hash
            if group.entries:
                header_hash = self._close(unit, group)
        self._warm.keep(known, header_hash=header_hash)
        return outcomes

    def _begin(
        self, unit: Unit, known: Known, ids: Sequence[str], reads: Sequence[Read]
    ) -> tuple[dict[str, Recorded], Known]:
        """Take the lock and load what is not known yet; all of it where another process wrote."""
        missing = known.missing(reads)
        recorded = unit.begin(known.state, ids=ids, reads=missing)
        if known.header_hash != unit.head.header_hash and known.reads:
            known = Known()
            missing = known.missing(reads)
            unit.load(known.state, missing)
        known.reads.update(missing)
        return recorded, known

    def _decide_all(
        self, asked: Sequence[Asked], plain: Sequence[dict[str, Any] | RefusalError], group: _Group
    ) -> list[Outcome]:
        """Decide in order; each sees what the ones before it changed."""
        most = GROUP_OPERATIONS_MAX if group.state.has_genesis else 1
        outcomes: list[Outcome] = []
        for item, value in zip(asked, plain, strict=True):
            try:
                outcome = self._decide(item, value, group, most)
            except RefusalError as refusal:
                outcome = refusal
            if outcome is None:
                break
            outcomes.append(outcome)
        return outcomes

    def _decide(
        self, asked: Asked, plain: dict[str, Any] | RefusalError, group: _Group, most: int
    ) -> Outcome | None:
        """Return the outcome of one operation; None where the block has no room for it."""
        if isinstance(plain, RefusalError):
            raise plain
        operation = asked.operation
        if operation.id in group.known:
            return _repeated(operation, plain, group.known)
        if operation.is_derived:
            raise RefusalError("unknown-operation", f"{operation.type} follows from another")
        origin = group.state.registry.origin if group.state.has_genesis else operation.origin
        must_be_admissible(group.state, operation, origin=origin)
        if not group.known.keys().isdisjoint(claimed_ids(operation)):
            raise RefusalError("id-in-use", "what follows from it stands on the log", pointer="/id")
        change = operation.decide(group.state, group.next())
        follows = len(operation.brings) if change.follows else 0
        if len(group.entries) + 1 + follows > most:
            return None
        return self._accept(asked, plain, change, group)

    def _accept(
        self, asked: Asked, plain: dict[str, Any], change: Change, group: _Group
    ) -> Accepted:
        """Add an operation and all that follows from it to the block, or nothing of it."""
        accepted = self._append(asked.operation, leaf_of(plain, change, None), change, group)
        group.attachments.append(asked.attachments)
        follows = self._follow_all(change, cause=asked.operation.id, group=group)
        return replace(accepted, follows=tuple(follows)) if follows else accepted

    def _follow_all(self, change: Change, *, cause: str, group: _Group) -> list[Accepted]:
        """Append what a change brings about, each with what follows from it in turn."""
        return [
            item
            for follow in change.follows
            for item in self._follow(follow, cause=cause, group=group)
        ]

    def _follow(self, follow: Follow, *, cause: str, group: _Group) -> list[Accepted]:
        """Append what an accepted operation brings about; the rules have made sure that it may."""
        at = group.next()
        operation = self._compose(follow, cause=cause, at=at, state=group.state)
        try:
            change = operation.decide(group.state, at)
            leaf = leaf_of(operation.plain(), change, cause)
        except RefusalError as refusal:
            raise AssertionError(f"{cause} was accepted, what follows is not") from refusal
        accepted = self._append(operation, leaf, change, group)
        return [accepted, *self._follow_all(change, cause=operation.id, group=group)]

    def _compose(self, follow: Follow, *, cause: str, at: At, state: State) -> Operation:
        """Return the operation that follows: as the rules say, or with windows of its zone."""
        if follow.members is not None:
            return parse_operation(follow.plain(cause, origin=state.registry.origin))
        return Issue.compose(
            state, issuance=follow.subject, cause=cause, at=at, calendar=self._calendar
        )

    def _append(self, operation: Operation, leaf: bytes, change: Change, group: _Group) -> Accepted:
        at = group.next()
        parties = parties_of(group.state, operation, change)
        group.state.apply(change, at)
        group.state.recorded.add(operation.id)
        group.entries.append(Entry(leaf, operation.id, operation.type, operation.by, parties))
        group.known[operation.id] = Recorded(at.index, at.height, leaf)
        return Accepted(operation.id, at.index, at.height, leaf)

    def _close(self, unit: Unit, group: _Group) -> str:
        """Chain, seal, write and commit the block; return its header's hash."""
        unit.load_neighbours(group.state)
        rows = group.state.settle(group.at.height)
        registry = group.state.registry
        identity = identity_of(registry.origin, registry.log_vkey, encode(registry.authority_set))
        header, leaf = header_of(unit.head, at=group.at, entries=group.entries, identity=identity)
        frontier = unit.head.frontier
        for entry in group.entries:
            frontier.append(leaf_hash(entry.leaf))
        frontier.append(leaf_hash(leaf))
        checkpoint = Checkpoint(registry.origin, frontier.size, frontier.root())
        note = self._sealer.seal(checkpoint, time_ms=header.time_ms)
        head = Head(header.height, frontier.size, header_hash(leaf), header.time_ms, frontier.edge)
        unit.write(
            head=head,
            block=block_of(header, head, str(note)),
            entries=[*group.entries, Entry(leaf)],
            rows=rows,
            attachments=joined(group.attachments),
            signing=Signing(
                tuple(signer.name for signer in self._sealer.authorities),
                checkpoint.size,
                checkpoint.root,
            ),
        )
        unit.commit(height=head.height, header_hash=head.header_hash)
        self.last_sealed = checkpoint
        return head.header_hash


def _repeated(
    operation: Operation, plain: dict[str, Any], known: Mapping[str, Recorded]
) -> Accepted:
    """Give an accepted answer again, for the same content only (R32)."""
    found = known[operation.id]
    leaf = parse_leaf(found.leaf)
    if not isinstance(leaf, OperationLeaf) or leaf.operation != plain:
        raise RefusalError("idempotency-key-reused", "its content is another", rule="R32")
    followed = {id_: known[id_] for id_ in claimed_ids(operation)[1:] if id_ in known}
    causes = {operation.id, *followed}
    follows = tuple(_again(id_, item) for id_, item in followed.items() if _cause(item) in causes)
    return replace(_again(operation.id, found), follows=follows)


def _again(id_: str, known: Recorded) -> Accepted:
    return Accepted(id_, known.index, known.height, known.leaf, is_repeated=True)


def _cause(known: Recorded) -> str | None:
    """Return because of what it was recorded; anybody may have taken the id of what never was."""
    leaf = parse_leaf(known.leaf)
    return leaf.cause if isinstance(leaf, OperationLeaf) else None

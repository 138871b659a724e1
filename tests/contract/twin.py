"""A twin of a registry: a whole State replayed from its log, which must decide all that it does."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from app.audit.findings import Report
from app.audit.replay import Replay
from app.factory import Registry, open_registry
from app.ledger.leaves import HeaderLeaf, OperationLeaf, parse_leaf
from app.registry.errors import RefusalError
from app.registry.operation import Operation, must_be_admissible
from app.registry.operations import parse_operation
from app.registry.operations.issue import Issue
from app.registry.ranges import Bundle, Move
from app.registry.state import At, Change, Follow, State
from app.services.calendar import windows
from app.services.record import Outcome
from tests.databases import Backend
from tests.scenario import ORIGIN

Decision = tuple[Move, ...] | tuple[str, str, str, str]


@dataclass
class Twin:
    """A whole State replayed from the log, block by block, and what was held at each height."""

    registry: Registry
    replay: Replay = field(default_factory=lambda: Replay(origin=ORIGIN))
    read: int = 0
    held: dict[int, set[Bundle]] = field(default_factory=dict)

    @property
    def state(self) -> State:
        return self.replay.state

    def catch_up(self) -> None:
        """Replay the blocks that are new."""
        with self.registry.storage.log() as log:
            new = list(map(parse_leaf, log.range(self.read, log.size())))
        operations: list[tuple[int, OperationLeaf]] = []
        report = Report()
        for index, leaf in enumerate(new, self.read):
            if isinstance(leaf, OperationLeaf):
                operations.append((index, leaf))
                continue
            assert isinstance(leaf, HeaderLeaf)
            for at, operation in operations:
                self.replay.take(operation, At(leaf.time_ms, leaf.height, at), report)
            self.replay.close_block(leaf.height, report)
            self.held[leaf.height] = set(self.state.bundles)
            operations.clear()
        self.read += len(new)
        assert report.findings == []

    def decide(self, operations: Sequence[Operation]) -> list[Decision]:
        """Return what a whole State decides of a group, with all that follows from it."""
        copy = Twin(self.registry)
        copy.catch_up()
        with self.registry.storage.log() as log:
            head = log.head
        decisions: list[Decision] = []
        at = At(head.time_ms, head.height + 1, head.size)
        for operation in operations:
            try:
                must_be_admissible(copy.state, operation, origin=ORIGIN)
                change = operation.decide(copy.state, at)
            except RefusalError as refusal:
                decisions.append(said(refusal))
            else:
                at = _take(copy.state, operation, change, at)
                decisions.append(tuple(move._replace(offer=None) for move in change.moves))
        return decisions


def _take(state: State, operation: Operation, change: Change, at: At) -> At:
    """Apply a change and, in order, what follows from it; return where the next one stands."""
    state.apply(change, at)
    at = At(at.time_ms, at.height, at.index + 1)
    for follow in change.follows:
        following = _composed(state, follow, operation.id, at)
        at = _take(state, following, following.decide(state, at), at)
    return at


def _composed(state: State, follow: Follow, cause: str, at: At) -> Operation:
    if follow.members is not None:
        return parse_operation(follow.plain(cause, origin=ORIGIN))
    return Issue.compose(state, issuance=follow.subject, cause=cause, at=at, calendar=windows)


def said(refusal: RefusalError) -> tuple[str, str, str, str]:
    return refusal.code, refusal.detail, refusal.rule, refusal.pointer


def decided(outcome: Outcome) -> Decision:
    if isinstance(outcome, RefusalError):
        return said(outcome)
    leaf = parse_leaf(outcome.leaf)
    assert isinstance(leaf, OperationLeaf)
    return tuple(moved(row) for row in leaf.change)


def moved(row: object) -> Move:
    assert isinstance(row, dict)
    source, target = row["from"].split("/"), row["to"].split("/")
    return Move(row["issuance"], row["first"], row["last"], *source, *target)


@contextmanager
def opened_twice(backend: Backend, home: Path) -> Iterator[tuple[Registry, Registry]]:
    """Give a founded registry of one example's own, open in two as two processes have it."""
    made = backend.databases.founded(home)
    with open_registry(made) as first, open_registry(made) as second:
        yield first, second
    backend.databases.drop(made.database_url)

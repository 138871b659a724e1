"""Replay: every operation decided again by the very rules that the service used."""

from collections import deque
from typing import Any, NamedTuple

from app.audit.findings import Report
from app.ledger.leaves import OperationLeaf
from app.registry.errors import RefusalError
from app.registry.issuances import Issuance
from app.registry.operation import Operation, must_be_admissible
from app.registry.operations import parse_operation
from app.registry.parties import parties_of
from app.registry.state import At, Follow, Rows, State, follow_id


class _Expected(NamedTuple):
    """What must be the next operation, and because of which."""

    type: str
    id: str
    cause: str
    plain: dict[str, Any] | None = None
    """All that it says, where the rules alone determine it."""


class Replay:
    """State rebuilt from the log alone; it stops at the first operation that cannot be right."""

    def __init__(self, *, origin: str) -> None:
        """Begin before genesis."""
        self._origin = origin
        self._expected: deque[_Expected] = deque()
        self.state = State()
        self.is_stopped = False

    def take(self, leaf: OperationLeaf, at: At, report: Report) -> tuple[str, ...]:
        """Decide an operation leaf again and compare; return whom it concerns."""
        if self.is_stopped:
            return ()
        where = f"leaf {at.index}"
        try:
            operation = parse_operation(dict(leaf.operation))
            must_be_admissible(self.state, operation, origin=self._origin)
            change = operation.decide(self.state, at)
        except RefusalError as refusal:
            repeated = refusal.code == "idempotency-key-reused"
            code = "operation-repeated" if repeated else "operation-refused"
            self._stop(report, code, where, str(refusal))
            return ()
        if [move.plain for move in change.moves] != list(leaf.change):
            self._stop(report, "change-differs", where, "not what the rules compute")
            return ()
        self._check_cause(operation, leaf.cause, where, report)
        parties = parties_of(self.state, operation, change)
        self.state.apply(change, at)
        self.state.recorded.add(operation.id)
        self._expected.extendleft(
            self._expect(follow, operation.id) for follow in reversed(change.follows)
        )
        return parties

    def close_block(self, height: int, report: Report) -> Rows | None:
        """Settle a block and return its rows; None once the replay has stopped."""
        if self.is_stopped:
            return None
        if self._expected:
            expected = self._expected[0]
            self._stop(
                report, "follow-missing", f"height {height}", f"{expected.type} {expected.id}"
            )
            return None
        return self.state.settle(height)

    def stop(self) -> None:
        """Stop at a leaf that cannot be read or was altered: what follows may rest on it."""
        self.is_stopped = True

    def check_conservation(self, report: Report) -> dict[str, int]:
        """Check that each issuance's ranges partition it (R18 to R20); return sums by state."""
        totals: dict[str, int] = {}
        if self.is_stopped:
            return totals
        for issuance in self.state.all(Issuance):
            ranges = self.state.bundles.of_issuance(issuance.id)
            reached = 0
            for bundle in ranges:
                if bundle.first != reached + 1:
                    reached = -1
                    break
                reached = bundle.last
                totals[bundle.state] = totals.get(bundle.state, 0) + bundle.quantity
            if reached != issuance.quantity:
                report.add("conservation-broken", f"issuance {issuance.id}", f"after {reached}")
        return dict(sorted(totals.items()))

    def _check_cause(
        self, operation: Operation, cause: str | None, where: str, report: Report
    ) -> None:
        found = (operation.type, operation.id, cause or "")
        if self._expected:
            expected = self._expected.popleft()
            is_other = expected.plain is not None and expected.plain != operation.plain()
            if found != expected[:3] or is_other:
                self._stop(report, "follow-missing", where, f"{expected.type} {expected.id}")
        elif cause is not None or operation.is_derived:
            self._stop(report, "follow-unasked", where, f"nothing asked for {operation.type}")

    def _expect(self, follow: Follow, cause: str) -> _Expected:
        plain = None
        if follow.members is not None:
            plain = follow.plain(cause, origin=self._origin)
        return _Expected(follow.type, follow_id(cause, follow.type), cause, plain)

    def _stop(self, report: Report, code: str, where: str, detail: str) -> None:
        report.add(code, where, detail)
        self.is_stopped = True

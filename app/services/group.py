"""Group commit: callers that wait at the same time are recorded together, each in fair turn."""

from collections import deque
from collections.abc import Callable, Sequence
from threading import Lock
from typing import TYPE_CHECKING

from app.registry.errors import RefusalError
from app.services.record import GROUP_OPERATIONS_MAX, Asked, Outcome

if TYPE_CHECKING:
    from types import TracebackType

WAITING_OPERATIONS_MAX = 20_000
"""How many operations may wait; beyond it callers are told to come back.

An organisation of which less than a turn waits is always taken, so that nobody can fill the queue
for the others: each request holds a thread, of which there are few.
"""
TURN_OPERATIONS = 50
"""How many operations of one request go into a group before the next request has its turn."""

Record = Callable[[list[Asked]], list[Outcome]]
Observe = Callable[[int, int], None]
"""Told how many operations a group took and how many still wait."""


class _Waiting:
    """One caller's request: what it asks, what came of it so far, and its sleeping thread."""

    __slots__ = ("asked", "error", "is_leading", "outcomes", "raised_at", "taken", "wakes")

    def __init__(self, asked: Sequence[Asked]) -> None:
        self.asked = asked
        self.taken = 0
        self.outcomes: list[Outcome] = []
        self.error: BaseException | None = None
        self.raised_at: TracebackType | None = None
        self.is_leading = False
        self.wakes = Lock()
        self.wakes.acquire()

    @property
    def is_done(self) -> bool:
        return self.error is not None or len(self.outcomes) == len(self.asked)

    @property
    def waits(self) -> int:
        return len(self.asked) - self.taken


class _Turns:
    """Who waits: organisations in rotation, and the requests of each in rotation."""

    def __init__(self) -> None:
        self._organisations: dict[str, deque[_Waiting]] = {}
        self.operations = 0

    def add(self, organisation: str, waiting: _Waiting) -> None:
        self._organisations.setdefault(organisation, deque()).append(waiting)
        self.operations += len(waiting.asked)

    def take(self, most: int) -> list[tuple[_Waiting, int]]:
        """Return whose operations make the next group, and how many of each, in order."""
        shares: dict[_Waiting, int] = {}
        left = most
        while left and self._organisations:
            organisation, requests = next(iter(self._organisations.items()))
            waiting = requests[0]
            share = min(TURN_OPERATIONS, left, waiting.waits)
            waiting.taken += share
            left -= share
            shares[waiting] = shares.get(waiting, 0) + share
            self._pass_on(organisation, requests)
        self.operations -= most - left
        return list(shares.items())

    def first(self) -> _Waiting | None:
        """Return who waits in front."""
        return next((requests[0] for requests in self._organisations.values()), None)

    def of(self, organisation: str) -> int:
        """Return how many operations of an organisation wait."""
        return sum(waiting.waits for waiting in self._organisations.get(organisation, ()))

    def drop(self, waiting: _Waiting) -> None:
        """Take a failed request's rest away."""
        self.operations -= waiting.waits
        waiting.taken = len(waiting.asked)
        for organisation, requests in list(self._organisations.items()):
            if waiting in requests:
                requests.remove(waiting)
                if not requests:
                    del self._organisations[organisation]

    def _pass_on(self, organisation: str, requests: deque[_Waiting]) -> None:
        """Let the next request of the organisation, and the next organisation, have their turn."""
        del self._organisations[organisation]
        waiting = requests.popleft()
        if waiting.waits:
            requests.append(waiting)
        if requests:
            self._organisations[organisation] = requests


class GroupCommit:
    """Makes one group of all who wait; the thread that comes first records for the others.

    While it records, others line up; whoever is in front then records the next group. No
    thread of its own runs, so nothing is left behind when a process ends.
    """

    def __init__(
        self, record: Record, *, observe: Observe, waiting_max: int = WAITING_OPERATIONS_MAX
    ) -> None:
        """Take what records a group, who is told about it, and how many may wait."""
        self._record = record
        self._observe = observe
        self._waiting_max = waiting_max
        self._lock = Lock()
        self._turns = _Turns()
        self._is_led = False

    def submit(self, asked: Sequence[Asked], *, organisation: str) -> list[Outcome]:
        """Return an outcome for each operation, in order, once all are decided and durable.

        Raises RefusalError busy where too many wait, and whatever recording its group raised.
        """
        waiting = _Waiting(asked)
        if not asked:
            return []
        with self._lock:
            self._must_have_room(organisation, len(asked))
            self._turns.add(organisation, waiting)
            waiting.is_leading = not self._is_led
            self._is_led = True
        if not waiting.is_leading:
            waiting.wakes.acquire()
        while not waiting.is_done:
            self._lead()
        if waiting.is_leading:
            self._hand_over()
        if waiting.error is not None:
            raise waiting.error.with_traceback(waiting.raised_at)
        return waiting.outcomes

    def _must_have_room(self, organisation: str, more: int) -> None:
        if self._turns.operations + more <= self._waiting_max:
            return
        if self._turns.of(organisation) + more > TURN_OPERATIONS:
            raise RefusalError("busy", "too many operations wait already")

    def _lead(self) -> None:
        """Record one group and wake whom it answers."""
        with self._lock:
            shares = self._turns.take(GROUP_OPERATIONS_MAX)
            waits = self._turns.operations
        group = [item for waiting, share in shares for item in _last(waiting, share)]
        try:
            self._observe(len(group), waits)
            outcomes = self._record(group)
        except BaseException as error:  # noqa: BLE001 - told to everybody who waits for it
            self._fail(shares, error)
            return
        at = 0
        for waiting, share in shares:
            waiting.outcomes += outcomes[at : at + share]
            at += share
            if waiting.is_done and not waiting.is_leading:
                waiting.wakes.release()

    def _fail(self, shares: Sequence[tuple[_Waiting, int]], error: BaseException) -> None:
        with self._lock:
            for waiting, _ in shares:
                self._turns.drop(waiting)
        for waiting, _ in shares:
            waiting.raised_at = error.__traceback__  # as it is now: each who raises it adds to it
            waiting.error = error
            if not waiting.is_leading:
                waiting.wakes.release()

    def _hand_over(self) -> None:
        """Let whoever waits in front lead, or nobody."""
        with self._lock:
            following = self._turns.first()
            self._is_led = following is not None
            if following is not None:
                following.is_leading = True
                following.wakes.release()


def _last(waiting: _Waiting, share: int) -> Sequence[Asked]:
    """Return the operations of a request that were taken last."""
    return waiting.asked[waiting.taken - share : waiting.taken]

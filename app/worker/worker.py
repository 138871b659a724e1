"""The worker: holds the lease, runs each duty when it is due, and stops when it is told to."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from logging import getLogger
from time import monotonic, sleep

from app.registry.errors import RefusalError
from app.services.leases import Lease, Leases
from app.worker.duties import Duty

LEASE = "worker"

_logger = getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How long a lease lasts, when it is renewed, and how finely a worker sleeps."""

    lease_ms: int = 30_000
    renew_s: float = 10
    step_s: float = 0.2
    retry_s: float = 1
    retry_s_max: float = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """Time as it passes here; what is recorded goes by the database's clock."""

    now_s: Callable[[], float] = monotonic
    sleep: Callable[[float], None] = sleep


@dataclass(slots=True)
class _Turn:
    """When something comes next, and how often in a row it has failed."""

    due_s: float = float("-inf")
    failures: int = 0


class Worker:
    """Runs duties while it holds the lease; many may run, and one of them works."""

    def __init__(
        self,
        leases: Leases,
        duties: Sequence[Duty],
        *,
        unavailable: tuple[type[Exception], ...],
        pace: Pace | None = None,
        clock: Clock | None = None,
    ) -> None:
        """Take the leases, the duties, and the errors that say that the database is away."""
        self._leases = leases
        self._duties = duties
        self._passing: tuple[type[Exception], ...] = (RefusalError, *unavailable)
        self._pace = pace or Pace()
        self._clock = clock or Clock()
        self._lease: Lease | None = None
        self._renewal = _Turn()
        self._turns = {duty.name: _Turn() for duty in duties}
        self._is_stopping = False

    def run(self, *, is_wanted: Callable[[], bool] = lambda: True) -> None:
        """Work until told to stop or not wanted any more, then give the lease back.

        Refusals and a database that is away are waited out; every other error ends it.
        """
        try:
            while not self._is_stopping and is_wanted():
                self.step()
                self._clock.sleep(self._pace.step_s)
        finally:
            self._release()

    def stop(self) -> None:
        """End `run` after the duty that is under way; safe in a signal's handler."""
        self._is_stopping = True

    def run_once(self) -> bool:
        """Run every duty once and give the lease back; False where another worker holds it.

        Nothing is tried again. Raises RefusalError, or what says that the database is away.
        """
        lease = self._leases.take(LEASE, duration_ms=self._pace.lease_ms)
        if lease is None:
            return False
        try:
            for duty in self._duties:
                duty.run(lease)
        finally:
            self._leases.release(lease)
        return True

    def step(self) -> None:
        """Renew the lease where it is time, and run what is due."""
        for duty in self._duties:
            self._renew()
            lease = self._lease
            if lease is None or self._is_stopping:
                return
            if self._is_due(self._turns[duty.name]):
                self._attempt(duty, lease)

    def _renew(self) -> None:
        """Take the lease, or renew it; a standby asks as often."""
        turn = self._renewal
        if not self._is_due(turn):
            return
        before = self._lease
        try:
            self._lease = self._leases.take(LEASE, duration_ms=self._pace.lease_ms)
        except self._passing as error:
            self._put_off(turn, "lease", error)
            return
        self._settle(turn, self._pace.renew_s)
        if self._lease != before:
            _logger.info("lease %s", "lost" if self._lease is None else "taken")

    def _attempt(self, duty: Duty, lease: Lease) -> None:
        turn = self._turns[duty.name]
        try:
            duty.run(lease)
        except self._passing as error:
            self._put_off(turn, duty.name, error)
            if isinstance(error, RefusalError) and error.code == "lease-lost":
                self._lease = None
                self._renewal.due_s = float("-inf")
            return
        self._settle(turn, duty.every_s)

    def _is_due(self, turn: _Turn) -> bool:
        return self._clock.now_s() >= turn.due_s

    def _settle(self, turn: _Turn, after_s: float) -> None:
        turn.due_s = self._clock.now_s() + after_s
        turn.failures = 0

    def _put_off(self, turn: _Turn, name: str, error: Exception) -> None:
        """Try again later, and later each time."""
        wait_s = min(self._pace.retry_s * 2**turn.failures, self._pace.retry_s_max)
        turn.failures = min(turn.failures + 1, 16)
        turn.due_s = self._clock.now_s() + wait_s
        if isinstance(error, RefusalError):
            _logger.warning("%s refused: %s", name, error)
        else:
            _logger.warning("%s has no database", name, exc_info=error)

    def _release(self) -> None:
        """Give the lease back; where that cannot be told it runs out by itself."""
        if self._lease is None:
            return
        try:
            self._leases.release(self._lease)
        except self._passing as error:
            _logger.warning("lease not given back", exc_info=error)
        self._lease = None

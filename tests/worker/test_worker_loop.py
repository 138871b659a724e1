"""The worker's loop: who holds the lease works, what fails is tried again, and it stops when told.

Time here is a counter that sleeping moves; leases are real rows, by the database's own clock.
"""

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from app.factory import DATABASE_IS_AWAY, Registry
from app.registry.errors import RefusalError
from app.services.leases import Lease, Leases
from app.storage.leases import LeaseRows
from app.storage.unit_of_work import StorageError
from app.worker.duties import Duty, heartbeat
from app.worker.worker import Clock, Pace, Worker
from tests.worker.lively import Row, lease_row

LONG_MS = 3_600_000
PACE = Pace(lease_ms=LONG_MS, renew_s=10, step_s=1, retry_s=1, retry_s_max=8)


class Time:
    """Time that passes only while somebody sleeps; things happen at set seconds."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.at: dict[int, Callable[[], None]] = {}

    def sleep(self, seconds: float) -> None:
        self.now_s += seconds
        self.at.pop(int(self.now_s), lambda: None)()


class Faulty:
    """A registry's own leases, which the database does not give while it is away."""

    def __init__(self, rows: LeaseRows) -> None:
        self._rows = rows
        self.error: Exception | None = None
        self.asked = 0

    def take(self, name: str, holder: str, *, duration_ms: int) -> int | None:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return self._rows.take(name, holder, duration_ms=duration_ms)

    def release(self, name: str, holder: str, *, token: int) -> None:
        if self.error is not None:
            raise self.error
        self._rows.release(name, holder, token=token)


class Bench:
    """A worker under test: its time, its leases, and when each of its duties ran."""

    def __init__(self, registry: Registry) -> None:
        self.registry = registry
        self.time = Time()
        self.rows = Faulty(LeaseRows(registry.storage.database))
        self.ran: list[tuple[str, int]] = []
        self.tokens: list[int] = []

    def duty(
        self, name: str, *, every_s: int = 10, then: Callable[[Lease], None] | None = None
    ) -> Duty:
        """Return a duty that says when it ran, and then does what a test wants."""

        def run(lease: Lease) -> None:
            self.ran.append((name, int(self.time.now_s)))
            self.tokens.append(lease.token)
            if then is not None:
                then(lease)

        return Duty(name, every_s, run)

    def worker(self, *duties: Duty) -> Worker:
        return Worker(
            Leases(self.rows, holder="first"),
            duties,
            unavailable=DATABASE_IS_AWAY,
            pace=PACE,
            clock=Clock(now_s=lambda: self.time.now_s, sleep=self.time.sleep),
        )

    def run(self, worker: Worker, *, seconds: int) -> None:
        worker.run(is_wanted=lambda: self.time.now_s < seconds)

    def times(self, name: str) -> list[int]:
        return [at for ran, at in self.ran if ran == name]

    @property
    def row(self) -> Row:
        row = lease_row(self.registry.storage)
        assert row is not None
        return row


@pytest.fixture
def bench(registry: Registry) -> Bench:
    return Bench(registry)


def refusing(code: str) -> Callable[[Lease], None]:
    def refuse(lease: Lease) -> None:
        raise RefusalError(code, lease.holder)

    return refuse


def raising(error: Exception) -> Callable[[Any], None]:
    def fail(_: object) -> None:
        raise error

    return fail


def away() -> Exception:
    return OperationalError("SELECT", {}, sqlite3.OperationalError("disk I/O error"))


def test_each_duty_runs_at_once_and_then_in_its_own_time(bench: Bench) -> None:
    worker = bench.worker(bench.duty("slow", every_s=20), bench.duty("quick", every_s=5))

    bench.run(worker, seconds=41)

    assert bench.times("slow") == [0, 20, 40]
    assert bench.times("quick") == list(range(0, 41, 5))
    assert set(bench.tokens) == {1}


def test_the_lease_is_renewed_in_time_and_given_back_at_the_end(bench: Bench) -> None:
    worker = bench.worker(bench.duty("any"))

    bench.run(worker, seconds=35)

    assert bench.rows.asked == 4
    assert (bench.row.token, bench.row.expires_at) == (1, 0)


def test_no_duty_runs_while_another_worker_holds_the_lease(bench: Bench) -> None:
    rows = LeaseRows(bench.registry.storage.database)
    assert rows.take("worker", "second", duration_ms=LONG_MS) == 1
    worker = bench.worker(bench.duty("any", every_s=1))
    bench.time.at[25] = lambda: rows.release("worker", "second", token=1)

    bench.run(worker, seconds=33)

    assert bench.times("any") == [30, 31, 32]
    assert set(bench.tokens) == {2}


def test_a_worker_that_was_overtaken_stops_working(bench: Bench) -> None:
    rows = LeaseRows(bench.registry.storage.database)
    worker = bench.worker(bench.duty("any", every_s=1))

    def overtake() -> None:
        rows.release("worker", "first", token=1)
        assert rows.take("worker", "second", duration_ms=LONG_MS) == 2

    bench.time.at[5] = overtake
    bench.run(worker, seconds=30)

    assert bench.times("any") == list(range(10))
    assert (bench.row.holder, bench.row.token) == ("second", 2)
    assert bench.row.expires_at > 0


def test_a_lease_that_was_lost_is_taken_anew_before_anything_else(bench: Bench) -> None:
    worker = bench.worker(
        bench.duty("fenced", every_s=100, then=refusing("lease-lost")),
        bench.duty("other", every_s=100),
    )

    bench.run(worker, seconds=2)

    assert bench.rows.asked >= 2
    assert bench.times("fenced") == [0, 1]
    assert bench.times("other") == [0]


@pytest.mark.parametrize(
    "failing", [refusing("busy"), raising(away()), raising(sqlite3.OperationalError("locked"))]
)
def test_what_fails_is_tried_again_later_and_later_and_holds_nobody_up(
    failing: Callable[[Lease], None], bench: Bench
) -> None:
    worker = bench.worker(
        bench.duty("failing", every_s=100, then=failing), bench.duty("other", every_s=10)
    )

    bench.run(worker, seconds=32)

    assert bench.times("failing") == [0, 1, 3, 7, 15, 23, 31]
    assert bench.times("other") == [0, 10, 20, 30]


def test_a_duty_that_works_again_goes_on_in_its_own_time(bench: Bench) -> None:
    def fail_early(lease: Lease) -> None:
        if bench.time.now_s < 3:
            refusing("busy")(lease)

    worker = bench.worker(bench.duty("shaky", every_s=10, then=fail_early))

    bench.run(worker, seconds=24)

    assert bench.times("shaky") == [0, 1, 3, 13, 23]


def test_a_database_that_is_away_is_waited_for(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    worker = bench.worker(bench.duty("any", every_s=100))
    bench.rows.error = away()

    def come_back() -> None:
        bench.rows.error = None

    bench.time.at[5] = come_back
    bench.run(worker, seconds=10)

    assert bench.times("any") == [7]
    assert "lease has no database" in caplog.text


def test_a_lease_that_cannot_be_given_back_runs_out_by_itself(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    def leave(_: Lease) -> None:
        bench.rows.error = away()

    worker = bench.worker(bench.duty("any", every_s=100, then=leave))

    bench.run(worker, seconds=3)

    assert bench.row.expires_at > 0
    assert "lease not given back" in caplog.text


def test_damage_ends_the_worker_and_gives_the_lease_back(bench: Bench) -> None:
    damage = StorageError("the rows that this block extends are not as they were read")
    worker = bench.worker(bench.duty("any", then=raising(damage)))

    with pytest.raises(StorageError):
        bench.run(worker, seconds=3)

    assert bench.row.expires_at == 0


def test_a_worker_that_is_told_to_stop_begins_no_further_duty(bench: Bench) -> None:
    worker = bench.worker(bench.duty("first", then=lambda _: worker.stop()), bench.duty("second"))

    bench.run(worker, seconds=1_000)

    assert bench.ran == [("first", 0)]
    assert bench.time.now_s <= PACE.step_s
    assert bench.row.expires_at == 0


def test_one_round_runs_every_duty_and_gives_the_lease_back(bench: Bench) -> None:
    worker = bench.worker(bench.duty("first"), bench.duty("second"))

    assert worker.run_once()

    assert bench.ran == [("first", 0), ("second", 0)]
    assert bench.row.expires_at == 0


def test_one_round_leaves_the_work_to_whoever_holds_the_lease(bench: Bench) -> None:
    LeaseRows(bench.registry.storage.database).take("worker", "second", duration_ms=LONG_MS)

    assert not bench.worker(bench.duty("any")).run_once()

    assert bench.ran == []
    assert bench.row.holder == "second"


def test_one_round_hides_no_refusal(bench: Bench) -> None:
    worker = bench.worker(bench.duty("any", then=refusing("clock-leapt")))

    with pytest.raises(RefusalError, match="clock-leapt"):
        worker.run_once()

    assert bench.row.expires_at == 0


@pytest.mark.parametrize(("period_s", "every_s"), [(1, 1), (19, 1), (50, 5), (3600, 10)])
def test_a_heartbeat_is_looked_for_ten_times_in_its_period_and_every_ten_seconds(
    period_s: int, every_s: int
) -> None:
    sealed: list[Lease] = []

    duty = heartbeat(sealed.append, period_s=period_s)

    duty.run(Lease("worker", "first", 1))
    assert (duty.name, duty.every_s) == ("heartbeat", every_s)
    assert sealed == [Lease("worker", "first", 1)]

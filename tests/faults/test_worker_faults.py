"""Workers that are killed or put to sleep, and connections that are lost: the heartbeat goes on."""

import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import pairwise
from pathlib import Path
from signal import SIGCONT, SIGSTOP
from subprocess import Popen
from time import monotonic, sleep

import psycopg
import pytest

from app.audit.walk import Anchor, audit
from app.settings import Settings
from app.storage.storage import Storage
from tests.cli.commands import environment
from tests.databases import Backend
from tests.faults.laborer import LEASE_MS
from tests.worker.lively import Row, blocks_of, found_lively, lease_row

pytestmark = pytest.mark.fault

WAIT_S = 60
ROOT = Path(__file__).parents[2]
Workers = dict[int, Popen[bytes]]
"""Running workers by their process ids."""


@pytest.fixture
def lively(database_url: str, tmp_path: Path) -> Settings:
    """The settings of a founded registry whose blocks are at most a second apart."""
    settings = Settings.of(home=tmp_path / "home", database_url=database_url)
    found_lively(settings)
    return settings


@pytest.fixture
def storage(lively: Settings) -> Iterator[Storage]:
    made = Storage.of(lively.database_url)
    yield made
    made.close()


@contextmanager
def working(settings: Settings, count: int) -> Iterator[Workers]:
    """Have some workers at work; they are killed in the end."""
    command = [sys.executable, "-m", "tests.faults.laborer", str(settings.home)]
    with ExitStack() as stack:
        workers: Workers = {}
        for _ in range(count):
            process = stack.enter_context(
                Popen([*command, settings.database_url], cwd=ROOT, env=environment())
            )
            stack.callback(process.kill)
            workers[process.pid] = process
        yield workers


def wait_until(is_so: Callable[[], bool]) -> None:
    began = monotonic()
    while not is_so():
        assert monotonic() - began < WAIT_S
        sleep(0.02)


def pid_of(row: Row | None) -> int:
    """Return the process that a lease's holder says it is; 0 where nobody holds it."""
    return int(row.holder.rsplit("-", 2)[1]) if row is not None and row.expires_at else 0


def holder(storage: Storage, among: Workers, *, but: int = 0) -> int:
    """Wait until a worker holds the lease; return its process id."""
    wait_until(lambda: pid_of(lease_row(storage)) in among.keys() - {but})
    return pid_of(lease_row(storage))


def asleep_until_overtaken(storage: Storage, workers: Workers, first: int) -> int:
    """Put a worker to sleep until another has its lease; wake it, and return the other.

    One that fell asleep inside a transaction would keep everybody waiting: it is woken and put to
    sleep again.
    """
    began = monotonic()
    while (other := pid_of(lease_row(storage))) in (0, first):
        assert monotonic() - began < WAIT_S
        workers[first].send_signal(SIGSTOP)
        try:
            sleep(3 * LEASE_MS / 1000)
        finally:
            workers[first].send_signal(SIGCONT)
    return other


def wait_for_blocks(storage: Storage, more: int) -> None:
    wanted = len(blocks_of(storage)) + more
    wait_until(lambda: len(blocks_of(storage)) >= wanted)


def must_be_sound(storage: Storage) -> None:
    """Find nothing, and no two heartbeats within one period."""
    blocks = blocks_of(storage)
    with storage.log() as log:
        assert audit(log, anchor=Anchor(), tables=log).findings == []
    assert {block.count for block in blocks[1:]} == {0}
    assert all(after.time_ms - before.time_ms >= 1_000 for before, after in pairwise(blocks))


def test_two_workers_seal_each_heartbeat_once(lively: Settings, storage: Storage) -> None:
    with working(lively, 2) as workers:
        first = holder(storage, workers)
        wait_for_blocks(storage, 3)
        row = lease_row(storage)

    assert row is not None
    assert (pid_of(row), row.token) == (first, 1)
    must_be_sound(storage)


def test_another_worker_takes_over_once_the_lease_of_a_killed_one_has_run_out(
    lively: Settings, storage: Storage
) -> None:
    with working(lively, 2) as workers:
        first = holder(storage, workers)
        wait_for_blocks(storage, 1)
        workers[first].kill()
        workers[first].wait()
        left = lease_row(storage)
        sealed = len(blocks_of(storage))
        second = holder(storage, workers, but=first)
        wait_for_blocks(storage, 2)
        row = lease_row(storage)

    assert left is not None
    assert row is not None
    assert (pid_of(left), left.token) == (first, 1)
    assert (pid_of(row), row.token) == (second, 2)
    assert all(block.time_ms >= left.expires_at for block in blocks_of(storage)[sealed:])
    must_be_sound(storage)


def test_a_worker_that_slept_while_another_took_over_does_not_work_on(
    lively: Settings, storage: Storage
) -> None:
    with working(lively, 2) as workers:
        first = holder(storage, workers)
        wait_for_blocks(storage, 1)
        second = asleep_until_overtaken(storage, workers, first)
        wait_for_blocks(storage, 3)
        row = lease_row(storage)
        statuses = [process.poll() for process in workers.values()]

    assert row is not None
    assert pid_of(row) == second
    assert row.token > 1
    assert statuses == [None, None]
    must_be_sound(storage)


def test_a_worker_whose_connections_are_cut_goes_on(
    backend: Backend, lively: Settings, storage: Storage
) -> None:
    if backend.name == "sqlite":
        pytest.skip("there is no connection to cut")
    with working(lively, 1) as workers:
        first = holder(storage, workers)
        wait_for_blocks(storage, 1)
        for _ in range(3):
            storage.close()
            cut_connections(lively.database_url)
            wait_for_blocks(storage, 1)
        row = lease_row(storage)

    assert pid_of(row) == first
    must_be_sound(storage)


def cut_connections(url: str) -> None:
    query = """
        SELECT pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid()
    """
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(query)

"""A worker beside a server: started, started again where it dies, and ended with its parent."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL
from subprocess import PIPE, Popen
from time import monotonic, sleep

import pytest

from app.settings import Settings
from app.worker.beside import Patience, WorkerBeside
from tests.cli.commands import ROOT, environment

WAIT_S = 60
SOON = Patience(restart_s=0.05, restart_s_max=0.2, end_s=5, look_s=0.02)
"""Waits short enough for a test."""
NOTING = "import os, sys, time; open(sys.argv[1], 'a').write(f'{os.getpid()}\\n'); "
STAYS = "time.sleep(600)"
DIES = "sys.exit(3)"
DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(1); "
SERVER = (
    "import sys, time; from app.worker.beside import WorkerBeside; "
    "beside = WorkerBeside(); beside.start(); "
    "exec('while beside.process is None: time.sleep(0.01)'); "
    "print(beside.process.pid, flush=True); time.sleep(600)"
)


@pytest.fixture
def noted(tmp_path: Path) -> Path:
    """Where each child writes its process id."""
    return tmp_path / "noted"


def command(noted: Path, then: str) -> list[str]:
    return [sys.executable, "-c", NOTING + then, str(noted)]


def pids(noted: Path) -> list[int]:
    return [int(line) for line in noted.read_text().splitlines()] if noted.exists() else []


def wait_until(is_so: Callable[[], bool]) -> None:
    began = monotonic()
    while not is_so():
        assert monotonic() - began < WAIT_S
        sleep(0.01)


def is_alive(pid: int) -> bool:
    """Say whether a process runs; one that ended and that nobody has reaped does not."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return status.rpartition(")")[2].split()[0] != "Z"


def test_a_worker_runs_beside_until_it_is_stopped(noted: Path) -> None:
    with WorkerBeside(command(noted, STAYS), patience=SOON):
        wait_until(lambda: len(pids(noted)) == 1)
        assert is_alive(pids(noted)[0])

    assert not is_alive(pids(noted)[0])
    assert len(pids(noted)) == 1


def test_a_worker_that_is_killed_is_started_again(noted: Path) -> None:
    with WorkerBeside(command(noted, STAYS), patience=SOON):
        wait_until(lambda: len(pids(noted)) == 1)
        os.kill(pids(noted)[0], SIGKILL)
        wait_until(lambda: len(pids(noted)) == 2)
        assert is_alive(pids(noted)[1])

    assert not any(map(is_alive, pids(noted)))


def test_a_worker_that_dies_at_once_is_started_again_and_said_so(
    noted: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with WorkerBeside(command(noted, DIES), patience=SOON):
        wait_until(lambda: len(pids(noted)) >= 3)

    assert "worker ended with status 3" in caplog.text


def test_a_worker_that_ran_steadily_is_started_again_as_soon_as_the_first_time(
    noted: Path,
) -> None:
    patience = Patience(restart_s=0.05, restart_s_max=600, steady_s=0, look_s=0.02)

    with WorkerBeside(command(noted, DIES), patience=patience):
        wait_until(lambda: len(pids(noted)) >= 13)


def test_a_worker_that_does_not_listen_is_killed(noted: Path) -> None:
    patience = Patience(end_s=0.1, look_s=0.02)

    with WorkerBeside(command(noted, DEAF + STAYS), patience=patience):
        wait_until(lambda: len(pids(noted)) == 1)

    assert not is_alive(pids(noted)[0])


def test_a_worker_ends_though_its_parent_was_killed(settings: Settings) -> None:
    ours = environment(EAC_HOME=str(settings.home), EAC_DATABASE_URL=settings.database_url)

    with Popen(
        [sys.executable, "-c", SERVER], cwd=ROOT, env=ours, stdout=PIPE, text=True
    ) as server:
        assert server.stdout is not None
        worker = int(server.stdout.readline())
        assert is_alive(worker)
        server.kill()
        server.wait()

    wait_until(lambda: not is_alive(worker))

"""Processes that want one lease at the same moment, each with connections of its own."""

from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from time import monotonic_ns, sleep

from app.factory import Registry, open_registry
from app.settings import Settings
from app.storage.leases import LeaseRows
from app.storage.storage import Storage

SIZE = 4
TURNS = 15
WAIT_S = 60
LONG_MS = 3_600_000
BEATS = 3


@dataclass(frozen=True)
class Turn:
    """From when to when a process held the lease, by this machine's clock, and its token."""

    began: int
    ended: int
    token: int


Role = Callable[[Settings, str, Barrier], list[Turn]]


def race(settings: Settings, role: Role) -> list[list[Turn]]:
    """Have each process play a role; return what each of them got."""
    context = get_context("spawn")
    barrier = context.Barrier(SIZE)
    pipes = [context.Pipe(duplex=False) for _ in range(SIZE)]
    processes = [
        context.Process(target=_play, args=(role, settings, f"holder {at}", barrier, theirs))
        for at, (_, theirs) in enumerate(pipes)
    ]
    for process in processes:
        process.start()
    for _, theirs in pipes:
        theirs.close()
    answers: list[list[Turn]] = [ours.recv() for ours, _ in pipes]
    for process in processes:
        process.join(WAIT_S)
    return answers


def _play(
    role: Role, settings: Settings, holder: str, barrier: Barrier, answers: Connection
) -> None:
    answers.send(role(settings, holder, barrier))


def take_once(settings: Settings, holder: str, barrier: Barrier) -> list[Turn]:
    """Take the lease, which has no row yet, and keep it."""
    storage = Storage.of(settings.database_url)
    rows = LeaseRows(storage.database)
    barrier.wait(WAIT_S)
    token = rows.take("night", holder, duration_ms=LONG_MS)
    storage.close()
    return [] if token is None else [Turn(0, 0, token)]


def take_turns(settings: Settings, holder: str, barrier: Barrier) -> list[Turn]:
    """Take the lease and give it back until it was held often enough."""
    return _turns(settings, holder, barrier, duration_ms=LONG_MS, gives_back=True)


def let_run_out(settings: Settings, holder: str, barrier: Barrier) -> list[Turn]:
    """Take the lease and let it run out until it was held often enough."""
    return _turns(settings, holder, barrier, duration_ms=5, gives_back=False)


def _turns(
    settings: Settings, holder: str, barrier: Barrier, *, duration_ms: int, gives_back: bool
) -> list[Turn]:
    storage = Storage.of(settings.database_url)
    rows = LeaseRows(storage.database)
    turns: dict[int, Turn] = {}
    barrier.wait(WAIT_S)
    while len(turns) < TURNS:
        token = rows.take("night", holder, duration_ms=duration_ms)
        if token is not None:
            began = monotonic_ns()
            sleep(0.002)
            turns[token] = Turn(began, monotonic_ns(), token)
            if gives_back:
                rows.release("night", holder, token=token)
        sleep(0.001)
    storage.close()
    return list(turns.values())


def beat(settings: Settings, holder: str, barrier: Barrier) -> list[Turn]:
    """Seal whatever heartbeat is due, without any lease: the lock alone must make it one."""
    assert holder
    with open_registry(settings) as registry:
        barrier.wait(WAIT_S)
        sealed = []
        while _height(registry) < BEATS:
            height = registry.heartbeat(None, every_s=1)
            if height is not None:
                sealed.append(Turn(0, 0, height))
    return sealed


def _height(registry: Registry) -> int:
    with registry.storage.log() as log:
        return log.head.height

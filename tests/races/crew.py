"""A crew of processes that open one registry and ask at the same moment.

They are started once and race many times; each opens the registry itself, so that nothing but
the database stands between them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from traceback import format_exc
from typing import TYPE_CHECKING, Self

from app.factory import open_registry
from app.registry.errors import RefusalError
from app.registry.operation import Operation
from app.services.record import Accepted, Asked
from app.settings import Settings

if TYPE_CHECKING:
    from multiprocessing.process import BaseProcess

SIZE = 4
WAIT_S = 60

Answer = Accepted | str
"""Where it was recorded, or the code of the refusal."""


@dataclass(frozen=True)
class Run:
    """What one process does in a race: groups, one after another, into one registry."""

    settings: Settings
    groups: Sequence[Sequence[Asked]]


@dataclass(frozen=True)
class Failure:
    """A traceback out of a process."""

    text: str


class Crew:
    """SIZE processes behind one barrier."""

    def __init__(self) -> None:
        context = get_context("spawn")
        self._barrier = context.Barrier(SIZE)  # must outlive the start of those who share it
        self._members: list[tuple[BaseProcess, Connection]] = []
        for _ in range(SIZE):
            ours, theirs = context.Pipe()
            process = context.Process(target=_work, args=(theirs, self._barrier), daemon=True)
            process.start()
            theirs.close()
            self._members.append((process, ours))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for process, connection in self._members:
            connection.send(None)
            process.join(WAIT_S)
            connection.close()

    def race(
        self, settings: Settings, *asked: Sequence[Operation | Asked], alone: bool = True
    ) -> list[list[Answer]]:
        """Have each process ask its operations, each alone in a group or all in one."""
        assert len(asked) == SIZE
        for (_, connection), operations in zip(self._members, asked, strict=True):
            group = [item if isinstance(item, Asked) else Asked(item) for item in operations]
            connection.send(Run(settings, [[item] for item in group] if alone else [group]))
        return self._answers()

    def race_group_against_singles(
        self, settings: Settings, group: Sequence[Operation], *singles: Sequence[Operation]
    ) -> list[list[Answer]]:
        """Have the first process ask one group while the others ask one by one."""
        assert len(singles) == SIZE - 1
        runs = [[list(map(Asked, group))]]
        runs += [[[Asked(item)] for item in items] for items in singles]
        for (_, connection), groups in zip(self._members, runs, strict=True):
            connection.send(Run(settings, groups))
        return self._answers()

    def _answers(self) -> list[list[Answer]]:
        """Return what each process was told; a failure shows once all have answered."""
        found = [self._receive(connection) for _, connection in self._members]
        failures = [item.text for item in found if isinstance(item, Failure)]
        if failures:
            self._barrier.reset()
            raise AssertionError("\n".join(failures))
        return [item for item in found if not isinstance(item, Failure)]

    def _receive(self, connection: Connection) -> list[Answer] | Failure:
        if not connection.poll(WAIT_S):
            raise TimeoutError("a process does not answer")
        answers: list[Answer] | Failure = connection.recv()
        return answers


def _work(connection: Connection, barrier: Barrier) -> None:
    """Run races until told to stop."""
    while (run := connection.recv()) is not None:
        try:
            connection.send(_run(run, barrier))
        except BaseException:  # noqa: BLE001 - whatever it is, the test shows it
            barrier.abort()
            connection.send(Failure(format_exc()))


def _run(run: Run, barrier: Barrier) -> list[Answer]:
    with open_registry(run.settings) as registry:
        barrier.wait(WAIT_S)
        outcomes = [outcome for group in run.groups for outcome in registry.record(list(group))]
    return [item.code if isinstance(item, RefusalError) else item for item in outcomes]

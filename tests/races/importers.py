"""Processes that import meter files into one registry at the same moment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.synchronize import Barrier
from traceback import format_exc
from typing import Any

from app.factory import open_registry
from app.layouts.findings import SeriesKey
from app.settings import Settings
from tests.services.imports import LAYOUTS, imported

WAIT_S = 60


@dataclass(frozen=True, kw_only=True)
class Import:
    """What one process imports, by a layout of these tests."""

    settings: Settings
    data: bytes
    layout: str
    devices: Mapping[SeriesKey, str]
    by: str


def import_at_once(*imports: Import) -> list[dict[str, Any]]:
    """Have each import done by a process of its own, all beginning together."""
    context = get_context("spawn")
    barrier = context.Barrier(len(imports))  # must outlive the start of those who share it
    crew = []
    for item in imports:
        ours, theirs = context.Pipe()
        process = context.Process(target=_work, args=(theirs, barrier, item), daemon=True)
        process.start()
        theirs.close()
        crew.append((process, ours))
    answers = [ours.recv() for _, ours in crew if ours.poll(WAIT_S)]
    for process, _ in crew:
        process.join(WAIT_S)
    return _sound(answers, len(imports))


def _sound(answers: Sequence[Any], count: int) -> list[dict[str, Any]]:
    failures = [answer for answer in answers if isinstance(answer, str)]
    assert not failures, failures[0]
    assert len(answers) == count
    return list(answers)


def _work(connection: Connection, barrier: Barrier, item: Import) -> None:
    try:
        with open_registry(item.settings) as registry:
            barrier.wait(WAIT_S)
            found = imported(registry, item.data, LAYOUTS[item.layout], item.devices, by=item.by)
            connection.send(found.plain)
    except BaseException:  # noqa: BLE001 - whatever it is, the test shows it
        barrier.abort()
        connection.send(format_exc())

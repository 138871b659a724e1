"""Integrity on request: a range of blocks at once, the whole log as a job of its own process."""

import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from subprocess import DEVNULL, Popen
from typing import Any, Protocol
from uuid import uuid4

import orjson

from app.audit.findings import Report
from app.audit.identity import IdentityError, LogIdentity
from app.audit.walk import Anchor, audit
from app.registry.errors import RefusalError
from app.services.ports import Log
from app.services.range_walk import RangeWalk

RANGE_BLOCKS_MAX = 1_000
REPLAY_YOUNG_MS = 3_600_000

RUNNING = "running"
FINISHED = "finished"


class Logs(Protocol):
    """A registry's database, as far as a replay reads it."""

    def log(self) -> AbstractContextManager[Log]:
        """Give the log as it stands at one moment."""


class Replays(Protocol):
    """Where replays are kept."""

    def begin(self, replay: str, *, within_ms: int) -> str:
        """Keep a new replay unless one runs that is younger; return whichever stands."""

    def find(self, replay: str) -> tuple[int, int | None, str | None] | None:
        """Return when it was asked for, when it finished (UTC milliseconds), and its report."""

    def finish(self, replay: str, report: str) -> None:
        """Keep its report."""


@dataclass(frozen=True, slots=True)
class ReplayJob:
    """A replay as it stands; instants in UTC milliseconds."""

    id: str
    asked_at: int
    finished_at: int | None
    report: dict[str, Any] | None

    @property
    def state(self) -> str:
        """Whether it runs or has finished."""
        return RUNNING if self.finished_at is None else FINISHED


class ReplayProcess:
    """Starts `eac replay <id>` beside us; settings go by the environment, never as arguments."""

    def __init__(self) -> None:
        """Begin with none."""
        self._started: list[Popen[bytes]] = []

    def __call__(self, replay: str) -> None:
        """Start one that outlives this process; those that ended are reaped."""
        self._started = [process for process in self._started if process.poll() is None]
        self._started.append(
            Popen(  # noqa: S603 - our own program, and an id of our own
                [sys.executable, "-m", "app.cli", "replay", replay],
                stdin=DEVNULL,
                stdout=DEVNULL,
                stderr=DEVNULL,
                start_new_session=True,
            )
        )


class ReplayJobs:
    """Replays that somebody asked for: one at a time, each in a process of its own."""

    def __init__(self, replays: Replays, start: Callable[[str], None]) -> None:
        """Take where they are kept, and what starts one."""
        self._replays = replays
        self._start = start

    def ask(self) -> ReplayJob:
        """Return a new replay, or the one that runs and is younger than an hour."""
        replay = str(uuid4())
        standing = self._replays.begin(replay, within_ms=REPLAY_YOUNG_MS)
        if standing == replay:
            self._start(replay)
        return self.find(standing)

    def find(self, replay: str) -> ReplayJob:
        """Return a replay as it stands. Raises RefusalError not-found."""
        found = self._replays.find(replay)
        if found is None:
            raise RefusalError("not-found", "no such replay")
        asked_at, finished_at, report = found
        plain = None if report is None else orjson.loads(report)
        return ReplayJob(replay, asked_at, finished_at, plain)


def run_replay(storage: Logs, replays: Replays, replay: str) -> Report:
    """Audit the whole log with its tables, and keep the report. Raises RefusalError not-found.

    It brings no anchor: a database cannot vouch for itself, and the verdict says so.
    """
    if replays.find(replay) is None:
        raise RefusalError("not-found", "no such replay")
    with storage.log() as log:
        report = audit(log, anchor=Anchor(), tables=log)
    replays.finish(replay, orjson.dumps(report.plain).decode())
    return report


def check_range(log: Log, first_height: int, last_height: int) -> Report:
    """Check blocks first to last: chain, tree, rows, seals and quorum; nothing is replayed.

    Raises IndexError where they are not heights of the log.
    """
    if not 0 <= first_height <= last_height <= log.head.height:
        raise IndexError(f"heights 0 to {log.head.height}")
    report = Report()
    try:
        identity = LogIdentity.read(next(iter(log.range(0, 1)), b""))
    except IdentityError as error:
        report.add("genesis-invalid", "leaf 0", str(error))
        return report
    report.origin = identity.origin
    walk = RangeWalk(log, identity, report)
    if _walk(walk, log, report, first_height, last_height):
        walk.finish()
    return report


def _walk(walk: RangeWalk, log: Log, report: Report, first: int, last: int) -> bool:
    """Take each block in turn; say whether all of them were there to be taken."""
    start = max(first - 1, 0)
    found = {block.height: block for block in log.blocks(after=start - 1, limit=last - start + 1)}
    for height in range(start, last + 1):
        block = found.get(height)
        if block is None:
            report.add("seal-missing", f"height {height}", "the block's row is missing")
            return False
        if not 0 <= block.first < block.size <= log.size():
            report.add("table-differs", f"height {height}", "the block's row lies outside the log")
            return False
        if height >= first:
            walk.take(block)
        elif not walk.start_after(block):
            return False
    return True

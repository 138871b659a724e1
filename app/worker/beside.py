"""A worker beside a server: a child process, started again where it dies, ended with its parent."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from logging import getLogger
from os import getpid
from subprocess import DEVNULL, Popen, TimeoutExpired
from threading import Event, Thread
from time import monotonic
from typing import Self

COMMAND = (sys.executable, "-m", "app.cli", "worker")

_logger = getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long is waited before a new start, for an end, and between looks."""

    restart_s: float = 1
    restart_s_max: float = 60
    steady_s: float = 60
    end_s: float = 10
    look_s: float = 0.2


class WorkerBeside:
    """Keeps `eac worker` running from `start` to `stop`; for the one process that serves.

    Settings go by the environment. A child whose parent is gone, however it went, stops too.
    """

    def __init__(
        self, command: Sequence[str] = COMMAND, *, patience: Patience | None = None
    ) -> None:
        """Take the command; nothing is started yet."""
        self._command = [*command, "--parent", str(getpid())]
        self._patience = patience or Patience()
        self._stopping = Event()
        self._thread = Thread(target=self._supervise, name="worker beside", daemon=True)
        self.process: Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Start the worker, and whoever looks after it."""
        self._thread.start()

    def stop(self) -> None:
        """End the worker and wait for it."""
        self._stopping.set()
        self._thread.join()

    def _supervise(self) -> None:
        patience = self._patience
        wait_s = patience.restart_s
        while not self._stopping.is_set():
            began = monotonic()
            status = self._run()
            if self._stopping.is_set():
                return
            if monotonic() - began >= patience.steady_s:
                wait_s = patience.restart_s
            _logger.error("worker ended with status %d, again in %d s", status, wait_s)
            self._stopping.wait(wait_s)
            wait_s = min(wait_s * 2, patience.restart_s_max)

    def _run(self) -> int:
        """Run the worker until it ends or is to be ended; return its exit status."""
        with Popen(self._command, stdin=DEVNULL) as process:  # noqa: S603 - our own program
            self.process = process
            while process.poll() is None and not self._stopping.wait(self._patience.look_s):
                pass
            return self._end(process)

    def _end(self, process: Popen[bytes]) -> int:
        process.terminate()
        try:
            return process.wait(self._patience.end_s)
        except TimeoutExpired:
            process.kill()
            return process.wait()

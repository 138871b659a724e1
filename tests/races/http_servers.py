"""Servers of one registry, each a process of its own that `eac serve` started."""

import os
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from signal import SIGKILL
from socket import create_server
from time import monotonic, sleep

from app.settings import Settings
from tests.cli.commands import COMMAND, environment
from tests.races.http_crew import Answer, Call, ask

START_S = 90
STOP_S = 60
THREADS = 24


class Server:
    """A process group that serves a registry on a port."""

    def __init__(self, process: subprocess.Popen[bytes], port: int, lines: Path) -> None:
        self.process = process
        self.port = port
        self._lines = lines

    def ask(self, call: Call) -> Answer:
        """Return the answer to one request on a connection of its own."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=START_S)
        try:
            return ask(connection, call)
        finally:
            connection.close()

    def await_start(self) -> None:
        """Wait until it answers."""
        until = monotonic() + START_S
        while monotonic() < until:
            assert self.process.poll() is None, self._lines.read_text()
            try:
                if self.ask(Call("GET", "/health")).status == 200:
                    return
            except (OSError, HTTPException):
                sleep(0.05)
        raise TimeoutError(self._lines.read_text())

    def kill(self) -> None:
        """End it at once, with the workers that it started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, SIGKILL)
        self.process.wait(STOP_S)

    def must_end(self) -> None:
        """Let it finish what it does, and end."""
        self.process.terminate()
        try:
            assert self.process.wait(STOP_S) == 0, self._lines.read_text()
        finally:
            self.kill()


def free_port() -> int:
    """Return a port that nobody listens on."""
    with create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


def started(settings: Settings, lines: Path, *command: str) -> Server:
    """Start a server on a free port, by default `eac serve`; what it writes goes to a file."""
    port = free_port()
    named = {
        "EAC_HOME": str(settings.home),
        "EAC_DATABASE_URL": settings.database_url,
        "EAC_PUBLIC_RATE_PER_MINUTE": "0",
    }
    words = command or (
        *COMMAND,
        "serve",
        "--no-worker",
        "--workers",
        "1",
        "--threads",
        str(THREADS),
    )
    with lines.open("ab") as written:
        process = subprocess.Popen(
            [*words, "--port", str(port)],
            cwd=settings.home,
            env=environment(**named),
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    return Server(process, port, lines)


@contextmanager
def serving(settings: Settings, folder: Path, *, count: int) -> Iterator[list[Server]]:
    """Give servers that answer; they are ended, and waited for."""
    with ExitStack() as stack:
        servers = []
        for at in range(count):
            server = started(settings, folder / f"server-{at}")
            stack.callback(server.kill)
            servers.append(server)
        for server in servers:
            server.await_start()
        yield servers
        for server in servers:
            server.must_end()

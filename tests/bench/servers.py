"""Which WSGI server carries the door: granian, gunicorn and waitress, driven by `wrk`, in turn.

Run by hand: `python -m tests.bench.servers`. Rounds are interleaved, so that a noisy machine is
unfair to all alike; processor time for each request says more than requests a second.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from signal import SIGTERM
from socket import create_server
from statistics import median
from time import monotonic, sleep
from urllib.error import URLError
from urllib.request import urlopen

from flask import Flask
from rich.console import Console
from rich.table import Table

from app.http.json import OrjsonProvider

THREADS = 64
CONNECTIONS = 64
WAIT_S = 0.002
START_S = 20
ROUTES = ("/plain", "/waiting")
ROOT = Path(__file__).parents[2]
TARGET = "tests.bench.servers:app"
SERVERS = {
    "granian": (
        *("granian", "--interface", "wsgi", "--workers", "1", "--no-log"),
        *("--blocking-threads", str(THREADS), "--port", "{port}", TARGET),
    ),
    "gunicorn gthread": (
        *("gunicorn", "--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS)),
        *("--log-level", "error", "--bind", "127.0.0.1:{port}", TARGET),
    ),
    "waitress": ("waitress", "--threads", str(THREADS), "--listen", "127.0.0.1:{port}", TARGET),
}

app = Flask("bench", static_folder=None)
app.json = OrjsonProvider(app)


@app.get("/plain")
def show_plain() -> dict[str, str]:
    """Answer at once."""
    return {"status": "ok"}


@app.get("/waiting")
def show_waiting() -> dict[str, str]:
    """Answer after a wait that lets other threads run, as a database makes one wait."""
    sleep(WAIT_S)
    return {"status": "ok"}


@dataclass(frozen=True)
class Rate:
    """What one round gave."""

    requests_s: float
    processor_us: float
    slowest_percent_ms: float


def free_port() -> int:
    """Return a port that nobody listens on."""
    with create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


@contextmanager
def serving(command: tuple[str, ...]) -> Iterator[tuple[int, str]]:
    """Give process group and address of a server that answers."""
    port = free_port()
    words = [word.format(port=port) for word in command]
    process = subprocess.Popen(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(f"{url}/plain")
        yield process.pid, url
    finally:
        os.killpg(process.pid, SIGTERM)
        process.wait()


def wait_for(url: str) -> None:
    """Wait until an address answers. Raises TimeoutError."""
    until = monotonic() + START_S
    while monotonic() < until:
        try:
            with urlopen(url) as answer:  # noqa: S310 - our own address
                if answer.status == HTTPStatus.OK:
                    return
        except URLError:
            sleep(0.05)
    raise TimeoutError(url)


def processor_s(group: int) -> float:
    """Return the processor time that a process group has used so far."""
    ticks = 0
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group:
            ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def drive(group: int, url: str, *, seconds: int) -> Rate:
    """Let `wrk` ask for as long as it is told; every answer has to be a good one."""
    before = processor_s(group)
    ran = subprocess.run(
        ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "--latency", url],
        check=True,
        capture_output=True,
        text=True,
    )
    used = processor_s(group) - before
    lines = [line.split() for line in ran.stdout.splitlines()]
    if bad := [line for line in lines if line[:1] in (["Socket"], ["Non-2xx"])]:
        raise RuntimeError(f"{url}: {bad}")
    (requests,) = [int(line[0]) for line in lines if line[1:3] == ["requests", "in"]]
    (rate,) = [float(line[1]) for line in lines if line[:1] == ["Requests/sec:"]]
    (slowest,) = [line[1] for line in lines if line[:1] == ["99%"]]
    return Rate(rate, used / requests * 1e6, milliseconds(slowest))


def milliseconds(text: str) -> float:
    """Return what `wrk` writes with a unit."""
    for unit, factor in (("us", 0.001), ("ms", 1.0), ("s", 1000.0)):
        if text.endswith(unit):
            return float(text.removesuffix(unit)) * factor
    raise ValueError(text)


def measure(*, rounds: int, seconds: int) -> dict[tuple[str, str], list[Rate]]:
    """Return the rates of each server and route."""
    found: dict[tuple[str, str], list[Rate]] = {}
    for _ in range(rounds):
        for server, command in SERVERS.items():
            with serving(command) as (group, url):
                drive(group, f"{url}/plain", seconds=1)
                for route in ROUTES:
                    rate = drive(group, url + route, seconds=seconds)
                    found.setdefault((server, route), []).append(rate)
    return found


def main() -> None:
    """Run everything and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=4)
    words = parser.parse_args()
    found = measure(rounds=words.rounds, seconds=words.seconds)
    title = f"{THREADS} threads, {CONNECTIONS} connections; medians of {words.rounds} rounds"
    table = Table("server", "route", title=title)
    for column in ("requests/s", "of waitress", "µs processor/request", "99 % within ms"):
        table.add_column(column, justify="right")
    for (server, route), rates in sorted(found.items(), key=lambda item: item[0][::-1]):
        rate = median(item.requests_s for item in rates)
        least = median(item.requests_s for item in found["waitress", route])
        table.add_row(
            *(server, route, f"{rate:,.0f}", f"{rate / least:.2f}"),
            f"{median(item.processor_us for item in rates):.0f}",
            f"{median(item.slowest_percent_ms for item in rates):.1f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()

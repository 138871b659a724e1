"""What the door carries over HTTP, beside a route that does nothing and pgbench in the same run.

Run by hand: `python -m tests.bench.door`. PostgreSQL waits for the disk, blocks are sealed by
four authorities, load comes from `wrk`; rounds are interleaved and medians compared.
"""

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from uuid import uuid4

from rich.console import Console
from rich.table import Table

from app.application import create_app
from app.cli.init import AUTHORITIES, DOMAIN
from app.factory import establish, first_keys
from app.registry.presets import domain_of
from app.services.founding import Founding
from app.settings import Settings
from tests.api.parties import Party, approval, issued, joined, new_device
from tests.bench.servers import ROOT, SERVERS, free_port, milliseconds, serving, wait_for
from tests.bench.spine import pgbench, postgresql
from tests.scenario import MWH

ACCOUNTS = 64
BULK = 1_000
HOUR_WH = 2_000 * MWH
NOOP = "no-op route of bare Flask, 1 worker"
NOOP_BEHIND = "no-op route behind the door, 1 worker"
SERVE = ("app.cli", "serve", "--no-worker")
SCRIPT = Path(__file__).with_name("door.lua")


@dataclass(frozen=True)
class World:
    """A registry with one busy organisation: its key and its accounts."""

    settings: Settings
    key: str
    accounts: list[str]


@dataclass(frozen=True)
class Load:
    """What `wrk` is told to ask."""

    name: str
    path: str
    media_type: str
    bodies: list[str]
    connections: int
    operations: int


@dataclass(frozen=True)
class Rate:
    """What one round gave: requests a second, and how long they took."""

    requests_s: float
    p50_ms: float
    p99_ms: float


ANY = 10**15


def make_world(settings: Settings) -> World:
    """Found a registry and issue certificates to many accounts of one organisation."""
    founding = Founding(
        origin="bench.test/eac",
        engine="poa",
        authorities=AUTHORITIES,
        domains=(domain_of({**DOMAIN, "second_person_w": ANY}),),
        quorum=0,
    )
    establish(settings, founding)
    keys = first_keys(settings)
    app = create_app(settings=settings)
    client = app.test_client()
    body = Party(client, keys["issuing body"])
    seller = joined(client, body, "generator")
    seller.metering = joined(client, body, "measurement_body")
    described = new_device(capacity_w=HOUR_WH * 2, measurement_body=seller.metering.id)
    seller.device = seller.made("/devices", described)["id"]
    body.made(f"/devices/{seller.device}/approve", approval(automatic_wh=ANY))
    accounts = [seller.account]
    accounts += [seller.made("/accounts")["id"] for _ in range(ACCOUNTS - 1)]
    issued(seller, hour_wh=HOUR_WH)
    share = HOUR_WH * 24 // MWH // ACCOUNTS
    for number, account in enumerate(accounts[1:], 1):
        item = {"issuance": seller.shown("/issuances")["issuances"][0]["id"]}
        item |= {"first": number * share + 1, "last": (number + 1) * share}
        seller.made("/transfers", {"from": seller.account, "to": account, "items": [item]})
    app.extensions["eac-context"].close()
    return World(settings, seller.key, accounts)


def loads(world: World, *, connections: int) -> list[Load]:
    """Return single and bulk transfers of one certificate each, around all accounts."""
    around = list(zip(world.accounts, world.accounts[1:] + world.accounts[:1], strict=True))
    moves = [{"from": source, "to": target, "quantity": 1} for source, target in around]
    many = [{"type": "transfer", **moves[at % len(moves)]} for at in range(BULK)]
    lines = "\\n".join(json.dumps(item) for item in many)
    return [
        Load(
            "transfer",
            "/v1/transfers",
            "application/json",
            [json.dumps(move) for move in moves],
            connections,
            1,
        ),
        Load("bulk of 1,000", "/v1/operations", "application/x-ndjson", [lines], 4, BULK),
    ]


@contextmanager
def served(world: World, *command: str) -> Iterator[str]:
    """Give the address of a server over the world's database, by its command and a port."""
    environment = os.environ | {
        "EAC_HOME": str(world.settings.home),
        "EAC_DATABASE_URL": world.settings.database_url,
        "EAC_RATE_PER_MINUTE": "0",
        "EAC_PUBLIC_RATE_PER_MINUTE": "0",
    }
    port = str(free_port())
    process = subprocess.Popen(
        [sys.executable, "-m", *command, port],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_for(f"http://127.0.0.1:{port}/v1/health")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def drive(url: str, load: Load | None, key: str, *, connections: int, seconds: int) -> Rate:
    """Let `wrk` ask for as long as it is told; every answer has to be a good one."""
    command = ["wrk", "-t1", f"-d{seconds}s", "--latency", "--timeout", "30s"]
    environment = dict(os.environ)
    with ExitStack() as stack:
        if load is None:
            shown = ["-H", f"Authorization: Bearer {key}"] if key else []
            command += [f"-c{connections}", *shown, f"{url}/plain"]
        else:
            folder = Path(stack.enter_context(TemporaryDirectory()))
            (folder / "bodies").write_text("\n".join(load.bodies) + "\n")
            environment |= {
                "EAC_BENCH_RUN": uuid4().hex,
                "EAC_BENCH_PATH": load.path,
                "EAC_BENCH_TYPE": load.media_type,
                "EAC_BENCH_KEY": key,
                "EAC_BENCH_BODIES": str(folder / "bodies"),
            }
            command += [f"-c{load.connections}", "-s", str(SCRIPT), url]
        ran = subprocess.run(
            command, check=True, capture_output=True, text=True, env=environment, cwd=ROOT
        )
    return read_rate(ran.stdout)


def read_rate(printed: str) -> Rate:
    """Return what `wrk` found. Raises RuntimeError where an answer was not a good one."""
    lines = [line.split() for line in printed.splitlines()]
    if bad := [line for line in lines if line[:1] in (["Socket"], ["Non-2xx"])]:
        raise RuntimeError(f"{bad}")
    (rate,) = [float(line[1]) for line in lines if line[:1] == ["Requests/sec:"]]
    shares = {
        line[0]: milliseconds(line[1]) for line in lines if line[:1] and line[0].endswith("%")
    }
    return Rate(rate, shares["50%"], shares["99%"])


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--database", choices=("postgresql", "sqlite"), default="postgresql")
    asked = parser.parse_args()
    found: dict[str, list[Rate]] = {}
    transactions: list[float] = []
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(dir="/tmp")))
        server = stack.enter_context(postgresql(folder))
        beside = server.replace("/postgres?", "/pgbench?")
        url = server.replace("/postgres?", "/bench?") if asked.database == "postgresql" else ""
        world = make_world(Settings.of(home=folder / "home", database_url=url))
        _, bare = stack.enter_context(serving(SERVERS["granian"]))
        idle = stack.enter_context(served(world, "tests.bench.noop"))
        one = stack.enter_context(served(world, *SERVE, "--workers", "1", "--port"))
        door = stack.enter_context(served(world, *SERVE, "--port"))
        single, bulk = loads(world, connections=asked.connections)
        for _ in range(asked.rounds):
            for name, url, load, key in (
                (NOOP, bare, None, ""),
                (NOOP_BEHIND, idle, None, world.key),
                ("transfer, 1 worker", one, single, world.key),
                ("transfer, workers by default", door, single, world.key),
                (bulk.name, door, bulk, world.key),
            ):
                rate = drive(url, load, key, connections=asked.connections, seconds=asked.seconds)
                found.setdefault(name, []).append(rate)
            transactions.append(pgbench(beside, seconds=asked.seconds, clients=32))
    show(asked, found, transactions)


def show(
    asked: argparse.Namespace, found: dict[str, list[Rate]], transactions: list[float]
) -> None:
    """Print medians, and each beside the routes that do nothing and pgbench."""
    table = Table(title=f"{asked.database}, {asked.connections} connections, sealed")
    columns = ("requests/s", "operations/s", "of no-op", "of it behind the door", "p50", "p99 ms")
    table.add_column("what")
    for name in columns:
        table.add_column(name, justify="right")
    noop, behind = (median(rate.requests_s for rate in found[name]) for name in (NOOP, NOOP_BEHIND))
    for name, rates in found.items():
        requests_s = median(rate.requests_s for rate in rates)
        operations = requests_s * (BULK if name.startswith("bulk") else 1)
        table.add_row(
            name,
            f"{requests_s:,.1f}",
            f"{operations:,.0f}",
            f"{operations / noop:.2f}",
            f"{operations / behind:.2f}",
            f"{median(rate.p50_ms for rate in rates):.1f}",
            f"{median(rate.p99_ms for rate in rates):.1f}",
        )
    tps = median(transactions)
    table.add_row(
        "pgbench -N, 32 clients", "", f"{tps:,.0f}", f"{tps / noop:.2f}", f"{tps / behind:.2f}"
    )
    Console(width=120).print(table)


if __name__ == "__main__":
    main()

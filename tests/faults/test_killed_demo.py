"""A demo that is killed again and again is sound after each kill and ends where any demo ends."""

import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random
from subprocess import Popen
from time import monotonic, sleep

import pytest

from tests.cli.commands import ran, started
from tests.journeys.demo_run import undisturbed

pytestmark = pytest.mark.fault

KILLS = 4
DIFFERS = {"genesis", "blocks", "database", "export"}
"""What an interrupted demo need not have in common with another."""


def blocks_in(database: Path) -> int:
    """Return how many blocks a database holds that another process writes; -1 without tables."""
    if not database.exists():
        return -1
    try:
        with closing(sqlite3.connect(database, timeout=10)) as connection:
            ((count,),) = connection.execute("SELECT count(*) FROM blocks").fetchall()
            return int(count)
    except sqlite3.OperationalError:
        return -1


def kill_at(process: Popen[bytes], database: Path, *, blocks: int, after_s: float) -> None:
    """Kill a demo a moment after it has come so far."""
    began = monotonic()
    while blocks_in(database) < blocks and process.poll() is None:
        assert monotonic() - began < 120
        sleep(0.002)
    sleep(after_s)
    process.kill()
    process.communicate()


def test_a_demo_killed_at_several_moments_ends_with_the_totals_of_an_undisturbed_one(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    whole = undisturbed(tmp_path_factory.getbasetemp()).printed
    database = tmp_path / "home/registry.db"
    moments = Random()  # noqa: S311 - when to kill is no secret
    later = sorted(moments.sample(range(1, int(whole["blocks"]) - 1), KILLS - 1))
    killed = []

    for blocks in [0, *later]:
        process = started("demo", "--home", "home", folder=tmp_path)
        kill_at(process, database, blocks=blocks, after_s=moments.uniform(0, 0.02))
        killed.append(process.returncode)
        reached = blocks_in(database)
        report = ran("audit", f"sqlite:///{database}", "--json", folder=tmp_path)
        assert report.status == (0 if reached > 0 else 2), (blocks, report)
    done = ran("demo", "--home", "home", "--json", folder=tmp_path)

    assert killed == [-9] * KILLS
    assert done.status == 0, done.err
    assert {name: item for name, item in done.json.items() if name not in DIFFERS} == {
        name: item for name, item in whole.items() if name not in DIFFERS
    }
    assert not [path for path in (tmp_path / "home").iterdir() if path.name.startswith(".export")]

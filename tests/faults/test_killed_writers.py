"""A writer that is killed in the middle of its groups leaves a sound log and loses no answer."""

import sys
from pathlib import Path
from random import Random
from subprocess import PIPE, Popen
from time import sleep

import pytest
from sqlalchemy import select

from app.audit.walk import Anchor, audit
from app.factory import open_registry
from app.settings import Settings
from app.storage.storage import Storage
from app.storage.tables import leaves
from tests.cli.commands import environment
from tests.databases import Backend
from tests.scenario import account, operator, organisation

pytestmark = pytest.mark.fault

KILLS = 3
ROOT = Path(__file__).parents[2]


def killed(settings: Settings, owner: str, *, groups: int, after_s: float) -> list[str]:
    """Let a writer record some groups, kill it a moment later; return what it said it recorded."""
    arguments = [str(settings.home), settings.database_url, owner]
    with Popen(
        [sys.executable, "-m", "tests.faults.writer", *arguments],
        cwd=ROOT,
        env=environment(),
        stdout=PIPE,
        text=True,
    ) as writer:
        assert writer.stdout is not None
        said = [writer.stdout.readline() for _ in range(groups * 7)]
        sleep(after_s)
        writer.kill()
        said += writer.stdout.readlines()
    assert writer.returncode == -9
    return [line.strip() for line in said if line.endswith("\n")]


def recorded(storage: Storage) -> set[str]:
    with storage.reading() as connection:
        return set(connection.scalars(select(leaves.c.operation)))


def test_a_killed_writer_leaves_a_sound_log_that_goes_on(
    backend: Backend, settings: Settings
) -> None:
    moments = Random()  # noqa: S311 - when to kill is no secret
    with open_registry(settings) as registry:
        owner = organisation(registry, "buyer")
    answered: list[str] = []

    for _ in range(KILLS):
        answered += killed(
            settings, owner, groups=moments.randint(1, 4), after_s=moments.uniform(0, 0.03)
        )
        with open_registry(settings) as registry:
            with registry.storage.log() as log:
                report = audit(log, anchor=Anchor(), tables=log)
            assert report.findings == [], backend
            assert set(answered) <= recorded(registry.storage)
            opened = account(registry, owner)
            assert opened not in answered

    with open_registry(settings) as registry, registry.storage.log() as log:
        report = audit(log, anchor=Anchor(), tables=log)
        assert report.findings == []
        assert operator(registry)
    assert len(answered) >= KILLS * 7
    assert report.operations >= 2 + len(answered) + KILLS

"""`eac worker`: one round for cron, or on and on until it is told to stop."""

from collections.abc import Iterator
from pathlib import Path
from signal import SIGINT, SIGTERM
from subprocess import Popen
from time import monotonic, sleep

import orjson
import pytest

from app.factory import open_registry
from app.settings import Settings
from app.storage.leases import LeaseRows
from app.storage.storage import Storage
from tests.cli.commands import ran, started
from tests.cli.conftest import Eac
from tests.worker.lively import blocks_of, found_lively, lease_row

WAIT_S = 60


@pytest.fixture
def lively(database_url: str, tmp_path: Path) -> Settings:
    """The settings of a founded registry whose blocks are at most a second apart."""
    settings = Settings.of(home=tmp_path / "home", database_url=database_url)
    found_lively(settings)
    return settings


@pytest.fixture
def storage(lively: Settings) -> Iterator[Storage]:
    made = Storage.of(lively.database_url)
    yield made
    made.close()


def of(settings: Settings) -> dict[str, str]:
    return {"EAC_HOME": str(settings.home), "EAC_DATABASE_URL": settings.database_url}


def wait_until_block(storage: Storage, count: int, process: Popen[bytes]) -> None:
    began = monotonic()
    while len(blocks_of(storage)) < count:
        assert process.poll() is None
        assert monotonic() - began < WAIT_S
        sleep(0.05)


def test_one_round_seals_the_heartbeat_that_is_due(
    lively: Settings, storage: Storage, eac: Eac
) -> None:
    sleep(1)

    done = eac("worker", "--once", **of(lively))

    assert (done.status, done.out, done.err) == (0, "", "")
    assert [block.count for block in blocks_of(storage)] == [1, 0]
    row = lease_row(storage)
    assert row is not None
    assert (row.token, row.expires_at) == (1, 0)
    assert eac("audit", lively.database_url).status == 0


def test_one_round_seals_nothing_where_nothing_is_due(settings: Settings, eac: Eac) -> None:
    done = eac("worker", "--once", **of(settings))

    assert (done.status, done.err) == (0, "")
    with open_registry(settings) as registry:
        assert len(blocks_of(registry.storage)) == 1


def test_one_round_says_so_where_another_worker_is_at_work(
    lively: Settings, storage: Storage, eac: Eac
) -> None:
    LeaseRows(storage.database).take("worker", "other", duration_ms=3_600_000)

    done = eac("worker", "--once", **of(lively))

    assert (done.status, done.err) == (0, "another worker is at work\n")
    assert len(blocks_of(storage)) == 1


def test_a_worker_wants_a_registry(tmp_path: Path) -> None:
    refused = ran("worker", "--once", folder=tmp_path)

    assert refused.status == 2
    assert refused.refusal.endswith("run `eac init`")


@pytest.mark.parametrize("number", [SIGTERM, SIGINT])
def test_a_worker_that_is_told_to_stop_ends_well_and_gives_the_lease_back(
    number: int, lively: Settings, storage: Storage, tmp_path: Path
) -> None:
    with started("worker", folder=tmp_path, **of(lively)) as process:
        try:
            wait_until_block(storage, 3, process)
            process.send_signal(number)
            _, errors = process.communicate(timeout=WAIT_S)
        finally:
            process.kill()

    row = lease_row(storage)
    lines = [orjson.loads(line) for line in errors.splitlines()]
    assert process.returncode == 0
    assert {line["level"] for line in lines} == {"info"}
    assert [line["event"] for line in lines][:2] == ["lease taken", "heartbeat sealed at height 1"]
    assert row is not None
    assert (row.token, row.expires_at) == (1, 0)
    assert {block.count for block in blocks_of(storage)[1:]} == {0}


def test_a_worker_whose_parent_is_another_ends_at_once(lively: Settings, tmp_path: Path) -> None:
    done = ran("worker", "--parent", "1", folder=tmp_path, **of(lively))

    assert (done.status, done.err) == (0, "")

"""A database older than what was sealed does not start, until the operator accepts the loss."""

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from shutil import copyfile
from sqlite3 import connect

import pytest

from app.audit.walk import Anchor, audit
from app.demo.domain import FOUNDING
from app.factory import establish, open_registry
from app.registry.operations.organisation_admit import OrganisationAdmit
from app.settings import Settings
from tests.cli.commands import ran
from tests.scenario import KYC_UNTIL, accept, new_id

pytestmark = pytest.mark.fault


def record(settings: Settings, count: int = 1) -> None:
    """Record blocks in a demo's registry."""
    with open_registry(settings) as registry:
        for _ in range(count):
            admitted = OrganisationAdmit(
                id=new_id(),
                origin=registry.identity.origin,
                by=registry.issuing_body,
                organisation=new_id(),
                roles=("buyer",),
                country="NZ",
                record="ab" * 32,
                kyc_until=KYC_UNTIL,
            )
            accept(registry, admitted)


def restore(backup: Path, database: Path) -> None:
    for path in database.parent.glob("registry.db*"):
        path.unlink()
    copyfile(backup, database)


@pytest.fixture
def restored(tmp_path: Path) -> Settings:
    """A demo's home whose database was put back to what it was two blocks ago."""
    settings = Settings.of(home=tmp_path / "home")
    establish(settings, FOUNDING)
    record(settings)
    database = settings.home / "registry.db"
    with closing(connect(database)) as connection:
        connection.execute("VACUUM INTO ?", (str(tmp_path / "backup.db"),))
    record(settings, 2)
    restore(tmp_path / "backup.db", database)
    return settings


def test_a_registry_behind_what_was_sealed_refuses_to_start(
    restored: Settings, tmp_path: Path
) -> None:
    mark = (restored.home / "high-water.json").read_bytes()

    demo = ran("demo", "--home", "home", folder=tmp_path)
    served = ran("serve", "--port", "0", folder=tmp_path, EAC_HOME="home")

    for refused in (demo, served):
        assert refused.status == 2
        assert refused.refusal == "the log has 4 leaves, 8 were sealed: `eac recover`"
    assert (restored.home / "high-water.json").read_bytes() == mark


def test_recover_says_what_is_lost_and_changes_nothing_by_itself(
    restored: Settings, tmp_path: Path
) -> None:
    mark = (restored.home / "high-water.json").read_bytes()

    advised = ran("recover", folder=tmp_path, EAC_HOME="home")

    assert advised.status == 2
    assert "eac recover --accept" in advised.err
    assert (restored.home / "high-water.json").read_bytes() == mark


def test_recover_with_accept_lets_it_go_on(restored: Settings, tmp_path: Path) -> None:
    accepted = ran("recover", "--accept", folder=tmp_path, EAC_HOME="home")
    again = ran("recover", folder=tmp_path, EAC_HOME="home")

    assert (accepted.status, again.status) == (0, 0)
    assert accepted.out == "accepted: the mark is at this database's newest checkpoint\n"
    assert again.out.startswith("nothing to recover")
    record(restored)
    with open_registry(restored) as registry, registry.storage.log() as log:
        assert audit(log, anchor=Anchor(), tables=log).findings == []
        assert log.head.height == 2


def test_another_history_of_the_same_length_refuses_to_start(
    restored: Settings, tmp_path: Path
) -> None:
    mark = restored.home / "high-water.json"
    kept = mark.read_bytes()
    mark.unlink()
    record(restored, 2)
    mark.write_bytes(kept)

    refused = ran("demo", "--home", "home", folder=tmp_path)

    assert (refused.status, refused.refusal) == (
        2,
        "the log has another root at size 8: `eac recover`",
    )


@pytest.mark.parametrize("damage", [lambda _: b"", lambda data: data[:-3], lambda _: b"[]"])
def test_a_mark_that_cannot_be_read_refuses_to_start(
    damage: Callable[[bytes], bytes], restored: Settings, tmp_path: Path
) -> None:
    mark = restored.home / "high-water.json"
    mark.write_bytes(damage(mark.read_bytes()))

    refused = ran("demo", "--home", "home", folder=tmp_path)

    assert refused.status == 2
    assert refused.refusal == "home/high-water.json cannot be read"


@pytest.mark.parametrize("command", ["init", "demo"])
def test_a_lost_database_is_not_founded_anew_under_the_same_keys(
    command: str, restored: Settings, tmp_path: Path
) -> None:
    for path in restored.home.glob("registry.db*"):
        path.unlink()
    home = ["--home", "home"] if command == "demo" else ["--origin", "demo.localhost/eac"]
    names = [f"--authority={name}" for name in FOUNDING.authorities] if command == "init" else []

    refused = ran(command, *home, *names, folder=tmp_path, EAC_HOME="home")

    assert refused.status == 2
    assert "eac recover" in refused.refusal

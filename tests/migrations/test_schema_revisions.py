"""Revisions: the migrated database is the one that the code describes, down and up again."""

from collections.abc import Iterator
from dataclasses import astuple

import pytest
from alembic import command
from sqlalchemy import inspect, text
from sqlalchemy.exc import IntegrityError

from app.factory import Registry, is_founded, open_registry
from app.ledger.blocks import EMPTY_HEAD
from app.settings import Settings
from app.storage.migrations import (
    SchemaError,
    alembic_config,
    check_revision,
    differences,
    downgrade,
    upgrade,
)
from app.storage.storage import Storage
from app.storage.tables import PROJECTION, metadata

VERSIONS = "alembic_version"


@pytest.fixture
def storage(database_url: str) -> Iterator[Storage]:
    """A database without tables."""
    made = Storage.of(database_url)
    yield made
    made.close()


def table_names(storage: Storage) -> set[str]:
    return set(inspect(storage.database.engine).get_table_names())


def execute(storage: Storage, sql: str) -> None:
    with storage.database.engine.begin() as connection:
        connection.execute(text(sql))


def test_migrating_an_empty_database_makes_the_tables_of_the_code(storage: Storage) -> None:
    upgrade(storage.database)

    assert table_names(storage) == {*metadata.tables, VERSIONS}
    assert differences(storage.database) == []


def test_every_check_and_index_of_the_code_is_in_the_database(storage: Storage) -> None:
    upgrade(storage.database)

    found = inspect(storage.database.engine)
    for table in metadata.sorted_tables:
        checks = {item["name"] for item in found.get_check_constraints(table.name)}
        indexes = {item["name"] for item in found.get_indexes(table.name)}
        expected_checks = {item.name for item in table.constraints if "sqltext" in vars(item)}
        assert expected_checks <= checks
        assert {index.name for index in table.indexes} <= indexes
        assert found.get_pk_constraint(table.name)["constrained_columns"] == [
            column.name for column in table.primary_key
        ]


@pytest.mark.parametrize(
    "change",
    [
        "ALTER TABLE accounts ADD COLUMN nickname VARCHAR(10)",
        "ALTER TABLE vault RENAME COLUMN sealed TO opened",
        "DROP INDEX ix_accounts_organisation",
        "DROP TABLE readings",
        "CREATE TABLE notes (id INTEGER PRIMARY KEY)",
    ],
    ids=lambda change: "-".join(change.lower().split()[:3]),
)
def test_a_schema_that_was_changed_by_hand_differs(storage: Storage, change: str) -> None:
    upgrade(storage.database)

    execute(storage, change)

    assert differences(storage.database) != []


def test_a_prepared_database_has_exactly_one_head_row(storage: Storage) -> None:
    storage.prepare()

    with storage.log() as log:
        assert astuple(log.head) == astuple(EMPTY_HEAD)
    with pytest.raises(IntegrityError):
        execute(
            storage,
            "INSERT INTO head (id, height, size, header_hash, time_ms, edge) "
            "SELECT 2, height, size, header_hash, time_ms, edge FROM head",
        )


def test_down_to_base_takes_every_table_away(storage: Storage) -> None:
    upgrade(storage.database)

    downgrade(storage.database)

    assert table_names(storage) <= {VERSIONS}


def test_down_and_up_again_gives_the_same_schema(storage: Storage) -> None:
    upgrade(storage.database)
    downgrade(storage.database)

    upgrade(storage.database)

    assert table_names(storage) == {*metadata.tables, VERSIONS}
    assert differences(storage.database) == []
    with storage.log() as log:
        assert log.head == EMPTY_HEAD


def test_preparing_a_founded_registry_again_changes_nothing(registry: Registry) -> None:
    with registry.storage.log() as log:
        before = (log.head, log.checkpoint())

    registry.storage.prepare()

    with registry.storage.log() as log:
        assert (log.head, log.checkpoint()) == before
    assert differences(registry.storage.database) == []


def test_a_database_without_tables_is_refused(storage: Storage) -> None:
    with pytest.raises(SchemaError, match="revision none"):
        storage.check()


def test_a_newly_prepared_database_is_taken_and_not_founded(storage: Storage) -> None:
    storage.prepare()

    storage.check()

    assert not is_founded(storage)


@pytest.mark.parametrize("revision", ["0000", "9999"])
def test_a_database_at_another_revision_does_not_open(settings: Settings, revision: str) -> None:
    storage = Storage.of(settings.database_url)
    execute(storage, f"UPDATE {VERSIONS} SET version_num = '{revision}'")  # noqa: S608 - ours

    with pytest.raises(SchemaError, match=f"revision {revision}"):
        check_revision(storage.database)
    with pytest.raises(SchemaError, match="eac init"), open_registry(settings):
        pass

    storage.close()


def test_the_projection_is_every_table_that_replay_rebuilds() -> None:
    kept = {
        "head",
        "leaves",
        "tiles",
        "blocks",
        "signed",
        "readings",
        "documents",
        "vault",
        "credentials",
        "applications",
        "refusals",
        "leases",
        "replays",
        "parties",
        "meters",
        "files",
    }

    assert {table.name for table in PROJECTION} == set(metadata.tables) - kept


def test_a_registry_that_was_founded_before_its_operations_were_fixed_is_not_migrated(
    storage: Storage,
) -> None:
    command.upgrade(alembic_config(storage.database), "0001")
    execute(storage, "UPDATE head SET height = 0")

    with pytest.raises(SchemaError, match="found it anew"):
        upgrade(storage.database)

    assert "offers" not in table_names(storage)


def test_a_registry_that_was_never_founded_is_migrated(storage: Storage) -> None:
    command.upgrade(alembic_config(storage.database), "0001")

    upgrade(storage.database)

    assert differences(storage.database) == []

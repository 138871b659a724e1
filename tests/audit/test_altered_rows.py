"""Check 9: no row of the log or of its projection can be changed beside the log unseen.

Each alteration happens in a transaction of its own, is audited in it, and is rolled back.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Connection,
    Integer,
    LargeBinary,
    Table,
    Uuid,
    and_,
    delete,
    func,
    insert,
    select,
    update,
)
from sqlalchemy.exc import DataError, IntegrityError

from app.audit.walk import Anchor, audit, read_trusted
from app.factory import Registry, open_registry
from app.ledger.encoding import decode, encode
from app.registry.operations.account_open import AccountOpen
from app.storage.log import DatabaseLog
from app.storage.tables import (
    PROJECTION,
    accounts,
    blocks,
    devices,
    domains,
    fuel_shares,
    head,
    leaves,
    parties,
    registries,
    senders,
    tiles,
)
from tests.audit.forging import Found, found_in
from tests.audit.story import tell
from tests.conftest import BACKENDS
from tests.databases import Databases
from tests.scenario import ORIGIN, accept, new_id, organisation

TOLD = (head, leaves, parties, blocks, *PROJECTION)
"""The tables of which the story fills rows; it is too short for a stored tile."""

ROWS = 12
UNANCHORED = Anchor()
Row = Mapping[str, Any]


def open_story(databases: Databases, home: Path) -> Iterator[Registry]:
    made = databases.founded(home)
    with open_registry(made) as registry:
        tell(registry)
        yield registry
    databases.drop(made.database_url)


@pytest.fixture(scope="module", params=BACKENDS)
def told(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Registry]:
    """The story in a database of each kind."""
    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    yield from open_story(databases, tmp_path_factory.mktemp("told") / "home")


@pytest.fixture(scope="module", params=BACKENDS)
def tiled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Registry]:
    """A log of more than 256 leaves in a database of each kind, so that a tile is stored."""
    databases: Databases = request.getfixturevalue(f"{request.param}_databases")
    made = databases.founded(tmp_path_factory.mktemp("tiled") / "home")
    with open_registry(made) as registry:
        owner = organisation(registry, "buyer")
        openings = (
            AccountOpen(id=new_id(), origin=ORIGIN, by=owner, account=new_id(), organisation=owner)
            for _ in range(260)
        )
        accept(registry, *openings)
        yield registry
    databases.drop(made.database_url)


@contextmanager
def altering(registry: Registry) -> Iterator[Connection]:
    """Give a connection whose changes are rolled back."""
    with registry.storage.database.engine.connect() as connection:
        yield connection
        connection.rollback()


def newest(registry: Registry) -> Anchor:
    """Return the anchor with which an audit skips all signatures but the newest."""
    with registry.storage.log() as log:
        return Anchor(checkpoint=read_trusted(log.checkpoint()))


def found(connection: Connection, anchor: Anchor = UNANCHORED) -> Found:
    log = DatabaseLog(connection)
    return found_in(audit(log, anchor=anchor, tables=log))


def rows_of(registry: Registry, table: Table) -> list[Row]:
    with registry.storage.reading() as connection:
        return [row._asdict() for row in connection.execute(select(table))]


def some_rows_of(registry: Registry, table: Table) -> list[Row]:
    """Return a dozen rows of a table or so, spread over it: each alteration is a whole audit."""
    rows = rows_of(registry, table)
    return rows[:: max(len(rows) // ROWS, 1)]


def is_row(table: Table, row: Row) -> Any:  # noqa: ANN401 - a condition
    return and_(*(column == row[column.name] for column in table.primary_key))


def others(column: Column[Any], value: Any) -> list[list[Any]]:  # noqa: ANN401 - of any column
    """Return other values that a column could hold: of each list the first that is accepted."""
    made: list[list[Any]] = []
    if value is not None and column.nullable:
        made.append([None])
    if column in (domains.c.settings, registries.c.authority_set):
        made += [[other] for other in ("", "{}", "[]", "null", " " + value)]
        made += [[other] for other in other_documents(value)]
    elif column is fuel_shares.c.shares:
        made += [[other] for other in ("", "[]", "{}", "null", "7", " " + value)]
        made += [[other] for other in (value.replace("6000", "6001"), value.replace("4", "5"))]
    elif isinstance(column.type, Boolean):
        made.append([not value])
    elif isinstance(column.type, Integer | BigInteger):
        made.append([1] if value is None else [value + 1, value + 1_000_000, value - 1])
    elif isinstance(column.type, LargeBinary):
        made.append([bytes([value[0] ^ 1]) + value[1:]])
    elif isinstance(column.type, Uuid) or value is None:
        made.append([new_id()])
    else:
        made.append([value[:-1] + ("1" if value[-1:] == "0" else "0")])
        made += [[" " + value]] if column.table in PROJECTION else []
    return made


def other_documents(value: str) -> list[str]:
    """Return canonical documents with one member more, one less, and each one other."""
    members: dict[str, Any] = decode(value.encode())
    made = [{**members, "more": 1}]
    for name, item in members.items():
        made.append({key: kept for key, kept in members.items() if key != name})
        made += [{**members, name: other} for other in (7, bool(item), "x", [7])]
    return [encode(other).decode() for other in made if encode(other) != value.encode()]


def unseen(connection: Connection, anchor: Anchor = UNANCHORED) -> str:
    """Audit; return in a word why an alteration was not reported, or nothing where it was."""
    try:
        return "" if found(connection, anchor) else "nothing found"
    except Exception as error:  # noqa: BLE001 - any crash of an audit is what this looks for
        return f"raises {type(error).__name__}"


def alter(connection: Connection, table: Table, row: Row, column: Column[Any], values: Any) -> bool:  # noqa: ANN401 - of any column
    """Give a column of a row the first of several values that the database accepts."""
    for value in values:
        try:
            with connection.begin_nested():
                statement = update(table).where(is_row(table, row))
                connection.execute(statement.values({column: value}))
        except (IntegrityError, DataError):
            continue
        return True
    return False


def test_the_story_is_sound_in_the_database_and_fills_every_table(told: Registry) -> None:
    with altering(told) as connection:
        assert found(connection) == set()

    assert all(rows_of(told, table) for table in TOLD)


@pytest.mark.parametrize("table", TOLD, ids=lambda table: table.name)
def test_an_altered_column_of_any_row_is_found(table: Table, told: Registry) -> None:
    trusted = newest(told)
    escaped: Counter[str] = Counter()
    accepted = set()
    for row in some_rows_of(told, table):
        for column in table.columns:
            is_signed = table is head or column is blocks.c.checkpoint
            anchor = UNANCHORED if is_signed else trusted
            for values in others(column, row[column.name]):
                with altering(told) as connection:
                    if alter(connection, table, row, column, values):
                        accepted.add(column.name)
                        why = unseen(connection, anchor)
                        escaped[f"{column.name}: {why}"] += bool(why)

    assert +escaped == {}
    assert {column.name for column in table.columns} - accepted == (
        {"id"} if table is head else set()
    )


@pytest.mark.parametrize("table", TOLD, ids=lambda table: table.name)
def test_a_deleted_row_is_found(table: Table, told: Registry) -> None:
    anchor = newest(told) if table in PROJECTION else UNANCHORED
    escaped: Counter[str] = Counter()
    for row in some_rows_of(told, table):
        with altering(told) as connection:
            connection.execute(delete(table).where(is_row(table, row)))
            why = unseen(connection, anchor)
            escaped[why] += bool(why)

    assert +escaped == {}


@pytest.mark.parametrize("table", TOLD[1:], ids=lambda table: table.name)
def test_a_stray_row_is_found(table: Table, told: Registry) -> None:
    row = rows_of(told, table)[-1]
    distinct = {column for column in table.columns if column.primary_key or column.unique}
    distinct |= {devices.c.gsrn} & set(table.columns)
    stray = {
        column.name: others(column, row[column.name])[0][0]
        if column in distinct
        else row[column.name]
        for column in table.columns
    }
    if table is leaves:
        stray |= {"operation": new_id()}

    with altering(told) as connection:
        connection.execute(insert(table).values(stray))

        assert unseen(connection) == ""


def test_the_head_is_a_single_row(told: Registry) -> None:
    (row,) = rows_of(told, head)

    with altering(told) as connection, pytest.raises(IntegrityError):
        connection.execute(insert(head).values({**row, "id": 2}))


def test_a_stray_tile_is_found(told: Registry) -> None:
    with altering(told) as connection:
        connection.execute(insert(tiles).values(level=0, number=0, hashes=b"x" * 32 * 256))

        assert unseen(connection) == ""


def test_an_emptied_table_is_found_row_by_row_up_to_a_limit(tiled: Registry) -> None:
    with altering(tiled) as connection:
        connection.execute(delete(accounts))
        log = DatabaseLog(connection)
        report = audit(log, anchor=Anchor(), tables=log)

    details = [item.detail for item in report.findings]
    assert {(item.code, item.where) for item in report.findings} == {
        ("table-differs", "table account")
    }
    assert len(details) == 21
    assert details[-1] == "and 240 rows more"


def test_emptied_parties_are_found_row_by_row_up_to_a_limit(tiled: Registry) -> None:
    with altering(tiled) as connection:
        count = connection.execute(delete(parties)).rowcount
        log = DatabaseLog(connection)
        report = audit(log, anchor=Anchor(), tables=log)

    details = [item.detail for item in report.findings]
    assert {(item.code, item.where) for item in report.findings} == {
        ("table-differs", "table party")
    }
    assert details[-1] == f"and {count - 20} rows more"


def test_one_party_row_that_is_missing_is_one_finding(tiled: Registry) -> None:
    row = rows_of(tiled, parties)[0]
    with altering(tiled) as connection:
        connection.execute(delete(parties).where(is_row(parties, row)))
        log = DatabaseLog(connection)
        report = audit(log, anchor=Anchor(), tables=log)

    (finding,) = report.findings
    assert finding.detail == f"row {row['organisation']} of leaf {row['index']} is missing"


@pytest.mark.parametrize("column", tiles.columns, ids=lambda column: column.name)
def test_an_altered_column_of_a_stored_tile_is_found(column: Column[Any], tiled: Registry) -> None:
    (row,) = rows_of(tiled, tiles)
    escaped = []
    for values in others(column, row[column.name]):
        with altering(tiled) as connection:
            assert alter(connection, tiles, row, column, values)
            escaped.append(unseen(connection))

    assert set(escaped) == {""}


def test_a_deleted_tile_is_found(tiled: Registry) -> None:
    with altering(tiled) as connection:
        connection.execute(delete(tiles))

        assert unseen(connection) == ""


def test_an_altered_leaf_under_a_stored_tile_is_found_at_its_index(tiled: Registry) -> None:
    altered = func.substr(leaves.c.leaf, 1, 60)
    with altering(tiled) as connection:
        connection.execute(update(leaves).where(leaves.c.index == 77).values(leaf=altered))

        assert {("leaf-altered", "leaf 77"), ("leaf-unreadable", "leaf 77")} <= found(connection)


@pytest.mark.parametrize("table", [accounts, senders, blocks], ids=lambda table: table.name)
def test_a_row_is_named_in_the_finding(table: Table, told: Registry) -> None:
    row = rows_of(told, table)[-1]
    with altering(told) as connection:
        connection.execute(delete(table).where(is_row(table, row)))
        log = DatabaseLog(connection)
        report = audit(log, anchor=Anchor(), tables=log)

    (key, *_) = (row[column.name] for column in table.primary_key)
    assert any(str(key) in f"{item.where} {item.detail}" for item in report.findings)

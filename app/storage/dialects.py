"""What differs between SQLite and PostgreSQL: keys by the set, bulk writes, pipelines, clocks."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import cache
from time import time_ns
from typing import Any, Protocol

import orjson
from sqlalchemy import (
    ARRAY,
    Column,
    ColumnElement,
    Dialect,
    Executable,
    FromClause,
    Table,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.dialects import postgresql, sqlite

Rows = Sequence[Sequence[Any]]
Parameters = Mapping[str, Any]


class Way(Protocol):
    """One database's way of doing what both can do; `driver` is its DB-API connection."""

    has_laterals: bool
    """Whether a subquery may be bounded by each row of what stands beside it."""

    def compile(self, statement: Executable) -> str:
        """Return SQL for the driver, with named parameters."""

    def keys(self, *columns: Column[Any]) -> FromClause:
        """Return a table of keys, to be bound, with columns named and typed like those given."""

    def bind(self, keys: Rows) -> dict[str, Any]:
        """Return the parameters that bind a table of keys."""

    def pipeline(self, driver: Any) -> AbstractContextManager[Any]:  # noqa: ANN401 - DB-API
        """Send what is executed inside without waiting for each answer, where that is possible."""

    def insert(self, driver: Any, table: Table, rows: Rows, suffix: str = "") -> None:  # noqa: ANN401 - DB-API
        """Insert rows by the set; the suffix says what to do on conflict."""

    def stream(self, driver: Any, table: Table, rows: Rows) -> None:  # noqa: ANN401 - DB-API
        """Insert many rows the fastest way, outside a pipeline."""

    def begin(self, driver: Any) -> None:  # noqa: ANN401 - DB-API
        """Begin a transaction that will write."""

    def ask_clock(self, driver: Any) -> Callable[[], int]:  # noqa: ANN401 - DB-API
        """Read the database's clock; return what gives it, UTC milliseconds."""


class Postgresql:
    """PostgreSQL by psycopg: arrays and unnest, pipelines, the server's clock."""

    has_laterals = True

    def __init__(self) -> None:
        """Compile for psycopg."""
        self._dialect: Dialect = postgresql.dialect(paramstyle="pyformat")  # type: ignore[no-untyped-call]

    def compile(self, statement: Executable) -> str:
        """Return SQL with %(name)s parameters."""
        return str(statement.compile(dialect=self._dialect))  # type: ignore[attr-defined]

    def keys(self, *columns: Column[Any]) -> FromClause:
        """Return unnest over one array for each column."""
        arrays = (cast(bindparam(f"keys{at}"), ARRAY(item.type)) for at, item in enumerate(columns))
        names = (item.name for item in columns)
        return func.unnest(*arrays).table_valued(*names).render_derived("keys")

    def bind(self, keys: Rows) -> dict[str, Any]:
        """Return one array for each column."""
        columns = enumerate(zip(*keys, strict=True))
        return {f"keys{at}": array_literal(values) for at, values in columns}

    def pipeline(self, driver: Any) -> AbstractContextManager[Any]:  # noqa: ANN401 - DB-API
        """Return psycopg's pipeline."""
        pipeline: AbstractContextManager[Any] = driver.pipeline()
        return pipeline

    def insert(self, driver: Any, table: Table, rows: Rows, suffix: str = "") -> None:  # noqa: ANN401 - DB-API
        """Insert from unnest in one statement."""
        sql = f"{self._insert(table)} {suffix}"
        driver.execute(sql, [array_literal(values) for values in zip(*rows, strict=True)])

    def stream(self, driver: Any, table: Table, rows: Rows) -> None:  # noqa: ANN401 - DB-API
        """Copy from here."""
        names = ", ".join(f'"{item.name}"' for item in table.columns)
        with (
            driver.cursor() as cursor,
            cursor.copy(f'COPY "{table.name}" ({names}) FROM STDIN') as copy,
        ):
            for row in rows:
                copy.write_row(row)

    def begin(self, driver: Any) -> None:  # noqa: ANN401 - DB-API
        """Leave it to psycopg, which begins with the first statement."""

    def ask_clock(self, driver: Any) -> Callable[[], int]:  # noqa: ANN401 - DB-API
        """Ask the server, whose answer is there once the pipeline has ended."""
        cursor = driver.execute("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint")
        return lambda: int(cursor.fetchone()[0])

    @cache  # noqa: B019 - one instance for each engine, a dozen tables
    def _insert(self, table: Table) -> str:
        names = ", ".join(f'"{item.name}"' for item in table.columns)
        arrays = ", ".join(f"%s::{item.type.compile(self._dialect)}[]" for item in table.columns)
        return f'INSERT INTO "{table.name}" ({names}) SELECT * FROM unnest({arrays})'  # noqa: S608 - names are ours


class Sqlite:
    """SQLite: keys as one JSON text, executemany, this machine's clock."""

    has_laterals = False

    def __init__(self) -> None:
        """Compile for sqlite3 with names."""
        self._dialect: Dialect = sqlite.dialect(paramstyle="named")

    def compile(self, statement: Executable) -> str:
        """Return SQL with :name parameters."""
        return str(statement.compile(dialect=self._dialect))  # type: ignore[attr-defined]

    def keys(self, *columns: Column[Any]) -> FromClause:
        """Return json_each over an array of arrays."""
        each = func.json_each(bindparam("keys")).table_valued("value", name="each")
        parts = (
            func.json_extract(each.c.value, _path(at), type_=item.type).label(item.name)
            for at, item in enumerate(columns)
        )
        return select(*parts).subquery("keys")

    def bind(self, keys: Rows) -> dict[str, Any]:
        """Return all keys as one JSON text."""
        return {"keys": orjson.dumps(keys).decode()}

    def pipeline(self, driver: Any) -> AbstractContextManager[Any]:  # noqa: ANN401, ARG002 - DB-API
        """Return nothing special: there is no wire to wait for."""
        return nullcontext()

    def insert(self, driver: Any, table: Table, rows: Rows, suffix: str = "") -> None:  # noqa: ANN401 - DB-API
        """Insert row by row inside the driver."""
        names = ", ".join(f'"{item.name}"' for item in table.columns)
        marks = ", ".join("?" for _ in table.columns)
        sql = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks}) {suffix}'  # noqa: S608 - names are ours
        driver.executemany(sql, rows)

    def stream(self, driver: Any, table: Table, rows: Rows) -> None:  # noqa: ANN401 - DB-API
        """Insert as ever: nothing is faster here."""
        self.insert(driver, table, rows)

    def begin(self, driver: Any) -> None:  # noqa: ANN401 - DB-API
        """Take the write lock now, before anything is read."""
        driver.execute("BEGIN IMMEDIATE")

    def ask_clock(self, driver: Any) -> Callable[[], int]:  # noqa: ANN401, ARG002 - DB-API
        """Ask this machine, which is the database's."""
        now_ms = time_ns() // 1_000_000
        return lambda: now_ms


def array_literal(values: Iterable[Any]) -> str:
    """Return an array as PostgreSQL reads it (its manual, 8.15.2).

    Written here because the driver asks of each element what it is, which the statement tells
    anyhow; tests/bench/README.md has the difference.
    """
    return f"{{{','.join(map(_element, values))}}}"


def _element(value: bytes | str | int | None) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, bytes):
        return f'"\\\\x{value.hex()}"'
    if isinstance(value, str):
        escaped = value.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{escaped}"'
    return str(value)


def upsert_suffix(table: Table) -> str:
    """Return what turns an insert into an update where the primary key exists."""
    keys = ", ".join(f'"{item.name}"' for item in table.primary_key)
    rest = [item.name for item in table.columns if not item.primary_key]
    if not rest:
        return f"ON CONFLICT ({keys}) DO NOTHING"
    updates = ", ".join(f'"{name}" = excluded."{name}"' for name in rest)
    return f"ON CONFLICT ({keys}) DO UPDATE SET {updates}"


def _path(at: int) -> ColumnElement[str]:
    """Return the JSON path of an array's item, written into the statement."""
    return literal_column(f"'$[{at}]'")

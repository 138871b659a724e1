"""One writing transaction: the head-row lock, what a group reads, and what its block writes."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import astuple
from operator import attrgetter
from typing import Any

from sqlalchemy import Table
from sqlalchemy.exc import DBAPIError

from app.ledger.blocks import EMPTY_HEAD, Block, Entry, Head, Recorded, Signing
from app.ledger.merkle import HASH_BYTES, leaf_hash, root
from app.ledger.tiles import TILE_WIDTH
from app.registry.attachments import Attachments
from app.registry.errors import RefusalError
from app.registry.operation import Read
from app.registry.ranges import Bundle
from app.registry.state import Entity, Rows, State
from app.storage.dialects import upsert_suffix
from app.storage.engines import DBAPI_ERRORS, Database
from app.storage.loading import Question
from app.storage.rows import MAPPINGS, row_of
from app.storage.statements import Statements
from app.storage.tables import (
    blocks,
    bundles,
    documents,
    leaves,
    parties,
    readings,
    signed,
    tiles,
    vault,
)

MANY = 64
"""From how many rows on they are streamed instead of bound as arrays."""


class StorageError(Exception):
    """Rows are not as the log says they must be: another writer, or a damaged database."""


class UnitOfWork:
    """One transaction that holds the head-row lock from its first statement to its commit."""

    head = EMPTY_HEAD
    now_ms = 0

    def __init__(self, database: Database, statements: Statements, driver: Any) -> None:  # noqa: ANN401 - DB-API
        """Take a connection whose transaction has begun, or begins with its first statement."""
        self._database = database
        self._way = database.way
        self._statements = statements
        self._loader = statements.loader
        self._driver = driver

    def begin(
        self, state: State, *, ids: Sequence[str] = (), reads: Iterable[Read] = ()
    ) -> dict[str, Recorded]:
        """Take the lock, then read head, clock and what is named, in one round.

        Return which of the operations `ids` are on the log, and where.
        """
        questions = self._loader.ask(reads)
        keys = self._way.bind([(item,) for item in ids])
        with self._way.pipeline(self._driver):
            locked = self._driver.execute(self._statements.lock)
            clock = self._way.ask_clock(self._driver)
            known = self._driver.execute(self._statements.recorded, keys) if ids else ()
            answers = self._ask(questions)
        row = locked.fetchone()
        if row is None:
            raise StorageError("the database has no head row")
        height, size, header_hash, time_ms, edge = row
        self.head = Head(height, size, header_hash, time_ms, tuple(split_hashes(edge)))
        self.now_ms = clock()
        self._loader.take(state, questions, answers)
        return {row[0]: Recorded(*row[1:]) for row in known}

    def load(self, state: State, reads: Iterable[Read]) -> None:
        """Load what the reads name, in a round of its own."""
        self._load(state, self._loader.ask(reads))

    def load_oldest(self, state: State, reads: Iterable[Read], *, time_ms: int) -> None:
        """Load the oldest bundles that quantities will take, as far as they reach."""
        self._load(state, self._loader.ask_oldest(reads, time_ms=time_ms))

    def load_neighbours(self, state: State) -> None:
        """Load the bundles beside what changed."""
        self._load(state, self._loader.ask_neighbours(state))

    def _load(self, state: State, questions: Sequence[Question]) -> None:
        if questions:
            with self._way.pipeline(self._driver):
                answers = self._ask(questions)
            self._loader.take(state, questions, answers)

    def _ask(self, questions: Sequence[Question]) -> list[Any]:
        return [self._driver.execute(load.sql, parameters) for load, parameters in questions]

    def is_held(self, lease: str, holder: str, token: int) -> bool:
        """Say whether a lease is still its holder's, under that token, at this unit's moment."""
        asked = {"lease": lease, "by": holder, "number": token, "now": self.now_ms}
        return self._driver.execute(self._statements.lease, asked).fetchone() is not None

    def write(
        self,
        *,
        head: Head,
        block: Block,
        entries: Sequence[Entry],
        rows: Rows,
        attachments: Attachments,
        signing: Signing,
    ) -> None:
        """Write a block: its leaves, what it changed, and the new head, fenced by the old one.

        Raises StorageError where the rows that it extends are not as they were read, or a local
        authority has signed a log of this size or a larger one before.
        """
        log_rows = _log_rows(entries, first=self.head.size, height=block.height)
        party_rows = _party_rows(entries, first=self.head.size)
        opened = [(*bundle, None) for bundle in rows.opened]
        self._insert(tiles, self._full_tiles([entry.leaf for entry in entries]))
        self._stream_if_many(leaves, log_rows)
        self._stream_if_many(parties, party_rows)
        with self._way.pipeline(self._driver):
            self._insert_if_few(leaves, log_rows)
            self._insert_if_few(parties, party_rows)
            self._insert(blocks, [astuple(block)])
            self._put(rows.puts)
            closed = self._close(rows.closed, block.height)
            self._insert_if_few(bundles, opened)
            self._attach(attachments)
            if self.head.height < 0:
                self._insert(signed, [(name, 0, b"") for name in signing.authorities])
            signing_rows = self._sign(signing)
            advanced = self._driver.execute(self._statements.advance, self._advance(head))
        self._stream_if_many(bundles, opened)
        if advanced.rowcount != 1 or (closed is not None and closed.rowcount != len(rows.closed)):
            raise StorageError("the rows that this block extends are not as they were read")
        if signing_rows is not None and signing_rows.rowcount != len(signing.authorities):
            raise StorageError("an authority has already signed a log of this size or larger")

    def commit(self, *, height: int, header_hash: str) -> None:
        """Make it durable; where the database does not say, ask it on a new connection.

        Raises RefusalError outcome-unknown where that cannot be told either: the same operations
        may be asked again under the same ids.
        """
        try:
            self._driver.commit()
        except DBAPI_ERRORS as error:
            with suppress(*DBAPI_ERRORS):
                self._driver.rollback()
            if not self._has_block(height, header_hash):
                raise RefusalError("busy", "nothing was recorded") from error

    def _has_block(self, height: int, header_hash: str) -> bool:
        """Ask on another connection, behind the head-row lock: a commit may still be under way."""
        try:
            with self._database.writing() as driver:
                driver.execute(self._statements.lock).fetchone()
                found = driver.execute(self._statements.block_hash, {"at": height}).fetchone()
        except (DBAPIError, RefusalError, *DBAPI_ERRORS) as error:
            raise RefusalError(
                "outcome-unknown", "the database did not say whether it was recorded"
            ) from error
        return found is not None and found[0] == header_hash

    def _insert(self, table: Table, rows: Sequence[Sequence[Any]], suffix: str = "") -> None:
        if rows:
            self._way.insert(self._driver, table, rows, suffix)

    def _insert_if_few(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        if len(rows) < MANY:
            self._insert(table, rows)

    def _stream_if_many(self, table: Table, rows: Sequence[Sequence[Any]]) -> None:
        if len(rows) >= MANY:
            self._way.stream(self._driver, table, rows)

    def _attach(self, attachments: Attachments) -> None:
        self._insert(readings, attachments.readings, upsert_suffix(readings))
        self._insert(documents, attachments.documents, "ON CONFLICT DO NOTHING")
        self._insert(vault, attachments.vault, "ON CONFLICT DO NOTHING")
        if attachments.erased:
            keys = self._way.bind(attachments.erased)
            for statement in self._statements.erase:
                self._driver.execute(statement, keys)

    def _put(self, puts: Sequence[Entity]) -> None:
        kinds = sorted({type(put) for put in puts}, key=attrgetter("__name__"))
        for kind in kinds:
            table = MAPPINGS[kind].table
            rows = [row_of(put) for put in puts if type(put) is kind]
            self._insert(table, rows, upsert_suffix(table))

    def _close(self, closed: Sequence[Bundle], height: int) -> Any:  # noqa: ANN401 - a cursor
        if not closed:
            return None
        keys = self._way.bind([(bundle.issuance, bundle.first) for bundle in closed])
        return self._driver.execute(self._statements.close, {"height": height, **keys})

    def _sign(self, signing: Signing) -> Any:  # noqa: ANN401 - a cursor
        if not signing.authorities:
            return None
        names = self._way.bind([(name,) for name in signing.authorities])
        parameters = {"new_size": signing.size, "new_root": signing.root, **names}
        return self._driver.execute(self._statements.sign, parameters)

    def _advance(self, head: Head) -> dict[str, Any]:
        return {
            "new_height": head.height,
            "new_size": head.size,
            "new_header_hash": head.header_hash,
            "new_time_ms": head.time_ms,
            "new_edge": b"".join(head.edge),
            "old_height": self.head.height,
        }

    def _full_tiles(self, added: Sequence[bytes]) -> list[tuple[int, int, bytes]]:
        """Return the tiles that these leaves complete, level by level."""
        first = self.head.size - self.head.size % TILE_WIDTH
        end = self.head.size + len(added)
        if end - first < TILE_WIDTH:
            return []
        before = self._fetch(self._statements.leaves, first=first, end=self.head.size)
        hashes = [leaf_hash(leaf) for leaf in (*before, *added)]
        full: list[tuple[int, int, bytes]] = []
        level, number = 0, first // TILE_WIDTH
        while len(hashes) >= TILE_WIDTH:
            runs = [
                hashes[at : at + TILE_WIDTH]
                for at in range(0, len(hashes) - TILE_WIDTH + 1, TILE_WIDTH)
            ]
            full += [(level, number + at, b"".join(run)) for at, run in enumerate(runs)]
            start = number - number % TILE_WIDTH
            if number + len(runs) - start < TILE_WIDTH:
                break
            earlier = self._fetch(self._statements.tiles, level=level, first=start, end=number)
            hashes = [root(split_hashes(item)) for item in earlier] + [root(run) for run in runs]
            level, number = level + 1, start // TILE_WIDTH
        return full

    def _fetch(self, sql: str, **parameters: int) -> list[bytes]:
        return [row[0] for row in self._driver.execute(sql, parameters)]


def _log_rows(entries: Sequence[Entry], *, first: int, height: int) -> list[tuple[Any, ...]]:
    return [
        (at, height, entry.leaf, entry.operation, entry.type, entry.by)
        for at, entry in enumerate(entries, first)
    ]


def _party_rows(entries: Sequence[Entry], *, first: int) -> list[tuple[str, int]]:
    return [
        (organisation, at)
        for at, entry in enumerate(entries, first)
        for organisation in entry.parties
    ]


def split_hashes(data: bytes) -> list[bytes]:
    """Return the 32-byte hashes that stand side by side."""
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]

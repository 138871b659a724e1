"""The statements of a unit of work, compiled once for a database."""

from typing import Any

from sqlalchemy import bindparam, literal_column, select, update

from app.storage.engines import Database
from app.storage.loading import Loader
from app.storage.tables import blocks, bundles, head, leaves, signed, tiles


class Statements:
    """The statements of every unit of work, compiled once for a database."""

    def __init__(self, database: Database) -> None:
        """Compile for the database's way."""
        way = database.way
        self.loader = Loader(way)
        columns = [column for column in head.columns if column.name != "id"]
        self.lock = way.compile(
            select(*columns).where(head.c.id == literal_column("1")).with_for_update()
        )
        keys = way.keys(leaves.c.operation)
        self.recorded = way.compile(
            select(leaves.c.operation, leaves.c.index, leaves.c.height, leaves.c.leaf).join(
                keys, keys.c.operation == leaves.c.operation
            )
        )
        self.leaves = way.compile(
            select(leaves.c.leaf)
            .where(leaves.c.index >= bindparam("first"), leaves.c.index < bindparam("end"))
            .order_by(leaves.c.index)
        )
        self.tiles = way.compile(
            select(tiles.c.hashes)
            .where(
                tiles.c.level == bindparam("level"),
                tiles.c.number >= bindparam("first"),
                tiles.c.number < bindparam("end"),
            )
            .order_by(tiles.c.number)
        )
        self.block_hash = way.compile(
            select(blocks.c.hash).where(blocks.c.height == bindparam("at"))
        )
        opened = way.keys(bundles.c.issuance, bundles.c.first)
        self.close = way.compile(
            update(bundles)
            .values(to_height=bindparam("height"))
            .where(
                bundles.c.issuance == opened.c.issuance,
                bundles.c.first == opened.c.first,
                bundles.c.to_height.is_(None),
            )
        )
        signers = way.keys(signed.c.authority)
        self.sign = way.compile(
            update(signed)
            .values(size=bindparam("new_size"), root=bindparam("new_root"))
            .where(signed.c.authority == signers.c.authority, signed.c.size < bindparam("new_size"))
        )
        values: dict[str, Any] = {
            column.name: bindparam(f"new_{column.name}") for column in columns
        }
        self.advance = way.compile(
            update(head).values(values).where(head.c.height == bindparam("old_height"))
        )

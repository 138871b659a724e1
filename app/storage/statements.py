"""The statements of a unit of work, compiled once for a database."""

from typing import Any

from sqlalchemy import (
    Delete,
    Select,
    Update,
    bindparam,
    delete,
    literal_column,
    null,
    or_,
    select,
    update,
)

from app.storage.dialects import Way
from app.storage.engines import Database
from app.storage.loading import Loader
from app.storage.tables import (
    applications,
    blocks,
    bundles,
    credentials,
    head,
    leases,
    leaves,
    persons,
    signed,
    tiles,
    vault,
)

HEAD_COLUMNS = [column for column in head.columns if column.name != "id"]


class Statements:
    """The statements of every unit of work, as SQL for the database's driver."""

    def __init__(self, database: Database) -> None:
        """Compile for the database's way."""
        way = database.way
        self.loader = Loader(way)
        self.lock = way.compile(_lock())
        self.recorded = way.compile(_recorded(way))
        self.leaves = way.compile(_leaves())
        self.tiles = way.compile(_tiles())
        self.block_hash = way.compile(
            select(blocks.c.hash).where(blocks.c.height == bindparam("at"))
        )
        self.close = way.compile(_close(way))
        self.sign = way.compile(_sign(way))
        self.advance = way.compile(_advance())
        self.erase = tuple(map(way.compile, (_unlabel(way), _forget(way), _erase(way))))
        self.lease = way.compile(_lease())


def _lock() -> Select[Any]:
    only = head.c.id == literal_column("1")
    return select(*HEAD_COLUMNS).where(only).with_for_update()


def _recorded(way: Way) -> Select[Any]:
    keys = way.keys(leaves.c.operation)
    columns = (leaves.c.operation, leaves.c.index, leaves.c.height, leaves.c.leaf)
    return select(*columns).join(keys, keys.c.operation == leaves.c.operation)


def _leaves() -> Select[Any]:
    index = leaves.c.index
    within = (index >= bindparam("first"), index < bindparam("end"))
    return select(leaves.c.leaf).where(*within).order_by(index)


def _tiles() -> Select[Any]:
    number = tiles.c.number
    within = (number >= bindparam("first"), number < bindparam("end"))
    on_level = tiles.c.level == bindparam("level")
    return select(tiles.c.hashes).where(on_level, *within).order_by(number)


def _close(way: Way) -> Update:
    opened = way.keys(bundles.c.issuance, bundles.c.first)
    return (
        update(bundles)
        .values(to_height=bindparam("height"))
        .where(
            bundles.c.issuance == opened.c.issuance,
            bundles.c.first == opened.c.first,
            bundles.c.to_height.is_(None),
        )
    )


def _erase(way: Way) -> Delete:
    erased = way.keys(vault.c.commitment)
    return delete(vault).where(vault.c.commitment.in_(select(erased.c.commitment)))


def _forget(way: Way) -> Update:
    """Leave nothing by which an application could be known again from what it said."""
    erased = way.keys(applications.c.record)
    return (
        update(applications)
        .values(asked_as=null(), registered_as=null())
        .where(applications.c.record.in_(select(erased.c.record)))
    )


def _unlabel(way: Way) -> Update:
    """Take the labels off the keys of whoever is erased: they may be names."""
    of_person = way.keys(persons.c.record)
    of_applicant = way.keys(applications.c.record)
    people = select(persons.c.id).where(persons.c.record.in_(select(of_person.c.record)))
    applicants = select(applications.c.organisation).where(
        applications.c.record.in_(select(of_applicant.c.record))
    )
    return (
        update(credentials)
        .values(label=literal_column("''"))
        .where(or_(credentials.c.person.in_(people), credentials.c.organisation.in_(applicants)))
    )


def _sign(way: Way) -> Update:
    """Record what is signed, for those authorities that have signed nothing as large."""
    signers = way.keys(signed.c.authority)
    return (
        update(signed)
        .values(size=bindparam("new_size"), root=bindparam("new_root"))
        .where(signed.c.authority == signers.c.authority, signed.c.size < bindparam("new_size"))
    )


def _advance() -> Update:
    """Move the head, from the height that the block extends and no other."""
    values: dict[str, Any] = {
        column.name: bindparam(f"new_{column.name}") for column in HEAD_COLUMNS
    }
    return update(head).values(values).where(head.c.height == bindparam("old_height"))


def _lease() -> Select[Any]:
    return select(leases.c.token).where(
        leases.c.name == bindparam("lease"),
        leases.c.holder == bindparam("by"),
        leases.c.token == bindparam("number"),
        leases.c.expires_at > bindparam("now"),
    )

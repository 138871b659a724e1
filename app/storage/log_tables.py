"""The log as tables: rows are inserted once and never changed; `head` alone moves."""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from app.storage.schema import Hash, Id, metadata

head = Table(
    "head",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),
    Column("height", BigInteger, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("header_hash", Hash, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("edge", LargeBinary, nullable=False),
    CheckConstraint("id = 1", name="single"),
)

leaves = Table(
    "leaves",
    metadata,
    Column("index", BigInteger, primary_key=True, autoincrement=False),
    Column("height", BigInteger, nullable=False),
    Column("leaf", LargeBinary, nullable=False),
    Column("operation", Id, unique=True),
    Column("type", String(64)),
    Column("by", Id),
)

parties = Table(
    "parties",
    metadata,
    Column("organisation", Id, primary_key=True),
    Column("index", BigInteger, primary_key=True, autoincrement=False),
)

tiles = Table(
    "tiles",
    metadata,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("hashes", LargeBinary, nullable=False),
)

blocks = Table(
    "blocks",
    metadata,
    Column("height", BigInteger, primary_key=True, autoincrement=False),
    Column("first", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("time_ms", BigInteger, nullable=False),
    Column("leader", String(255), nullable=False),
    Column("hash", Hash, nullable=False),
    Column("checkpoint", Text, nullable=False),
)

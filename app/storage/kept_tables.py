"""What no replay can rebuild: readings, documents, vault, credentials, sign-state, replays."""

from sqlalchemy import (
    BigInteger,
    Column,
    LargeBinary,
    String,
    Table,
    Text,
)

from app.storage.schema import Hash, Id, metadata

signed = Table(
    "signed",
    metadata,
    Column("authority", String(255), primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("root", LargeBinary, nullable=False),
)

readings = Table(
    "readings",
    metadata,
    Column("device", Id, primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("intervals", LargeBinary, nullable=False),
)

documents = Table(
    "documents",
    metadata,
    Column("hash", Hash, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

vault = Table(
    "vault",
    metadata,
    Column("commitment", Hash, primary_key=True),
    Column("sealed", LargeBinary, nullable=False),
)

credentials = Table(
    "credentials",
    metadata,
    Column("prefix", String(16), primary_key=True),
    Column("hash", Hash, nullable=False),
    Column("organisation", Id, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

replays = Table(
    "replays",
    metadata,
    Column("id", Id, primary_key=True),
    Column("asked_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("report", Text),
)

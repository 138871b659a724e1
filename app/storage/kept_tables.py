"""What no replay can rebuild: readings, meters, files, vault, credentials, applications, leases."""

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
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

meters = Table(
    "meters",
    metadata,
    Column("layout", String(64), primary_key=True),
    Column("series", String(400), primary_key=True),
    Column("device", Id, nullable=False, index=True),
)

files = Table(
    "files",
    metadata,
    Column("organisation", Id, primary_key=True),
    Column("hash", Hash, primary_key=True),
    Column("layout", String(64), nullable=False),
    Column("imported_at", BigInteger, nullable=False),
    Column("tally", Text, nullable=False),
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
    Column("organisation", Id, nullable=False, index=True),
    Column("person", Id),
    Column("created_at", BigInteger, nullable=False),
    Column("scope", String(16), nullable=False),
    Column("label", String(64), nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
)

applications = Table(
    "applications",
    metadata,
    Column("organisation", Id, primary_key=True),
    Column("roles", String(100), nullable=False),
    Column("country", String(2), nullable=False),
    Column("record", Hash, nullable=False),
    Column("state", String(16), nullable=False),
    Column("asked_at", BigInteger, nullable=False),
    Column("decided_at", BigInteger),
    Column("reason", String(64)),
    Column("asked_as", Hash),
    Column("registered_as", Hash, index=True),
    Index("ix_applications_state", "state", "organisation"),
    Index("uq_applications_asked_as", "asked_as", unique=True),
)

refusals = Table(
    "refusals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("refused_at", BigInteger, nullable=False),
    Column("organisation", Id, nullable=False),
    Column("request", String(64), nullable=False),
    Column("operation", Id),
    Column("type", String(64)),
    Column("status", Integer, nullable=False),
    Column("code", String(64), nullable=False),
    Column("rule", String(16), nullable=False),
    Column("pointer", String(255), nullable=False),
    Index("ix_refusals_organisation", "organisation", "id"),
)

leases = Table(
    "leases",
    metadata,
    Column("name", String(64), primary_key=True),
    Column("holder", String(64), nullable=False),
    Column("token", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
)

replays = Table(
    "replays",
    metadata,
    Column("id", Id, primary_key=True),
    Column("asked_at", BigInteger, nullable=False),
    Column("finished_at", BigInteger),
    Column("report", Text),
)

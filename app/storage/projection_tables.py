"""The projection as tables: what replaying the log gives, and nothing else."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Table,
    Text,
    text,
)

from app.storage.schema import Hash, Id, metadata

_IS_WHOLE = text("part_of IS NULL")

registries = Table(
    "registries",
    metadata,
    Column("origin", String(200), primary_key=True),
    Column("operator", Id, nullable=False),
    Column("issuing_body", Id, nullable=False),
    Column("log_vkey", Text, nullable=False),
    Column("authority_set", Text, nullable=False),
    Column("rules", Integer, nullable=False),
    Column("schemas", Hash, nullable=False),
)

domains = Table(
    "domains",
    metadata,
    Column("code", String(16), primary_key=True),
    Column("settings", Text, nullable=False),
    Column("issued", BigInteger, nullable=False),
)

organisations = Table(
    "organisations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("roles", String(100), nullable=False),
    Column("country", String(2), nullable=False),
    Column("record", Hash, nullable=False),
    Column("kyc_until", BigInteger, nullable=False),
    Column("is_suspended", Boolean, nullable=False),
)

persons = Table(
    "persons",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Id, nullable=False, index=True),
    Column("record", Hash, nullable=False),
    Column("is_active", Boolean, nullable=False),
)

endorsements = Table(
    "endorsements",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Id, nullable=False, index=True),
    Column("person", Id),
    Column("digest", Hash, nullable=False),
)

erasures = Table("erasures", metadata, Column("record", Hash, primary_key=True))

accounts = Table(
    "accounts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Id, nullable=False, index=True),
)

senders = Table(
    "senders",
    metadata,
    Column("account", Id, primary_key=True),
    Column("sender", Id, primary_key=True),
    Column("is_allowed", Boolean, nullable=False),
)

devices = Table(
    "devices",
    metadata,
    Column("id", Id, primary_key=True),
    Column("organisation", Id, nullable=False, index=True),
    Column("domain", String(16), nullable=False),
    Column("gsrn", String(18), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("part_of", Id, index=True),
    Column("state", String(16), nullable=False),
    Column("automatic_wh", BigInteger, nullable=False),
    Column("carried_wh", BigInteger, nullable=False),
    Column("deficit_wh", BigInteger, nullable=False),
    Column("adjustment_wh", BigInteger, nullable=False),
    Column("last_issuance", Id),
    Column("version", BigInteger, nullable=False),
    Index(
        "uq_devices_gsrn",
        "gsrn",
        unique=True,
        sqlite_where=_IS_WHOLE,
        postgresql_where=_IS_WHOLE,
    ),
)

registrations = Table(
    "registrations",
    metadata,
    Column("device", Id, primary_key=True),
    Column("number", BigInteger, primary_key=True, autoincrement=False),
    Column("organisation", Id, nullable=False, index=True),
    Column("energy_source", String(9), nullable=False),
    Column("technology", String(9), nullable=False),
    Column("capacity_w", BigInteger, nullable=False),
    Column("commissioned_on", String(10), nullable=False),
    Column("attributes", Hash, nullable=False),
    Column("support", String(16), nullable=False),
    Column("dissemination", String(16), nullable=False),
    Column("measurement_body", Id, nullable=False, index=True),
    Column("latitude", BigInteger, index=True),
    Column("longitude", BigInteger),
    Column("subdivision", String(6), nullable=False),
    Column("storage_wh", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("valid_from", BigInteger, nullable=False),
    Column("valid_until", BigInteger, nullable=False),
    Column("verifier", String(36), nullable=False),
    Column("is_taken", Boolean, nullable=False),
)

fuel_shares = Table(
    "fuel_shares",
    metadata,
    Column("device", Id, primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("end", BigInteger, nullable=False),
    Column("shares", Text, nullable=False),
)

spans = Table(
    "spans",
    metadata,
    Column("device", Id, primary_key=True),
    Column("start", BigInteger, primary_key=True, autoincrement=False),
    Column("end", BigInteger, nullable=False),
    Column("energy_wh", BigInteger, nullable=False),
    Column("count", BigInteger, nullable=False),
    Column("root", String(64), nullable=False),
    Column("gap", String(64), nullable=False),
    Column("is_accepted", Boolean, nullable=False),
    Column("issuance", Id),
    Column("quality", String(16), nullable=False),
    Column("owed_wh", BigInteger, nullable=False),
    Column("netted_wh", BigInteger, nullable=False),
    CheckConstraint('"start" < "end" AND energy_wh >= 0', name="measured"),
)

requests = Table(
    "requests",
    metadata,
    Column("issuance", Id, primary_key=True),
    Column("device", Id, nullable=False, index=True),
    Column("account", Id, nullable=False, index=True),
    Column("period_start", BigInteger, nullable=False),
    Column("period_end", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("verifier", String(36), nullable=False),
    Column("is_late", Boolean, nullable=False),
)

issuances = Table(
    "issuances",
    metadata,
    Column("id", Id, primary_key=True),
    Column("device", Id, nullable=False, index=True),
    Column("domain", String(16), nullable=False),
    Column("account", Id, nullable=False),
    Column("period_start", BigInteger, nullable=False),
    Column("period_end", BigInteger, nullable=False),
    Column("energy_wh", BigInteger, nullable=False),
    Column("carried_in_wh", BigInteger, nullable=False),
    Column("carried_out_wh", BigInteger, nullable=False),
    Column("face_value_wh", BigInteger, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("number_first", String(30), nullable=False, unique=True),
    Column("transfer_until", BigInteger, nullable=False),
    Column("retire_until", BigInteger, nullable=False),
    Column("code_lists", String(32), nullable=False),
    Column("attributes", Hash, nullable=False),
    Column("index", BigInteger, nullable=False),
    Column("registration", BigInteger, nullable=False),
    Column("withdrawn", BigInteger, nullable=False),
)

retirements = Table(
    "retirements",
    metadata,
    Column("id", Id, primary_key=True),
    Column("account", Id, nullable=False, index=True),
    Column("usage", String(32), nullable=False),
    Column("beneficiary", Hash, nullable=False, index=True),
    Column("country", String(2), nullable=False),
    Column("period_start", BigInteger, nullable=False),
    Column("period_end", BigInteger, nullable=False),
    Column("quantity", BigInteger, nullable=False),
    Column("index", BigInteger, nullable=False),
)

offers = Table(
    "offers",
    metadata,
    Column("id", Id, primary_key=True),
    Column("from_account", Id, nullable=False, index=True),
    Column("to_account", Id, nullable=False, index=True),
    Column("quantity", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),
    Column("index", BigInteger, nullable=False),
)

_IS_OPEN = text("to_height IS NULL")
_IS_OFFERED = text("to_height IS NULL AND offer IS NOT NULL")

bundles = Table(
    "bundles",
    metadata,
    Column("issuance", Id, primary_key=True),
    Column("first", BigInteger, primary_key=True, autoincrement=False),
    Column("last", BigInteger, nullable=False),
    Column("account", Id, nullable=False),
    Column("state", String(16), nullable=False),
    Column("from_height", BigInteger, primary_key=True, autoincrement=False),
    Column("period_start", BigInteger, nullable=False),
    Column("issued_index", BigInteger, nullable=False),
    Column("offer", Id),
    Column("to_height", BigInteger),
    CheckConstraint('"first" >= 1 AND "first" <= "last"', name="range"),
    Index(
        "uq_bundles_open",
        "issuance",
        "first",
        unique=True,
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    ),
    Index(
        "ix_bundles_held",
        "account",
        "state",
        "period_start",
        "issued_index",
        "first",
        sqlite_where=_IS_OPEN,
        postgresql_where=_IS_OPEN,
    ),
    Index(
        "ix_bundles_offered",
        "offer",
        sqlite_where=_IS_OFFERED,
        postgresql_where=_IS_OFFERED,
    ),
)

"""The log, its projection, and the rows that no replay can rebuild."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

ID = sa.Uuid(as_uuid=False).with_variant(sa.String(length=36), "sqlite")


def upgrade() -> None:
    op.create_table(
        "accounts",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation", ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accounts")),
    )
    op.create_index(op.f("ix_accounts_organisation"), "accounts", ["organisation"], unique=False)
    op.create_table(
        "blocks",
        sa.Column("height", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("first", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("leader", sa.String(length=255), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("checkpoint", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("height", name=op.f("pk_blocks")),
    )
    op.create_table(
        "bundles",
        sa.Column("issuance", ID, nullable=False),
        sa.Column("first", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.Column("account", ID, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("from_height", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("period_start", sa.BigInteger(), nullable=False),
        sa.Column("issued_index", sa.BigInteger(), nullable=False),
        sa.Column("to_height", sa.BigInteger(), nullable=True),
        sa.CheckConstraint('"first" >= 1 AND "first" <= "last"', name=op.f("ck_bundles_range")),
        sa.PrimaryKeyConstraint("issuance", "first", "from_height", name=op.f("pk_bundles")),
    )
    op.create_index(
        "ix_bundles_held",
        "bundles",
        ["account", "period_start", "issued_index", "first"],
        unique=False,
        sqlite_where=sa.text("to_height IS NULL AND state = 'active'"),
        postgresql_where=sa.text("to_height IS NULL AND state = 'active'"),
    )
    op.create_index(
        "uq_bundles_open",
        "bundles",
        ["issuance", "first"],
        unique=True,
        sqlite_where=sa.text("to_height IS NULL"),
        postgresql_where=sa.text("to_height IS NULL"),
    )
    op.create_table(
        "credentials",
        sa.Column("prefix", sa.String(length=16), nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("organisation", ID, nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_credentials")),
    )
    op.create_table(
        "devices",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation", ID, nullable=False),
        sa.Column("domain", sa.String(length=16), nullable=False),
        sa.Column("gsrn", sa.String(length=18), nullable=False),
        sa.Column("energy_source", sa.String(length=9), nullable=False),
        sa.Column("technology", sa.String(length=7), nullable=False),
        sa.Column("capacity_w", sa.BigInteger(), nullable=False),
        sa.Column("commissioned_on", sa.String(length=10), nullable=False),
        sa.Column("attributes", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("is_automatic", sa.Boolean(), nullable=False),
        sa.Column("carried_wh", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("gsrn", name=op.f("uq_devices_gsrn")),
    )
    op.create_index(op.f("ix_devices_organisation"), "devices", ["organisation"], unique=False)
    op.create_table(
        "documents",
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("hash", name=op.f("pk_documents")),
    )
    op.create_table(
        "domains",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("issued", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("code", name=op.f("pk_domains")),
    )
    head = op.create_table(
        "head",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("header_hash", sa.String(length=64), nullable=False),
        sa.Column("time_ms", sa.BigInteger(), nullable=False),
        sa.Column("edge", sa.LargeBinary(), nullable=False),
        sa.CheckConstraint("id = 1", name=op.f("ck_head_single")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_head")),
    )
    op.create_table(
        "issuances",
        sa.Column("id", ID, nullable=False),
        sa.Column("device", ID, nullable=False),
        sa.Column("domain", sa.String(length=16), nullable=False),
        sa.Column("account", ID, nullable=False),
        sa.Column("period_start", sa.BigInteger(), nullable=False),
        sa.Column("period_end", sa.BigInteger(), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("carried_in_wh", sa.BigInteger(), nullable=False),
        sa.Column("carried_out_wh", sa.BigInteger(), nullable=False),
        sa.Column("face_value_wh", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("number_first", sa.String(length=30), nullable=False),
        sa.Column("transfer_until", sa.BigInteger(), nullable=False),
        sa.Column("retire_until", sa.BigInteger(), nullable=False),
        sa.Column("code_lists", sa.String(length=32), nullable=False),
        sa.Column("attributes", sa.String(length=64), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issuances")),
        sa.UniqueConstraint("number_first", name=op.f("uq_issuances_number_first")),
    )
    op.create_index(op.f("ix_issuances_device"), "issuances", ["device"], unique=False)
    op.create_table(
        "leaves",
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("leaf", sa.LargeBinary(), nullable=False),
        sa.Column("operation", ID, nullable=True),
        sa.Column("type", sa.String(length=64), nullable=True),
        sa.Column("by", ID, nullable=True),
        sa.PrimaryKeyConstraint("index", name=op.f("pk_leaves")),
        sa.UniqueConstraint("operation", name=op.f("uq_leaves_operation")),
    )
    op.create_index("ix_leaves_by_index", "leaves", ["by", "index"], unique=False)
    op.create_table(
        "organisations",
        sa.Column("id", ID, nullable=False),
        sa.Column("roles", sa.String(length=100), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("record", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisations")),
    )
    op.create_table(
        "readings",
        sa.Column("device", ID, nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("intervals", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("device", "start", name=op.f("pk_readings")),
    )
    op.create_table(
        "registries",
        sa.Column("origin", sa.String(length=200), nullable=False),
        sa.Column("operator", ID, nullable=False),
        sa.Column("issuing_body", ID, nullable=False),
        sa.Column("log_vkey", sa.Text(), nullable=False),
        sa.Column("authority_set", sa.Text(), nullable=False),
        sa.Column("rules", sa.Integer(), nullable=False),
        sa.Column("schemas", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("origin", name=op.f("pk_registries")),
    )
    op.create_table(
        "replays",
        sa.Column("id", ID, nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("finished_at", sa.BigInteger(), nullable=True),
        sa.Column("report", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_replays")),
    )
    op.create_table(
        "requests",
        sa.Column("issuance", ID, nullable=False),
        sa.Column("device", ID, nullable=False),
        sa.Column("account", ID, nullable=False),
        sa.Column("period_start", sa.BigInteger(), nullable=False),
        sa.Column("period_end", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.PrimaryKeyConstraint("issuance", name=op.f("pk_requests")),
    )
    op.create_index(op.f("ix_requests_device"), "requests", ["device"], unique=False)
    op.create_table(
        "retirements",
        sa.Column("id", ID, nullable=False),
        sa.Column("account", ID, nullable=False),
        sa.Column("usage", sa.String(length=32), nullable=False),
        sa.Column("beneficiary", sa.String(length=64), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("period_start", sa.BigInteger(), nullable=False),
        sa.Column("period_end", sa.BigInteger(), nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_retirements")),
    )
    op.create_index(op.f("ix_retirements_account"), "retirements", ["account"], unique=False)
    op.create_index(
        op.f("ix_retirements_beneficiary"), "retirements", ["beneficiary"], unique=False
    )
    op.create_table(
        "senders",
        sa.Column("account", ID, nullable=False),
        sa.Column("sender", ID, nullable=False),
        sa.Column("is_allowed", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account", "sender", name=op.f("pk_senders")),
    )
    op.create_table(
        "signed",
        sa.Column("authority", sa.String(length=255), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("authority", name=op.f("pk_signed")),
    )
    op.create_table(
        "spans",
        sa.Column("device", ID, nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("energy_wh", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("root", sa.String(length=64), nullable=False),
        sa.Column("gap", sa.String(length=64), nullable=False),
        sa.Column("is_accepted", sa.Boolean(), nullable=False),
        sa.Column("issuance", ID, nullable=True),
        sa.CheckConstraint('"start" < "end" AND energy_wh >= 0', name=op.f("ck_spans_measured")),
        sa.PrimaryKeyConstraint("device", "start", name=op.f("pk_spans")),
    )
    op.create_table(
        "tiles",
        sa.Column("level", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("hashes", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "number", name=op.f("pk_tiles")),
    )
    op.create_table(
        "vault",
        sa.Column("commitment", sa.String(length=64), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("commitment", name=op.f("pk_vault")),
    )

    op.execute(
        head.insert().values(id=1, height=-1, size=0, header_hash="0" * 64, time_ms=0, edge=b"")
    )


def downgrade() -> None:
    op.drop_table("vault")
    op.drop_table("tiles")
    op.drop_table("spans")
    op.drop_table("signed")
    op.drop_table("senders")
    op.drop_index(op.f("ix_retirements_beneficiary"), table_name="retirements")
    op.drop_index(op.f("ix_retirements_account"), table_name="retirements")
    op.drop_table("retirements")
    op.drop_index(op.f("ix_requests_device"), table_name="requests")
    op.drop_table("requests")
    op.drop_table("replays")
    op.drop_table("registries")
    op.drop_table("readings")
    op.drop_table("organisations")
    op.drop_index("ix_leaves_by_index", table_name="leaves")
    op.drop_table("leaves")
    op.drop_index(op.f("ix_issuances_device"), table_name="issuances")
    op.drop_table("issuances")
    op.drop_table("head")
    op.drop_table("domains")
    op.drop_table("documents")
    op.drop_index(op.f("ix_devices_organisation"), table_name="devices")
    op.drop_table("devices")
    op.drop_table("credentials")
    op.drop_index(
        "uq_bundles_open",
        table_name="bundles",
        sqlite_where=sa.text("to_height IS NULL"),
        postgresql_where=sa.text("to_height IS NULL"),
    )
    op.drop_index(
        "ix_bundles_held",
        table_name="bundles",
        sqlite_where=sa.text("to_height IS NULL AND state = 'active'"),
        postgresql_where=sa.text("to_height IS NULL AND state = 'active'"),
    )
    op.drop_table("bundles")
    op.drop_table("blocks")
    op.drop_index(op.f("ix_accounts_organisation"), table_name="accounts")
    op.drop_table("accounts")

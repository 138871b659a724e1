"""What the REST door needs: offers, parties, versions, keys with scopes, refusals and leases."""

import sqlalchemy as sa
from alembic import op

from app.storage.migrations import must_not_be_founded

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

ID = sa.Uuid(as_uuid=False).with_variant(sa.String(length=36), "sqlite")


def upgrade() -> None:
    must_not_be_founded(op.get_bind())
    op.create_table(
        "applications",
        sa.Column("organisation", ID, nullable=False),
        sa.Column("roles", sa.String(length=100), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("record", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("decided_at", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.String(length=64), nullable=True),
        sa.PrimaryKeyConstraint("organisation", name=op.f("pk_applications")),
    )
    op.create_index(
        "ix_applications_state", "applications", ["state", "organisation"], unique=False
    )
    op.create_table(
        "leases",
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("holder", sa.String(length=64), nullable=False),
        sa.Column("token", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_leases")),
    )
    op.create_table(
        "offers",
        sa.Column("id", ID, nullable=False),
        sa.Column("from_account", ID, nullable=False),
        sa.Column("to_account", ID, nullable=False),
        sa.Column("quantity", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
    )
    op.create_index(op.f("ix_offers_from_account"), "offers", ["from_account"], unique=False)
    op.create_index(op.f("ix_offers_to_account"), "offers", ["to_account"], unique=False)
    op.create_table(
        "parties",
        sa.Column("organisation", ID, nullable=False),
        sa.Column("index", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("organisation", "index", name=op.f("pk_parties")),
    )
    op.create_table(
        "refusals",
        sa.Column("id", ID, nullable=False),
        sa.Column("refused_at", sa.BigInteger(), nullable=False),
        sa.Column("organisation", ID, nullable=False),
        sa.Column("request", sa.String(length=64), nullable=False),
        sa.Column("operation", ID, nullable=True),
        sa.Column("type", sa.String(length=64), nullable=True),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(length=64), nullable=False),
        sa.Column("rule", sa.String(length=16), nullable=False),
        sa.Column("pointer", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refusals")),
    )
    op.create_index("ix_refusals_organisation", "refusals", ["organisation", "id"], unique=False)
    op.add_column("bundles", sa.Column("offer", ID, nullable=True))
    op.drop_index(
        op.f("ix_bundles_held"),
        table_name="bundles",
        sqlite_where=sa.text("to_height IS NULL AND state = 'active'"),
    )
    op.create_index(
        "ix_bundles_held",
        "bundles",
        ["account", "state", "period_start", "issued_index", "first"],
        unique=False,
        sqlite_where=sa.text("to_height IS NULL"),
        postgresql_where=sa.text("to_height IS NULL"),
    )
    op.create_index(
        "ix_bundles_offered",
        "bundles",
        ["offer"],
        unique=False,
        sqlite_where=sa.text("to_height IS NULL AND offer IS NOT NULL"),
        postgresql_where=sa.text("to_height IS NULL AND offer IS NOT NULL"),
    )
    op.add_column(
        "credentials", sa.Column("scope", sa.String(length=16), nullable=False, server_default="")
    )
    op.add_column(
        "credentials", sa.Column("label", sa.String(length=64), nullable=False, server_default="")
    )
    op.add_column("credentials", sa.Column("expires_at", sa.BigInteger(), nullable=True))
    op.add_column("credentials", sa.Column("revoked_at", sa.BigInteger(), nullable=True))
    op.create_index(
        op.f("ix_credentials_organisation"), "credentials", ["organisation"], unique=False
    )
    op.add_column(
        "devices", sa.Column("version", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.create_index(op.f("ix_requests_account"), "requests", ["account"], unique=False)
    op.drop_index(op.f("ix_leaves_by_index"), table_name="leaves")


def downgrade() -> None:
    op.create_index(op.f("ix_leaves_by_index"), "leaves", ["by", "index"], unique=False)
    op.drop_index(op.f("ix_requests_account"), table_name="requests")
    op.drop_column("devices", "version")
    op.drop_index(op.f("ix_credentials_organisation"), table_name="credentials")
    op.drop_column("credentials", "revoked_at")
    op.drop_column("credentials", "expires_at")
    op.drop_column("credentials", "label")
    op.drop_column("credentials", "scope")
    op.drop_index(
        "ix_bundles_offered",
        table_name="bundles",
        sqlite_where=sa.text("to_height IS NULL AND offer IS NOT NULL"),
        postgresql_where=sa.text("to_height IS NULL AND offer IS NOT NULL"),
    )
    op.drop_index(
        "ix_bundles_held",
        table_name="bundles",
        sqlite_where=sa.text("to_height IS NULL"),
        postgresql_where=sa.text("to_height IS NULL"),
    )
    op.create_index(
        "ix_bundles_held",
        "bundles",
        ["account", "period_start", "issued_index", "first"],
        unique=False,
        sqlite_where=sa.text("to_height IS NULL AND state = 'active'"),
        postgresql_where=sa.text("to_height IS NULL AND state = 'active'"),
    )
    op.drop_column("bundles", "offer")
    op.drop_index("ix_refusals_organisation", table_name="refusals")
    op.drop_table("refusals")
    op.drop_table("parties")
    op.drop_index(op.f("ix_offers_to_account"), table_name="offers")
    op.drop_index(op.f("ix_offers_from_account"), table_name="offers")
    op.drop_table("offers")
    op.drop_table("leases")
    op.drop_index("ix_applications_state", table_name="applications")
    op.drop_table("applications")

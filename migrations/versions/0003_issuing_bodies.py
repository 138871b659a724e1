"""What issuing bodies need: registrations, persons, endorsements, fuels, meters, files."""

import sqlalchemy as sa
from alembic import op

from app.storage.migrations import must_not_be_founded

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

ID = sa.Uuid(as_uuid=False).with_variant(sa.String(length=36), "sqlite")


def upgrade() -> None:
    must_not_be_founded(op.get_bind())
    op.create_table(
        "endorsements",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation", ID, nullable=False),
        sa.Column("person", ID, nullable=True),
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_endorsements")),
    )
    op.create_index(
        op.f("ix_endorsements_organisation"), "endorsements", ["organisation"], unique=False
    )
    op.create_table(
        "erasures",
        sa.Column("record", sa.String(length=64), nullable=False),
        sa.PrimaryKeyConstraint("record", name=op.f("pk_erasures")),
    )
    op.create_table(
        "files",
        sa.Column("organisation", ID, nullable=False),
        sa.Column("hash", sa.String(length=64), nullable=False),
        sa.Column("layout", sa.String(length=64), nullable=False),
        sa.Column("imported_at", sa.BigInteger(), nullable=False),
        sa.Column("tally", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("organisation", "hash", name=op.f("pk_files")),
    )
    op.create_table(
        "fuel_shares",
        sa.Column("device", ID, nullable=False),
        sa.Column("start", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("end", sa.BigInteger(), nullable=False),
        sa.Column("shares", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("device", "start", name=op.f("pk_fuel_shares")),
    )
    op.create_table(
        "meters",
        sa.Column("layout", sa.String(length=64), nullable=False),
        sa.Column("series", sa.String(length=400), nullable=False),
        sa.Column("device", ID, nullable=False),
        sa.PrimaryKeyConstraint("layout", "series", name=op.f("pk_meters")),
    )
    op.create_index(op.f("ix_meters_device"), "meters", ["device"], unique=False)
    op.create_table(
        "persons",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation", ID, nullable=False),
        sa.Column("record", sa.String(length=64), nullable=False),
        sa.Column("is_active", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_persons")),
    )
    op.create_index(op.f("ix_persons_organisation"), "persons", ["organisation"], unique=False)
    op.create_table(
        "registrations",
        sa.Column("device", ID, nullable=False),
        sa.Column("number", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("organisation", ID, nullable=False),
        sa.Column("energy_source", sa.String(length=9), nullable=False),
        sa.Column("technology", sa.String(length=9), nullable=False),
        sa.Column("capacity_w", sa.BigInteger(), nullable=False),
        sa.Column("commissioned_on", sa.String(length=10), nullable=False),
        sa.Column("attributes", sa.String(length=64), nullable=False),
        sa.Column("support", sa.String(length=16), nullable=False),
        sa.Column("dissemination", sa.String(length=16), nullable=False),
        sa.Column("measurement_body", ID, nullable=False),
        sa.Column("latitude", sa.BigInteger(), nullable=True),
        sa.Column("longitude", sa.BigInteger(), nullable=True),
        sa.Column("subdivision", sa.String(length=6), nullable=False),
        sa.Column("storage_wh", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("valid_from", sa.BigInteger(), nullable=False),
        sa.Column("valid_until", sa.BigInteger(), nullable=False),
        sa.Column("verifier", sa.String(length=36), nullable=False),
        sa.Column("is_taken", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("device", "number", name=op.f("pk_registrations")),
    )
    op.create_index(op.f("ix_registrations_latitude"), "registrations", ["latitude"], unique=False)
    op.create_index(
        op.f("ix_registrations_measurement_body"),
        "registrations",
        ["measurement_body"],
        unique=False,
    )
    op.create_index(
        op.f("ix_registrations_organisation"), "registrations", ["organisation"], unique=False
    )
    op.add_column("applications", sa.Column("asked_as", sa.String(length=64), nullable=True))
    op.add_column("applications", sa.Column("registered_as", sa.String(length=64), nullable=True))
    op.create_index("uq_applications_asked_as", "applications", ["asked_as"], unique=True)
    op.create_index(
        op.f("ix_applications_registered_as"), "applications", ["registered_as"], unique=False
    )
    op.add_column("credentials", sa.Column("person", ID, nullable=True))
    op.add_column(
        "issuances", sa.Column("registration", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column(
        "issuances", sa.Column("withdrawn", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column(
        "organisations", sa.Column("kyc_until", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column(
        "organisations",
        sa.Column("is_suspended", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.add_column(
        "requests", sa.Column("verifier", sa.String(length=36), nullable=False, server_default="")
    )
    op.add_column(
        "requests", sa.Column("is_late", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.add_column(
        "spans", sa.Column("quality", sa.String(length=16), nullable=False, server_default="")
    )
    op.add_column(
        "spans", sa.Column("owed_wh", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.add_column(
        "spans", sa.Column("netted_wh", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.drop_table("devices")
    op.create_table(
        "devices",
        sa.Column("id", ID, nullable=False),
        sa.Column("organisation", ID, nullable=False),
        sa.Column("domain", sa.String(length=16), nullable=False),
        sa.Column("gsrn", sa.String(length=18), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("part_of", ID, nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("automatic_wh", sa.BigInteger(), nullable=False),
        sa.Column("carried_wh", sa.BigInteger(), nullable=False),
        sa.Column("deficit_wh", sa.BigInteger(), nullable=False),
        sa.Column("adjustment_wh", sa.BigInteger(), nullable=False),
        sa.Column("last_issuance", ID, nullable=True),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
    )
    op.create_index(op.f("ix_devices_organisation"), "devices", ["organisation"], unique=False)
    op.create_index(op.f("ix_devices_part_of"), "devices", ["part_of"], unique=False)
    op.create_index(
        "uq_devices_gsrn",
        "devices",
        ["gsrn"],
        unique=True,
        sqlite_where=sa.text("part_of IS NULL"),
        postgresql_where=sa.text("part_of IS NULL"),
    )


def downgrade() -> None:
    must_not_be_founded(op.get_bind())
    op.drop_table("devices")
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
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_devices")),
        sa.UniqueConstraint("gsrn", name=op.f("uq_devices_gsrn")),
    )
    op.create_index(op.f("ix_devices_organisation"), "devices", ["organisation"], unique=False)

    op.drop_column("spans", "netted_wh")
    op.drop_column("spans", "owed_wh")
    op.drop_column("spans", "quality")
    op.drop_column("requests", "is_late")
    op.drop_column("requests", "verifier")
    op.drop_column("organisations", "is_suspended")
    op.drop_column("organisations", "kyc_until")
    op.drop_column("issuances", "withdrawn")
    op.drop_column("issuances", "registration")
    op.drop_column("credentials", "person")
    op.drop_index(op.f("ix_applications_registered_as"), table_name="applications")
    op.drop_index("uq_applications_asked_as", table_name="applications")
    op.drop_column("applications", "registered_as")
    op.drop_column("applications", "asked_as")
    op.drop_index(op.f("ix_registrations_organisation"), table_name="registrations")
    op.drop_index(op.f("ix_registrations_measurement_body"), table_name="registrations")
    op.drop_index(op.f("ix_registrations_latitude"), table_name="registrations")
    op.drop_table("registrations")
    op.drop_index(op.f("ix_persons_organisation"), table_name="persons")
    op.drop_table("persons")
    op.drop_index(op.f("ix_meters_device"), table_name="meters")
    op.drop_table("meters")
    op.drop_table("fuel_shares")
    op.drop_table("files")
    op.drop_table("erasures")
    op.drop_index(op.f("ix_endorsements_organisation"), table_name="endorsements")
    op.drop_table("endorsements")

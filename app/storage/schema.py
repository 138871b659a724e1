"""What all tables share: metadata, names of constraints, and the types of ids and hashes."""

from sqlalchemy import MetaData, String, Uuid

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)

Id = Uuid(as_uuid=False).with_variant(String(36), "sqlite")
"""A lower-case UUID: native where the database has the type, its 36 characters where not."""

Hash = String(64)

"""Migrations applied and checked: the schema is exactly what this version of the code expects."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

import app
from app.storage.engines import Database
from app.storage.tables import metadata


class SchemaError(Exception):
    """The database's schema is not the one that this version of the code expects."""


def alembic_config(database: Database) -> Config:
    """Return Alembic's configuration for a database."""
    config = Config()
    config.set_main_option("script_location", str(_folder()))
    config.attributes["database"] = database
    return config


def _folder() -> Path:
    """Return the revisions' folder: inside the installed package, beside it in a checkout."""
    package = Path(app.__path__[0])
    installed = package / "migrations"
    return installed if installed.is_dir() else package.parent / "migrations"


def upgrade(database: Database) -> None:
    """Bring the schema to the newest revision."""
    command.upgrade(alembic_config(database), "head")


def downgrade(database: Database) -> None:
    """Take every table away."""
    command.downgrade(alembic_config(database), "base")


def check_revision(database: Database) -> None:
    """Refuse a schema of another revision. Raises SchemaError."""
    newest = ScriptDirectory.from_config(alembic_config(database)).get_current_head()
    with database.engine.connect() as connection:
        found = MigrationContext.configure(connection).get_current_revision()
    if found != newest:
        raise SchemaError(
            f"the database is at revision {found or 'none'}, this version expects {newest}: "
            "run `eac init`"
        )


def differences(database: Database) -> list[object]:
    """Return how the tables in the database differ from those in the code."""
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return list(compare_metadata(context, metadata))


def must_not_be_founded(connection: Connection) -> None:
    """Refuse a registry whose genesis names other operations than this version's rules know."""
    if connection.scalar(text("SELECT height FROM head")) >= 0:
        raise SchemaError("the registry was founded before its rules were fixed: found it anew")

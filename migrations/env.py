"""How Alembic reaches the database: through the application's own engine."""

from alembic import context

from app.settings import Settings
from app.storage.engines import Database
from app.storage.tables import metadata


def run() -> None:
    """Run migrations on the database given by the caller, else by the environment."""
    database = context.config.attributes.get("database")
    if database is None:
        database = Database(Settings.from_environ().database_url)
    with database.engine.connect() as connection:
        context.configure(connection=connection, target_metadata=metadata, compare_type=True)
        with context.begin_transaction():
            context.run_migrations()


run()

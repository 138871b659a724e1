"""What the tests of the REST door share: the door itself, and how rows are tampered with."""

from dataclasses import dataclass, field

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Table, update

from app.factory import Registry


@dataclass
class Doors:
    """An application, the replays that it started, and one key for each role."""

    app: Flask
    client: FlaskClient
    registry: Registry
    keys: dict[str, str] = field(default_factory=dict)
    started: list[str] = field(default_factory=list)

    def header(self, role: str) -> dict[str, str]:
        """Return the header that shows the key of a role; none for "none"."""
        return {} if role == "none" else {"Authorization": f"Bearer {self.keys[role]}"}


def flip(data: bytes, at: int) -> bytes:
    """Return bytes with one bit turned."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def alter(registry: Registry, table: Table, values: dict[str, object], **key: object) -> None:
    """Alter a row behind the registry's back."""
    where = [table.c[name] == value for name, value in key.items()]
    with registry.storage.database.engine.begin() as connection:
        assert connection.execute(update(table).where(*where).values(values)).rowcount == 1

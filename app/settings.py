"""Settings: the only reader of the environment; a misspelt EAC_ name refuses to start."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from os import environ
from pathlib import Path
from typing import Self

PREFIX = "EAC_"


class SettingsError(ValueError):
    """An environment that cannot be meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this process runs; each field is read from EAC_<NAME IN CAPITALS>.

    `home` holds the embedded database, `keys` and the high-water mark; `database_url` is an
    SQLAlchemy URL, by default SQLite in `home`; `clock_leap_max_s` is how far the wall clock may
    leap against the monotonic one.
    """

    home: Path = Path("eac-home")
    database_url: str = ""
    keys: Path = Path()
    clock_leap_max_s: int = 300

    @classmethod
    def from_environ(cls, environment: Mapping[str, str] = environ) -> Self:
        """Read the environment. Raises SettingsError."""
        kinds = {field.name: field.type for field in fields(cls)}
        named = {
            name.removeprefix(PREFIX).lower(): value
            for name, value in environment.items()
            if name.startswith(PREFIX)
        }
        if unknown := sorted(named.keys() - kinds.keys()):
            names = ", ".join(PREFIX + name.upper() for name in unknown)
            raise SettingsError(f"unknown settings: {names}")
        return cls.of(home=Path(named.pop("home", "eac-home")), **named)

    def at(self, home: Path) -> Self:
        """Return the same settings for another home, with its own keys and embedded database."""
        url = self.database_url if not self._is_embedded else ""
        return self.of(home=home, database_url=url, clock_leap_max_s=str(self.clock_leap_max_s))

    @property
    def shown_database(self) -> str:
        """The database's URL without a password."""
        before, at, after = self.database_url.rpartition("@")
        scheme, _, user = before.partition("://")
        return f"{scheme}://{user.partition(':')[0]}@{after}" if at else self.database_url

    @property
    def _is_embedded(self) -> bool:
        return self.database_url == _embedded(self.home)

    @classmethod
    def of(
        cls,
        *,
        home: Path,
        database_url: str = "",
        keys: str = "",
        clock_leap_max_s: str = "300",
    ) -> Self:
        """Return settings with what is not said filled in. Raises SettingsError."""
        if not clock_leap_max_s.isascii() or not clock_leap_max_s.isdigit():
            raise SettingsError("EAC_CLOCK_LEAP_MAX_S is a whole number of seconds")
        return cls(
            home=home,
            database_url=database_url or _embedded(home),
            keys=Path(keys) if keys else home / "keys",
            clock_leap_max_s=int(clock_leap_max_s),
        )


def _embedded(home: Path) -> str:
    return f"sqlite:///{home.absolute() / 'registry.db'}"

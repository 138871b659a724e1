"""Settings: the only reader of the environment; a misspelt EAC_ name refuses to start."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from os import environ
from pathlib import Path
from typing import Any, Self

PREFIX = "EAC_"
DIGITS_MAX = 9


class SettingsError(ValueError):
    """An environment that cannot be meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How this process runs; each field is read from EAC_<NAME IN CAPITALS>.

    `home` holds the embedded database, `keys` and the high-water mark; `database_url` is an
    SQLAlchemy URL, by default SQLite in `home`; `clock_leap_max_s` is how far the wall clock may
    leap against the monotonic one. `rate_per_minute` is how many calls each API key may make in
    each web worker, `public_rate_per_minute` how many an address without a valid key; 0 is no
    limit. `trusted_proxies` is how many proxies in front of us write X-Forwarded-For.
    """

    home: Path = Path("eac-home")
    database_url: str = ""
    keys: Path = Path()
    clock_leap_max_s: int = 300
    rate_per_minute: int = 600_000
    public_rate_per_minute: int = 600
    trusted_proxies: int = 0

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
        texts = {name: named.pop(name, "") for name in ("database_url", "keys")}
        numbers: dict[str, Any] = {
            name: _whole(name, text) for name, text in named.items() if name != "home"
        }
        made = cls.of(home=Path(named.get("home", "eac-home")), **texts)
        return replace(made, **numbers)

    @classmethod
    def of(cls, *, home: Path, database_url: str = "", keys: str = "") -> Self:
        """Return settings with what is not said filled in."""
        return cls(
            home=home,
            database_url=database_url or _embedded(home),
            keys=Path(keys) if keys else home / "keys",
        )

    def at(self, home: Path) -> Self:
        """Return the same settings for another home, with its own keys and embedded database."""
        url = _embedded(home) if self._is_embedded else self.database_url
        return replace(self, home=home, database_url=url, keys=home / "keys")

    @property
    def shown_database(self) -> str:
        """The database's URL without a password."""
        before, at, after = self.database_url.rpartition("@")
        scheme, _, user = before.partition("://")
        return f"{scheme}://{user.partition(':')[0]}@{after}" if at else self.database_url

    @property
    def _is_embedded(self) -> bool:
        return self.database_url == _embedded(self.home)


def told(name: str) -> str:
    """Return what whoever started this process told it under a name; empty for nothing."""
    return environ.get(name, "")


def tell_children(name: str, value: str) -> None:
    """Set a variable in the environment of the processes that this one starts from now on."""
    environ[name] = value


def _whole(name: str, text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > DIGITS_MAX:
        unit = " of seconds" if name.endswith("_s") else ""
        raise SettingsError(f"{PREFIX}{name.upper()} is a whole number{unit}")
    return int(text)


def _embedded(home: Path) -> str:
    return f"sqlite:///{home.absolute() / 'registry.db'}"

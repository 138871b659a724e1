"""Databases for tests: made in no time, copied from one that was founded once in a session."""

import os
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from shutil import copytree
from typing import Protocol
from uuid import uuid4

import psycopg
from psycopg import sql

from app.factory import make_storage
from app.settings import Settings
from tests.scenario import founded


class Databases(Protocol):
    """Makes databases of one kind for one session."""

    def empty(self, folder: Path) -> str:
        """Return the URL of a new database without tables."""

    def founded(self, home: Path) -> Settings:
        """Return the settings of a new registry of its own, founded, in a home that is new."""

    def drop(self, url: str) -> None:
        """Take a database away."""


class SqliteDatabases:
    """Files, copied."""

    def __init__(self, folder: Path) -> None:
        self._template = folder / "template"
        self._is_founded = False

    def empty(self, folder: Path) -> str:
        return f"sqlite:///{folder / 'registry.db'}"

    def founded(self, home: Path) -> Settings:
        if not self._is_founded:
            found_template(Settings.of(home=self._template))
            self._is_founded = True
        copytree(self._template, home)
        return Settings.of(home=home)

    def drop(self, url: str) -> None:
        """Leave it to pytest, which removes old folders."""


class PostgresqlDatabases:
    """Databases of one server, copied from a template database."""

    def __init__(self, folder: Path, server_url: str) -> None:
        self._folder = folder
        self._server_url = server_url
        self._prefix = f"eac_{os.getpid()}_{uuid4().hex[:8]}"
        self._numbers = count()
        self._template: str | None = None

    def empty(self, folder: Path) -> str:  # noqa: ARG002 - the server keeps it
        return self._url(self._create("template0"))

    def founded(self, home: Path) -> Settings:
        template = self._founded_template()
        copytree(self._folder / "template", home)
        return Settings.of(home=home, database_url=self._url(self._create(template)))

    def drop(self, url: str) -> None:
        name = psycopg.conninfo.conninfo_to_dict(url)["dbname"]
        self._execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(str(name)))
        )

    def _founded_template(self) -> str:
        if self._template is None:
            name = self._create("template0")
            found_template(
                Settings.of(home=self._folder / "template", database_url=self._url(name))
            )
            self._template = name
        return self._template

    def _create(self, template: str) -> str:
        name = f"{self._prefix}_{next(self._numbers)}"
        self._execute(
            sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY file_copy").format(
                sql.Identifier(name), sql.Identifier(template)
            )
        )
        return name

    def _url(self, name: str) -> str:
        before, after = self._server_url.split("/postgres?", 1)
        return f"{before}/{name}?{after}"

    def _execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self._server_url, autocommit=True) as connection:
            connection.execute(statement)


@dataclass(frozen=True)
class Backend:
    """One kind of database and how it is made."""

    name: str
    databases: Databases


def found_template(settings: Settings) -> None:
    """Found a registry and close it, so that it can be copied."""
    storage = make_storage(settings)
    try:
        storage.prepare()
        founded(settings, storage)
    finally:
        storage.close()

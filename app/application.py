"""The WSGI application: a registry, opened once in each process, behind its doors."""

import atexit
import sqlite3
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from os import getpid
from threading import Lock
from typing import Any

import psycopg
from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app import api
from app.api import door
from app.factory import Registry, make_keys_service, open_registry
from app.http import (
    access,
    answered,
    bodies,
    context,
    headers,
    limits,
    logs,
    metrics,
    problems,
    rate,
    request_id,
    trail,
)
from app.http.context import Context
from app.http.json import OrjsonProvider
from app.layouts.shelf import Shelf
from app.services.applications import Onboarding
from app.services.calendar import windows
from app.services.group import GroupCommit, Record
from app.services.integrity import ReplayJobs, ReplayProcess
from app.services.meters import Meters
from app.services.record import Accepted, Asked, Outcome
from app.settings import Settings
from app.storage.applications import ApplicationRows
from app.storage.files import FileRows
from app.storage.meters import MeterTable
from app.storage.refusals import RefusalRows
from app.storage.replays import ReplayRows

DESCRIPTION = (
    "A registry of energy-attribute certificates whose every operation is sealed and provable. "
    "Energy is in Wh, times are UTC."
)
UNAVAILABLE = (DBAPIError, PoolTimeoutError, psycopg.Error, sqlite3.Error)
"""What says that the database cannot be used now; nothing was recorded then."""


class PerProcess:
    """Opens the registry on first use in each process, so that no connection crosses a fork."""

    def __init__(self, settings: Settings, start_replay: Callable[[str], None]) -> None:
        """Take the settings; nothing is opened yet."""
        self._settings = settings
        self._start_replay = start_replay
        self._lock = Lock()
        self._pid = 0
        self._opened: tuple[ExitStack, Context] | None = None
        self._inherited: tuple[ExitStack, Context] | None = None

    def __call__(self) -> Context:
        """Return this process's context."""
        opened = self._opened
        if opened is not None and self._pid == getpid():
            return opened[1]
        with self._lock:
            if self._opened is None or self._pid != getpid():
                self._inherited = self._opened  # kept: its connections are the parent's to close
                self._opened, self._pid = self._open(), getpid()
            return self._opened[1]

    def close(self) -> None:
        """Close what this process opened."""
        with self._lock:
            if self._opened is not None and self._pid == getpid():
                self._opened[0].close()
            self._opened = None

    def _open(self) -> tuple[ExitStack, Context]:
        stack = ExitStack()
        opened = make_context(
            stack.enter_context(open_registry(self._settings)), start_replay=self._start_replay
        )
        atexit.register(self.close)
        return stack, opened


def make_context(registry: Registry, *, start_replay: Callable[[str], None]) -> Context:
    """Return what doors need of an open registry."""
    storage = registry.storage
    database = storage.database
    return Context(
        storage=storage,
        keys=make_keys_service(storage),
        onboarding=Onboarding(ApplicationRows(database), registry.vault),
        refusals=RefusalRows(database),
        meters=Meters(MeterTable(database)),
        files=FileRows(database),
        layouts=Shelf(registry.settings.home / "layouts"),
        replays=ReplayJobs(ReplayRows(database), start_replay),
        group=GroupCommit(_counted(registry.record), observe=metrics.observe_group),
        vault=registry.vault,
        calendar=windows,
        origin=registry.identity.origin,
        issuing_body=registry.issuing_body,
    )


def _counted(record: Record) -> Record:
    """Return what records and counts by verb what was recorded."""

    def record_and_count(asked: list[Asked]) -> list[Outcome]:
        outcomes = record(asked)
        verbs = Counter(
            item.operation.type
            for item, outcome in zip(asked, outcomes, strict=True)
            if isinstance(outcome, Accepted) and not outcome.is_repeated
        )
        for verb, number in verbs.items():
            metrics.count_operations(verb, number)
        return outcomes

    return record_and_count


class Synchronous(Flask):
    """Flask without asynchronous views, so that nobody asks of every function whether it is one."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function."""
        return func


def create_app(*, settings: Settings, start_replay: Callable[[str], None] | None = None) -> Flask:
    """Return the WSGI application, after checking schema, keys and high-water mark.

    Raises what `open_registry` raises, and AccessError for a view that says not who may call it.
    """
    with open_registry(settings):
        pass
    app = Synchronous("app", static_folder=None)
    app.json = OrjsonProvider(app)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    context.install(app, PerProcess(settings, start_replay or ReplayProcess()))
    answered.install(app, logs.write_line, metrics.count_request)
    request_id.install(app)
    headers.install(app)
    trail.install(app, unavailable=UNAVAILABLE)
    rate.install(app, settings)
    limits.install(app)
    access.install(app)
    bodies.install(app)
    door.install(app, api.DOORS, title="EAC Ledger", description=DESCRIPTION)
    problems.install(app, unavailable=UNAVAILABLE)
    for install in api.PLAIN:
        install(app)
    access.must_be_declared(app)
    return app

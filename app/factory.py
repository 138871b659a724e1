"""The composition root: settings become storage, services and doors."""

import atexit
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from os import getpid
from threading import Lock

from flask import Flask
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app import api
from app.api import door
from app.audit.identity import LogIdentity
from app.http import access, context, headers, limits, problems, request_id
from app.http.context import Context
from app.http.json import OrjsonProvider
from app.ledger.leaves import header_hash
from app.registry.domains import Registry as GenesisFacts
from app.services.calendar import windows
from app.services.clock import ClockGuard
from app.services.credentials import ApiKeys
from app.services.founding import Founding, found, load_keys, make_keys
from app.services.high_water import HighWaterMark
from app.services.integrity import ReplayJobs, ReplayProcess
from app.services.keys import load_or_make_secret
from app.services.record import Asked, Outcome, Recorder
from app.services.seal import Sealer
from app.services.vault import Vault
from app.settings import Settings
from app.storage.credentials import CredentialRows
from app.storage.replays import ReplayRows
from app.storage.storage import Storage

DESCRIPTION = (
    "A registry of energy-attribute certificates whose every operation is sealed and provable. "
    "Energy is in Wh, times are UTC."
)


@dataclass(frozen=True, slots=True)
class Registry:
    """A running registry: everything a door or a command needs."""

    settings: Settings
    storage: Storage
    recorder: Recorder
    mark: HighWaterMark
    vault: Vault
    identity: LogIdentity
    operator: str
    issuing_body: str

    def record(self, asked: list[Asked]) -> list[Outcome]:
        """Record a group, then remember how far it was sealed."""
        outcomes = self.recorder.record(asked)
        self.mark.note(self.recorder.last_sealed)
        return outcomes


def make_storage(settings: Settings) -> Storage:
    """Return the storage of the settings; the folder of an embedded database is made."""
    settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
    return Storage.of(settings.database_url)


def is_founded(storage: Storage) -> bool:
    """Say whether genesis is recorded."""
    with storage.log() as log:
        return log.size() > 0


def make_recorder(settings: Settings, storage: Storage, sealer: Sealer) -> Recorder:
    """Return the gate through which everything is recorded."""
    clock = ClockGuard(leap_max_s=settings.clock_leap_max_s)
    return Recorder(storage=storage, sealer=sealer, calendar=windows, clock=clock)


def make_mark(settings: Settings) -> HighWaterMark:
    """Return the high-water mark, which stands beside the keys and outside the database."""
    return HighWaterMark(settings.home / "high-water.json")


@contextmanager
def open_registry(settings: Settings) -> Iterator[Registry]:
    """Give a registry after checking schema, keys and high-water mark.

    Raises SchemaError, KeyFileError, AuthorityError, BehindError or IdentityError where it must
    not start.
    """
    storage = make_storage(settings)
    mark = make_mark(settings)
    try:
        storage.check()
        sealer = load_keys(settings.keys)
        identity, genesis = _check(storage, sealer, mark)
        registry = Registry(
            settings=settings,
            storage=storage,
            recorder=make_recorder(settings, storage, sealer),
            mark=mark,
            vault=Vault(load_or_make_secret(settings.keys / "vault.key")),
            identity=identity,
            operator=genesis.operator,
            issuing_body=genesis.issuing_body,
        )
        try:
            yield registry
        finally:
            mark.flush()
    finally:
        storage.close()


def _check(
    storage: Storage, sealer: Sealer, mark: HighWaterMark
) -> tuple[LogIdentity, GenesisFacts]:
    seen = mark.read()
    with storage.log() as log:
        identity = LogIdentity.read(next(iter(log.range(0, 1)), b""))
        sealer.check(identity)
        mark.check(log, seen)
        (genesis,) = log.entities(GenesisFacts)
    return identity, genesis


def establish(settings: Settings, founding: Founding) -> tuple[str, bool]:
    """Found a registry unless it is; return the genesis hash and whether it is new.

    Raises AuthorityError, KeyFileError or RefusalError where it cannot be.
    """
    storage = make_storage(settings)
    try:
        storage.prepare()
        is_new = not is_founded(storage)
        if is_new:
            mark = make_mark(settings)
            with storage.log() as log:
                mark.check(log, mark.read())
            sealer = make_keys(settings.keys, founding)
            recorder = make_recorder(settings, storage, sealer)
            found(recorder, sealer, founding)
            mark.note(recorder.last_sealed)
        with storage.log() as log:
            genesis = header_hash(next(iter(log.range(0, 1))))
    finally:
        storage.close()
    return genesis, is_new


def first_keys(settings: Settings) -> dict[str, str]:
    """Issue the first API keys, of operator and issuing body; nobody can read them again."""
    with open_registry(settings) as registry:
        keys = make_keys_service(registry.storage)
        parties = {"operator": registry.operator, "issuing body": registry.issuing_body}
        return {name: keys.issue(organisation) for name, organisation in parties.items()}


def make_keys_service(storage: Storage) -> ApiKeys:
    """Return what issues API keys and knows them again."""
    return ApiKeys(CredentialRows(storage.database))


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
        with self._lock:
            if self._opened is None or self._pid != getpid():
                self._inherited = self._opened  # kept: its connections are the parent's to close
                self._opened = self._open()
                self._pid = getpid()
            return self._opened[1]

    def close(self) -> None:
        """Close what this process opened."""
        with self._lock:
            if self._opened is not None and self._pid == getpid():
                self._opened[0].close()
            self._opened = None

    def _open(self) -> tuple[ExitStack, Context]:
        stack = ExitStack()
        storage = stack.enter_context(open_registry(self._settings)).storage
        atexit.register(self.close)
        return stack, Context(
            storage=storage,
            keys=make_keys_service(storage),
            replays=ReplayJobs(ReplayRows(storage.database), self._start_replay),
        )


def create_app(*, settings: Settings, start_replay: Callable[[str], None] | None = None) -> Flask:
    """Return the WSGI application, after checking schema, keys and high-water mark.

    Raises what `open_registry` raises, and AccessError for a view that says not who may call it.
    """
    with open_registry(settings):
        pass
    app = Flask("app", static_folder=None)
    app.json = OrjsonProvider(app)
    app.config["PROVIDE_AUTOMATIC_OPTIONS"] = False
    context.install(app, PerProcess(settings, start_replay or ReplayProcess()))
    request_id.install(app)
    headers.install(app)
    limits.install(app)
    access.install(app)
    door.install(app, api.DOORS, title="EAC Ledger", description=DESCRIPTION)
    problems.install(app, unavailable=(DBAPIError, PoolTimeoutError))
    access.must_be_declared(app)
    return app

"""The composition root: settings become storage, services and doors."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from os import getpid
from secrets import token_hex
from socket import gethostname

import psycopg
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from app.audit.identity import LogIdentity
from app.ledger.encoding import decode
from app.ledger.leaves import header_hash
from app.registry.domains import Registry as GenesisFacts
from app.registry.operations.genesis import Genesis
from app.services.calendar import windows
from app.services.clock import ClockGuard
from app.services.credentials import ApiKeys
from app.services.founding import Founding, check_rules, found, load_keys, make_keys
from app.services.high_water import HighWaterMark
from app.services.keys import load_or_make_secret
from app.services.leases import Lease, Leases
from app.services.record import Asked, Outcome, Recorder
from app.services.seal import Sealer
from app.services.vault import Vault
from app.settings import Settings
from app.storage.credentials import CredentialRows
from app.storage.leases import LeaseRows
from app.storage.storage import Storage
from app.worker.duties import heartbeat
from app.worker.worker import Pace, Worker

DATABASE_IS_AWAY = (
    OperationalError,
    InterfaceError,
    PoolTimeoutError,
    sqlite3.OperationalError,
    psycopg.OperationalError,
    psycopg.InterfaceError,
)
"""What passes by itself; every other error of a database says that something is wrong in it."""


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

    def heartbeat(self, lease: Lease | None, *, every_s: int) -> int | None:
        """Seal an empty block where one is due, then remember it; return its height."""
        height = self.recorder.heartbeat(lease, every_s=every_s)
        self.mark.note(self.recorder.last_sealed)
        return height


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

    Raises SchemaError, KeyFileError, AuthorityError, BehindError, IdentityError or RulesError
    where it must not start.
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
    check_rules(genesis)
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
        return {
            name: keys.issue(organisation=organisation) for name, organisation in parties.items()
        }


def make_keys_service(storage: Storage) -> ApiKeys:
    """Return what issues API keys and knows them again."""
    return ApiKeys(CredentialRows(storage.database))


def make_worker(registry: Registry, *, pace: Pace | None = None) -> Worker:
    """Return what does by itself all that comes due in a registry."""
    period_s = _heartbeat_s(registry.storage)
    holder = f"{gethostname()[:32]}-{getpid()}-{token_hex(4)}"
    return Worker(
        Leases(LeaseRows(registry.storage.database), holder=holder),
        [heartbeat(partial(registry.heartbeat, every_s=period_s), period_s=period_s)],
        unavailable=DATABASE_IS_AWAY,
        pace=pace,
    )


def _heartbeat_s(storage: Storage) -> int:
    """Return how far apart blocks may be, as genesis says."""
    with storage.log() as log:
        leaf = decode(next(iter(log.range(0, 1))))
    return Genesis.parse(leaf["operation"]).heartbeat_s

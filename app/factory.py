"""The composition root: settings become storage, services and doors."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from app.audit.identity import LogIdentity
from app.registry.domains import Registry as GenesisFacts
from app.services.calendar import windows
from app.services.clock import ClockGuard
from app.services.founding import load_keys
from app.services.high_water import HighWaterMark
from app.services.keys import load_or_make_secret
from app.services.record import Asked, Outcome, Recorder
from app.services.seal import Sealer
from app.services.vault import Vault
from app.settings import Settings
from app.storage.storage import Storage


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
        yield Registry(
            settings=settings,
            storage=storage,
            recorder=make_recorder(settings, storage, sealer),
            mark=mark,
            vault=Vault(load_or_make_secret(settings.keys / "vault.key")),
            identity=identity,
            operator=genesis.operator,
            issuing_body=genesis.issuing_body,
        )
        mark.flush()
    finally:
        storage.close()


def _check(
    storage: Storage, sealer: Sealer, mark: HighWaterMark
) -> tuple[LogIdentity, GenesisFacts]:
    with storage.log() as log:
        identity = LogIdentity.read(next(iter(log.range(0, 1)), b""))
        sealer.check(identity)
        mark.check(log)
        (genesis,) = log.entities(GenesisFacts)
    return identity, genesis

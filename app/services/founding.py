"""Founding a registry: keys, authorities, domains and the genesis operation at leaf 0."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4
from zoneinfo import available_timezones

from app.consensus.authorities import AUTHORITIES_MAX, Authority, AuthorityError, AuthoritySet
from app.consensus.engines import engine_of
from app.ledger.notes import COSIGNATURE, VerifierKey, cosigner_key, is_key_name, log_key
from app.registry.domains import DomainSettings
from app.registry.domains import Registry as GenesisFacts
from app.registry.errors import RefusalError
from app.registry.operations import schema_files, schemas_digest
from app.registry.operations.genesis import RULES, Genesis
from app.services.keys import KeyFileError, load_or_make_signer, load_signer
from app.services.record import Accepted, Asked, Recorder
from app.services.seal import Sealer

LOG_KEY = "log.key"
AUTHORITIES = "authorities"
HEARTBEAT_S = 3600
KEY_DELAY_BLOCKS = 100


class RulesError(Exception):
    """The registry was founded under other rules than this version of the code knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """How a registry begins."""

    origin: str
    engine: str
    authorities: Sequence[str]
    domains: tuple[DomainSettings, ...]
    quorum: int = 0


def make_keys(folder: Path, founding: Founding) -> Sealer:
    """Make, or take up, the key files of a registry. Raises KeyFileError, AuthorityError."""
    names = founding.authorities
    if not is_key_name(founding.origin) or not all(map(is_key_name, names)):
        raise AuthorityError("names of origin and authorities hold no space and no plus")
    if not 1 <= len(set(names)) == len(names) <= AUTHORITIES_MAX:
        raise AuthorityError(f"1 to {AUTHORITIES_MAX} authorities, each with its own name")
    members = tuple(Authority(VerifierKey(name, COSIGNATURE, bytes(32)), 1) for name in names)
    engine_of(AuthoritySet(founding.engine, 0, founding.quorum, 0, members))
    log = load_or_make_signer(folder / LOG_KEY, name=founding.origin)
    authorities = tuple(
        load_or_make_signer(folder / AUTHORITIES / f"{number}.key", name=name)
        for number, name in enumerate(names, 1)
    )
    if log.name != founding.origin or [key.name for key in authorities] != list(names):
        raise KeyFileError(f"{folder} holds keys of another registry")
    return Sealer(log, authorities)


def load_keys(folder: Path) -> Sealer:
    """Return the keys of a registry that was founded here. Raises KeyFileError."""
    paths = sorted((folder / AUTHORITIES).glob("*.key"), key=lambda path: path.stem.zfill(8))
    return Sealer(load_signer(folder / LOG_KEY), tuple(map(load_signer, paths)))


def found(recorder: Recorder, sealer: Sealer, founding: Founding) -> Accepted:
    """Record genesis. Raises AuthorityError or RefusalError where it cannot be."""
    authority_set = AuthoritySet(
        engine=founding.engine,
        from_height=0,
        quorum=founding.quorum,
        work_bits=0,
        authorities=tuple(Authority(cosigner_key(key), 1) for key in sealer.authorities),
    )
    for domain in founding.domains:
        _check_zone(domain)
    AuthoritySet.parse(authority_set.document, log_key=log_key(sealer.log))
    engine_of(authority_set)
    genesis = Genesis(
        id=str(uuid4()),
        origin=founding.origin,
        by=str(uuid4()),
        log_vkey=str(log_key(sealer.log)),
        rules=RULES,
        authority_set=authority_set.document,
        issuing_body=str(uuid4()),
        domains=founding.domains,
        heartbeat_s=HEARTBEAT_S,
        key_delay_blocks=KEY_DELAY_BLOCKS,
        schemas=schemas_digest(schema_files()),
    )
    (outcome,) = recorder.record([Asked(genesis)])
    if isinstance(outcome, RefusalError):
        raise outcome
    return outcome


def check_rules(genesis: GenesisFacts) -> None:
    """Refuse a registry whose genesis names other operations. Raises RulesError."""
    if genesis.schemas != schemas_digest(schema_files()):
        raise RulesError(
            f"{genesis.origin} was founded with other operations than this version knows: "
            "use the version that founded it, or found a new registry"
        )


def _check_zone(domain: DomainSettings) -> None:
    """Refuse a zone that could not be computed in when certificates are issued."""
    if domain.timezone not in available_timezones():
        raise RefusalError("invalid-domain", f"no time zone {domain.timezone}", pointer="/domains")

"""A registry whose heartbeat is short, and what its database says of leases and blocks."""

from dataclasses import dataclass
from uuid import uuid4

from sqlalchemy import select

from app.consensus.authorities import Authority, AuthoritySet
from app.factory import make_recorder, make_storage
from app.ledger.blocks import Block
from app.ledger.notes import cosigner_key, log_key
from app.registry.operations import schema_files, schemas_digest
from app.registry.operations.genesis import RULES, Genesis
from app.services.founding import KEY_DELAY_BLOCKS, make_keys
from app.services.record import Accepted, Asked
from app.services.seal import Sealer
from app.settings import Settings
from app.storage.storage import Storage
from app.storage.tables import leases
from tests.scenario import DOMAIN, FOUNDING, ORIGIN

HEARTBEAT_S = 1


@dataclass(frozen=True)
class Row:
    """A lease as its row holds it."""

    holder: str
    token: int
    expires_at: int


def found_lively(settings: Settings) -> None:
    """Found a registry whose blocks are at most a second apart."""
    storage = make_storage(settings)
    try:
        storage.prepare()
        sealer = make_keys(settings.keys, FOUNDING)
        (outcome,) = make_recorder(settings, storage, sealer).record([Asked(genesis(sealer))])
        assert isinstance(outcome, Accepted)
    finally:
        storage.close()


def genesis(sealer: Sealer) -> Genesis:
    members = tuple(Authority(cosigner_key(key), 1) for key in sealer.authorities)
    return Genesis(
        id=str(uuid4()),
        origin=ORIGIN,
        by=str(uuid4()),
        log_vkey=str(log_key(sealer.log)),
        rules=RULES,
        authority_set=AuthoritySet("poa", 0, 0, 0, members).document,
        issuing_body=str(uuid4()),
        domains=(DOMAIN,),
        heartbeat_s=HEARTBEAT_S,
        key_delay_blocks=KEY_DELAY_BLOCKS,
        schemas=schemas_digest(schema_files()),
    )


def lease_row(storage: Storage, name: str = "worker") -> Row | None:
    query = select(leases.c.holder, leases.c.token, leases.c.expires_at).where(
        leases.c.name == name
    )
    with storage.reading() as connection:
        row = connection.execute(query).first()
    return None if row is None else Row(*row)


def blocks_of(storage: Storage) -> list[Block]:
    with storage.log() as log:
        return log.blocks(after=-1, limit=10_000)

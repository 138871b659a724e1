"""The ENGINES table: every way of vouching that a registry may be configured with."""

from app.consensus.authorities import AuthorityError, AuthoritySet
from app.consensus.engine import Engine
from app.consensus.engines import bft, poa

ENGINES = {engine.name: engine for engine in (poa.ENGINE, bft.ENGINE)}


def engine_of(authority_set: AuthoritySet) -> Engine:
    """Return the set's engine after checking that it can work. Raises AuthorityError."""
    if authority_set.engine not in ENGINES:
        raise AuthorityError(f"no engine is called {authority_set.engine!r}")
    engine = ENGINES[authority_set.engine]
    engine.check(authority_set)
    return engine

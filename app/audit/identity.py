"""Identity: what genesis says a log is, which is all that a walk starts from."""

from dataclasses import dataclass

from app.consensus.authorities import AuthorityError, AuthoritySet
from app.ledger.leaves import LeafError, OperationLeaf, parse_leaf
from app.ledger.notes import LOG_SIGNATURE, NoteError, VerifierKey


class IdentityError(ValueError):
    """A first leaf that gives no keys to check a log with."""


@dataclass(frozen=True, slots=True)
class LogIdentity:
    """A log's origin, its key, and the authority set in force from height 0."""

    origin: str
    log_key: VerifierKey
    authority_set: AuthoritySet

    @classmethod
    def read(cls, leaf: bytes) -> "LogIdentity":
        """Read the genesis leaf. Raises IdentityError."""
        try:
            genesis = parse_leaf(leaf)
        except LeafError as error:
            raise IdentityError(str(error)) from error
        if not isinstance(genesis, OperationLeaf):
            raise IdentityError("a header stands first")
        found = genesis.operation
        if type(found.get("origin")) is not str or type(found.get("log_vkey")) is not str:
            raise IdentityError("it names no origin and key")
        return cls.of(found["origin"], found["log_vkey"], found.get("authority_set"))

    @classmethod
    def of(cls, origin: str, log_vkey: str, document: object) -> "LogIdentity":
        """Check that origin, key and authority set belong together. Raises IdentityError."""
        try:
            log_key = VerifierKey.parse(log_vkey)
        except NoteError as error:
            raise IdentityError(str(error)) from error
        if log_key.name != origin or log_key.kind != LOG_SIGNATURE:
            raise IdentityError("the log's key has another name than its origin")
        if type(document) is not dict:
            raise IdentityError("it has no authority set")
        try:
            authority_set = AuthoritySet.parse(document, log_key=log_key)
        except AuthorityError as error:
            raise IdentityError(str(error)) from error
        if authority_set.from_height:
            raise IdentityError("its authority set is not in force from height 0")
        return cls(origin, log_key, authority_set)

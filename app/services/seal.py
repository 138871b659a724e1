"""Sealing: the log's signature and the local authorities' cosignatures on a checkpoint."""

from collections.abc import Sequence
from dataclasses import dataclass

from app.audit.identity import LogIdentity
from app.consensus.authorities import AuthorityError
from app.consensus.engines import engine_of
from app.ledger.notes import Checkpoint, Note, cosign, cosigner_key, log_key, sign
from app.ledger.signatures import Signer


@dataclass(frozen=True, slots=True)
class Sealer:
    """The keys on this machine: the log's own and those of its local authorities."""

    log: Signer
    authorities: Sequence[Signer]

    def check(self, identity: LogIdentity) -> None:
        """Refuse to work where these keys cannot make a final seal. Raises AuthorityError."""
        authority_set = identity.authority_set
        if log_key(self.log) != identity.log_key:
            raise AuthorityError("the log key on this machine is another log's")
        own = {cosigner_key(signer) for signer in self.authorities}
        names = [member.name for member in authority_set.authorities if member.key in own]
        if not engine_of(authority_set).is_quorum(authority_set, names):
            raise AuthorityError("the keys on this machine do not reach the quorum")

    def seal(self, checkpoint: Checkpoint, *, time_ms: int) -> Note:
        """Return the sealed checkpoint: the log's line first, then the authorities'."""
        lines = [sign(checkpoint, self.log)]
        lines += [cosign(checkpoint, signer, time_s=time_ms // 1000) for signer in self.authorities]
        return Note(str(checkpoint), tuple(lines))

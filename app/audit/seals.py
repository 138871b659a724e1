"""Seals: the log's signature and the authorities' cosignatures on each block's checkpoint."""

from app.audit.findings import Report
from app.consensus.authorities import AuthoritySet
from app.consensus.engines import engine_of
from app.ledger.notes import (
    Checkpoint,
    Note,
    NoteError,
    SignatureLine,
    VerifierKey,
    is_line_of,
    is_line_valid,
)


class Seals:
    """Checks sealed checkpoints under one authority set."""

    def __init__(self, *, log_key: VerifierKey, authority_set: AuthoritySet) -> None:
        """Take the keys that may sign."""
        self._log_key = log_key
        self._set = authority_set
        self._engine = engine_of(authority_set)
        self._keys = (log_key, *(member.key for member in authority_set.authorities))

    def check(
        self, text: str, *, where: str, report: Report, needs_quorum: bool, is_trusted: bool = False
    ) -> Checkpoint | None:
        """Check a sealed checkpoint; return what it says, None where it cannot be read.

        Of a checkpoint that an earlier audit covers (`is_trusted`) no signature is checked again.
        """
        try:
            note = Note.parse(text)
            checkpoint = Checkpoint.parse(note.text)
        except NoteError as error:
            report.add("checkpoint-unreadable", where, str(error))
            return None
        if is_trusted:
            return checkpoint
        signers = self._signers(note, where, report)
        if not is_line_of(note.lines[0], self._log_key):
            report.add("log-signature-invalid", where, "the log's own line does not come first")
        names = [key.name for key in signers]
        if needs_quorum and not self._engine.is_quorum(self._set, names):
            enough = self._engine.quorum(self._set)
            report.add("quorum-missing", where, f"fewer than {enough} authorities cosigned")
        return checkpoint

    def _signers(self, note: Note, where: str, report: Report) -> list[VerifierKey]:
        """Return whose lines are valid; unknown lines are ignored, damaged ones reported."""
        signers: list[VerifierKey] = []
        for line in note.lines:
            key = next((key for key in self._keys if is_line_of(line, key)), None)
            if key is None:
                self._check_unknown(line, where, report)
            elif key in signers:
                report.add("cosignature-repeated", where, f"{key.name} signed twice")
            elif is_line_valid(line, key, note.text):
                signers.append(key)
            elif key == self._log_key:
                report.add("log-signature-invalid", where, "the log's own line fails")
            else:
                report.add("cosignature-invalid", where, f"the line of {key.name} fails")
        return signers

    def _check_unknown(self, line: SignatureLine, where: str, report: Report) -> None:
        """Report a line that half belongs to a known key: a stranger's has neither name nor id."""
        if any(line.name == key.name or line.key_id == key.id for key in self._keys):
            report.add("signature-line-damaged", where, f"a line of {line.name} has another key")

"""The auditor's walk: one pass over a log that checks all it claims and says what it found."""

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256

from app.audit.chain import Chain
from app.audit.files import check_files
from app.audit.findings import Report
from app.audit.identity import IdentityError, LogIdentity
from app.audit.projection import LogRows, Projection, Tables
from app.audit.replay import Replay
from app.audit.seals import Seals
from app.audit.sources import LogSource, NotALogError, SourceError
from app.audit.tree import RebuiltTree
from app.consensus.authorities import AuthorityError
from app.ledger.blocks import Head
from app.ledger.leaves import HeaderLeaf, LeafError, OperationLeaf, parse_leaf
from app.ledger.notes import Checkpoint, Note
from app.registry.issuances import Issuance
from app.registry.state import At

Progress = Callable[[int, int], None]
"""Called with leaves walked and leaves in all."""


@dataclass(frozen=True, slots=True)
class Anchor:
    """What the auditor brought: the genesis hash, or a checkpoint kept from before, or both."""

    genesis: str | None = None
    checkpoint: Checkpoint | None = None

    @property
    def is_set(self) -> bool:
        """Say whether there is anything to compare with."""
        return self.genesis is not None or self.checkpoint is not None


def read_trusted(text: str) -> Checkpoint:
    """Return a kept checkpoint, with or without its signatures. Raises NoteError."""
    body = Note.parse(text).text if "\n\n" in text else text
    return Checkpoint.parse(body)


def audit(
    source: LogSource,
    *,
    anchor: Anchor,
    tables: Tables | None = None,
    progress: Progress = lambda walked, size: None,  # noqa: ARG005 - silent by default
) -> Report:
    """Walk a log from its first leaf to its newest checkpoint; with tables, compare them too.

    Raises NotALogError where there is nothing that could be walked.
    """
    if not source.size():
        raise NotALogError("the log is empty")
    walk = _Walk(source, anchor, tables)
    try:
        walk.run(progress)
    except (IdentityError, AuthorityError) as error:
        walk.report.add("genesis-invalid", "leaf 0", str(error))
    return walk.report


class _Walk:
    def __init__(self, source: LogSource, anchor: Anchor, tables: Tables | None) -> None:
        self._source = source
        self._anchor = anchor
        self._tables = tables
        self.report = Report(anchored=anchor.is_set)
        self._size = source.size()
        self._tree = RebuiltTree(source, self._size)
        self._projection = Projection()
        self._pending: list[tuple[int, OperationLeaf]] = []
        self._last_seal: tuple[int, str] | None = None
        self._rows = LogRows()
        self._is_trusted_met = False

    def run(self, progress: Progress) -> None:
        """Walk every leaf, then look at what only the end can tell."""
        report = self.report
        report.size = self._size
        try:
            for index, leaf in enumerate(self._source.leaves()):
                if index == 0:
                    self._begin(leaf)
                self._take(index, leaf)
                progress(index + 1, self._size)
        except SourceError as error:
            report.add("export-incomplete", error.where, error.detail)
            if not report.origin:
                return
            self._replay.stop()
        self._finish()

    def _begin(self, leaf: bytes) -> None:
        """Read keys and authorities from genesis; without them there is nothing to check with."""
        report = self.report
        report.genesis = sha256(leaf).hexdigest()
        if self._anchor.genesis not in (None, report.genesis):
            report.add("anchor-differs", "leaf 0", "another genesis than the auditor knows")
        identity = LogIdentity.read(leaf)
        report.origin = identity.origin
        self._identity = identity
        self._chain = Chain(origin=identity.origin, authority_set=identity.authority_set)
        self._seals = Seals(log_key=identity.log_key, authority_set=identity.authority_set)
        self._replay = Replay(origin=identity.origin)

    def _take(self, index: int, data: bytes) -> None:
        hashed = self._tree.append(data, index, self.report)
        try:
            leaf = parse_leaf(data)
        except LeafError as error:
            self.report.add("leaf-unreadable", f"leaf {index}", str(error))
            self._replay.stop()
            self._chain.add_operation(hashed)
            return
        if isinstance(leaf, HeaderLeaf):
            self._close_block(index, leaf, data)
        else:
            self._chain.add_operation(hashed)
            self._pending.append((index, leaf))

    def _close_block(self, index: int, header: HeaderLeaf, data: bytes) -> None:
        report = self.report
        height = self._chain.height + 1
        self._chain.close_block(header, data, report)
        self._check_seal(height, index + 1)
        for at, leaf in self._pending:
            parties = self._replay.take(leaf, At(header.time_ms, height, at), report)
            if self._tables is not None:
                self._rows.concern(parties, at)
        if self._tables is not None:
            self._rows.take(self._pending, header, data)
        report.operations += len(self._pending)
        self._pending.clear()
        rows = self._replay.close_block(height, report)
        if rows is not None and self._tables is not None:
            self._projection.take(rows, height)
        report.height = height
        self._check_trusted(index + 1)

    def _check_seal(self, height: int, size: int) -> None:
        report = self.report
        where = f"height {height}"
        try:
            text = self._source.seal(height)
        except SourceError as error:
            report.add("checkpoint-unreadable", error.where, error.detail)
            return
        if text is None:
            report.add("seal-missing", where, "no checkpoint is kept for the block")
            return
        self._last_seal = (height, text)
        checkpoint = self._seals.check(
            text,
            where=where,
            report=report,
            needs_quorum=size == self._size,
            is_trusted=self._is_trusted(size),
        )
        if checkpoint is None:
            return
        if (checkpoint.origin, checkpoint.size) != (report.origin, size):
            report.add("checkpoint-differs", where, "another origin or size than the block's")
            return
        self._tree.check_root(checkpoint.root, where, report)

    def _is_trusted(self, size: int) -> bool:
        """Say whether signatures up to a size were checked in an earlier audit."""
        trusted = self._anchor.checkpoint
        return trusted is not None and size < trusted.size

    def _check_trusted(self, size: int) -> None:
        trusted = self._anchor.checkpoint
        if trusted is None or trusted.size != size:
            return
        self._is_trusted_met = True
        if (trusted.origin, trusted.root) != (self.report.origin, self._tree.root):
            self.report.add(
                "anchor-differs", f"size {size}", "another log than the auditor has seen"
            )

    def _finish(self) -> None:
        report = self.report
        self._tree.finish(report)
        report.root = self._tree.root.hex()
        if self._pending or self._chain.is_open:
            report.add("block-open", f"leaf {self._size - 1}", "no header closes the last leaves")
        self._check_newest()
        self._check_cut()
        trusted = self._anchor.checkpoint
        if trusted is not None and trusted.size > self._size:
            report.add("anchor-differs", f"size {self._size}", "shorter than the auditor has seen")
        elif trusted is not None and not self._is_trusted_met:
            report.add("anchor-differs", f"size {trusted.size}", "no block ends where it was seen")
        report.certificates = self._replay.check_conservation(report)
        report.is_replayed = not self._replay.is_stopped
        if report.is_replayed:
            self._compare()

    def _compare(self) -> None:
        """Compare what the log gives with files and tables."""
        state = self._replay.state
        self.report.issued = sum(item.quantity for item in state.all(Issuance))
        check_files(
            self._source,
            state=state,
            log_key=self._identity.log_key,
            authority_set=self._identity.authority_set,
            report=self.report,
        )
        if self._tables is not None:
            self._projection.compare(self._tables, self.report)
            chain = self._chain
            size = self._tree.size
            head = Head(chain.height, size, chain.previous, chain.time_ms, self._tree.edge)
            self._rows.compare(self._tables, head, self.report)

    def _check_cut(self) -> None:
        """Report a seal that stands behind the last block: the log was longer once."""
        height = self._chain.height + 1
        try:
            found = self._source.seal(height)
        except SourceError:
            return
        if found is not None:
            self.report.add("checkpoint-differs", f"height {height}", "its block is not here")

    def _check_newest(self) -> None:
        """Check that the newest checkpoint is the last block's seal."""
        report = self.report
        try:
            newest = self._source.checkpoint()
        except SourceError as error:
            report.add("checkpoint-unreadable", error.where, error.detail)
            return
        if self._last_seal is None or self._last_seal[1] == newest:
            return
        found = self._seals.check(newest, where="checkpoint", report=report, needs_quorum=True)
        expected = Checkpoint(report.origin, self._size, self._tree.root)
        if found is not None and found != expected:
            report.add("checkpoint-differs", "checkpoint", "not about the last block")

"""What an export keeps beside the log: schemas, policies, attribute documents and readings."""

import itertools
from collections.abc import Iterator
from hashlib import sha256

from app.audit.findings import Report
from app.audit.sources import LogSource, SourceError
from app.consensus.authorities import AuthoritySet
from app.consensus.engines import engine_of
from app.ledger.encoding import EncodingError, decode, encode
from app.ledger.merkle import leaf_hash, root
from app.ledger.notes import VerifierKey
from app.ledger.times import TimeError, parse_time
from app.registry.devices import Device, Registration
from app.registry.measurements import Span
from app.registry.operations import OPERATIONS, schemas_digest
from app.registry.operations.genesis import RULES
from app.registry.state import State


def policy_text(*, log_key: VerifierKey, authority_set: AuthoritySet) -> str:
    """Return the C2SP tlog-policy of a set: its quorum of authorities under the log's key."""
    names = [member.name for member in authority_set.authorities]
    quorum = engine_of(authority_set).quorum(authority_set)
    lines = [
        f"log {log_key}",
        *(f"witness {member.name} {member.key}" for member in authority_set.authorities),
        f"group authorities {quorum} {' '.join(names)}",
        "quorum authorities",
    ]
    return "\n".join(lines) + "\n"


def check_files(
    source: LogSource,
    *,
    state: State,
    log_key: VerifierKey,
    authority_set: AuthoritySet,
    report: Report,
) -> None:
    """Check every file that the log commits to, or that follows from it."""
    if source.has_files:
        _check_schemas(source, state.registry.schemas, report)
        _check_policy(source, log_key, authority_set, report)
    for digest in sorted({item.attributes for item in state.all(Registration)}):
        _check_document(source, digest, report)
    for device in sorted(device.id for device in state.all(Device)):
        _check_readings(source, device, state, report)


def _check_schemas(source: LogSource, digest: str, report: Report) -> None:
    names = [f"{verb}.{RULES}.json" for verb in OPERATIONS]
    try:
        schemas = {name: source.schema(name) for name in names}
    except SourceError as error:
        report.add("export-incomplete", error.where, error.detail)
        return
    if schemas_digest(schemas) != digest:
        report.add("schema-differs", "schema/", "together they are not what genesis names")


def _check_policy(
    source: LogSource, log_key: VerifierKey, authority_set: AuthoritySet, report: Report
) -> None:
    expected = policy_text(log_key=log_key, authority_set=authority_set).encode()
    where = f"policy/{authority_set.from_height}"
    try:
        found = source.policy(authority_set.from_height)
    except SourceError as error:
        report.add("export-incomplete", error.where, error.detail)
        return
    if found != expected:
        report.add("policy-differs", where, "not the policy of the set in force")


def _check_document(source: LogSource, digest: str, report: Report) -> None:
    try:
        document = source.document(digest)
    except SourceError as error:
        report.add("export-incomplete", error.where, error.detail)
        return
    if document is not None and sha256(document).hexdigest() != digest:
        report.add("document-differs", f"attributes/{digest}.json", "its hash is another")


def _check_readings(source: LogSource, device: str, state: State, report: Report) -> None:
    spans = [span for span in state.timeline(device) if not span.gap]
    where = f"readings/{device}.jsonl"
    try:
        lines = list(source.readings(device))
    except SourceError as error:
        report.add("export-incomplete", error.where, error.detail)
        return
    if not lines:
        return
    if len(lines) != len(spans):
        report.add("readings-differ", where, f"{len(lines)} lines for {len(spans)} spans")
        return
    for number, (line, span) in enumerate(zip(lines, spans, strict=True), 1):
        if not _gives(line, span):
            report.add("readings-differ", f"{where}:{number}", "not the span on the log")


def _gives(line: bytes, span: Span) -> bool:
    """Say whether a day's interval leaves give the span: root, count, energy, and its bounds."""
    try:
        leaves = decode(line)
        intervals = list(_intervals(leaves))
    except (EncodingError, TimeError, TypeError, ValueError):
        return False
    energy_wh = sum(wh for _, _, wh in intervals)
    ordered = all(start < end for start, end, _ in intervals) and all(
        before[1] <= after[0] for before, after in itertools.pairwise(intervals)
    )
    inside = bool(intervals) and span.start <= intervals[0][0] and intervals[-1][1] <= span.end
    return (
        ordered
        and inside
        and (len(intervals), energy_wh) == (span.count, span.energy_wh)
        and root(leaf_hash(encode(leaf)) for leaf in leaves).hex() == span.root
    )


def _intervals(leaves: list[list[object]]) -> Iterator[tuple[int, int, int]]:
    for start, end, energy_wh in leaves:
        if type(start) is not str or type(end) is not str or type(energy_wh) is not int:
            raise TypeError("an interval is two times and an energy")
        yield parse_time(start), parse_time(end), energy_wh

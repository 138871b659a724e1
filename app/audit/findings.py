"""Findings: what an audit reports, each with a permanent code and the place it is about."""

from dataclasses import dataclass, field
from typing import Any

FINDINGS: dict[str, str] = {
    "export-incomplete": "a file that the log must have is missing or cannot be read",
    "leaf-unreadable": "a leaf is not canonical or of unknown kind or version",
    "leaf-altered": "a leaf is not the one that was sealed",
    "tile-differs": "a hash tile does not agree with the leaves",
    "root-differs": "a checkpoint's root is not the one that the leaves give",
    "header-broken": "a block header does not continue the chain",
    "block-open": "leaves after the last header belong to no block",
    "checkpoint-unreadable": "a checkpoint or its signatures cannot be read",
    "checkpoint-differs": "a checkpoint is not about the block it stands for",
    "log-signature-invalid": "the log's own signature is missing or fails",
    "cosignature-invalid": "an authority's cosignature fails",
    "cosignature-repeated": "an authority signed one checkpoint twice",
    "signature-line-damaged": "a signature line has a known name or key, but not both",
    "quorum-missing": "fewer authorities cosigned than the engine asks for",
    "seal-missing": "a block has no seal",
    "genesis-invalid": "the first leaf is no genesis of this log",
    "operation-repeated": "an operation id stands twice on the log",
    "operation-refused": "the rules refuse an operation that the log holds",
    "change-differs": "a leaf's change is not what the rules compute",
    "follow-missing": "an operation that had to follow does not",
    "follow-unasked": "an operation stands on the log without its cause",
    "conservation-broken": "an issuance's ranges are not disjoint and complete",
    "schema-differs": "an operation schema is not the one that genesis names",
    "policy-differs": "the policy is not the one of the authority set",
    "document-differs": "an attribute document does not have its hash",
    "readings-differ": "readings do not give the span that is on the log",
    "table-differs": "a row of the database is not what the log gives",
    "anchor-differs": "the log is not the one that the auditor knows",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding: its code, where (a leaf, height, path or row) and what was seen."""

    code: str
    where: str
    detail: str

    def __post_init__(self) -> None:
        if self.code not in FINDINGS:
            raise KeyError(self.code)


@dataclass(slots=True)
class Report:
    """What a walk found; `anchored` says whether the auditor brought something to compare with."""

    origin: str = ""
    genesis: str = ""
    size: int = 0
    height: int = -1
    root: str = ""
    operations: int = 0
    certificates: dict[str, int] = field(default_factory=dict)
    issued: int = 0
    anchored: bool = False
    is_replayed: bool = False
    findings: list[Finding] = field(default_factory=list)

    @property
    def is_sound(self) -> bool:
        """Say whether nothing was found."""
        return not self.findings

    @property
    def verdict(self) -> str:
        """The verdict in words; without an anchor it claims no more than it can."""
        if self.findings:
            return f"{len(self.findings)} findings"
        return "sound" if self.anchored else "self-consistent, not anchored"

    def add(self, code: str, where: str, detail: str) -> None:
        """Report a finding."""
        self.findings.append(Finding(code, where, detail))

    @property
    def plain(self) -> dict[str, Any]:
        """The report for machines."""
        return {
            "ok": self.is_sound,
            "anchored": self.anchored,
            "verdict": self.verdict,
            "origin": self.origin,
            "genesis": self.genesis,
            "size": self.size,
            "height": self.height,
            "root": self.root,
            "operations": self.operations,
            "issued": self.issued,
            "certificates": self.certificates,
            "replayed": self.is_replayed,
            "findings": [
                {"code": item.code, "where": item.where, "detail": item.detail}
                for item in self.findings
            ],
        }

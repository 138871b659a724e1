"""AuthoritySet: who may seal, with what weight, from which height; a document on the log."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from app.ledger.encoding import encode
from app.ledger.notes import COSIGNATURE, NoteError, VerifierKey

AUTHORITIES_MAX = 15

_SET = {"engine", "from_height", "quorum", "work_bits", "authorities"}
_AUTHORITY = {"name", "vkey", "weight"}


class AuthorityError(ValueError):
    """An authority set that cannot be in force."""


@dataclass(frozen=True, slots=True)
class Authority:
    """One that may seal: its cosigning key, whose name is its own, and its weight."""

    key: VerifierKey
    weight: int

    @property
    def name(self) -> str:
        """The name in signature lines and headers."""
        return self.key.name


@dataclass(frozen=True, slots=True)
class AuthoritySet:
    """The document that genesis or a passed vote puts in force."""

    engine: str
    from_height: int
    quorum: int
    work_bits: int
    authorities: tuple[Authority, ...]

    @property
    def document(self) -> dict[str, Any]:
        """The set as it stands on the log."""
        return {
            "engine": self.engine,
            "from_height": self.from_height,
            "quorum": self.quorum,
            "work_bits": self.work_bits,
            "authorities": [
                {"name": member.name, "vkey": str(member.key), "weight": member.weight}
                for member in self.authorities
            ],
        }

    @property
    def digest(self) -> str:
        """The hex SHA-256 of the document's canonical bytes, as headers name it."""
        return sha256(encode(self.document)).hexdigest()

    @classmethod
    def parse(cls, document: Mapping[str, Any], *, log_key: VerifierKey) -> "AuthoritySet":
        """Read a document; names and keys unique, none the log's own. Raises AuthorityError."""
        if (
            document.keys() != _SET
            or type(document["engine"]) is not str
            or type(document["authorities"]) is not list
        ):
            raise AuthorityError("an authority set has exactly " + ", ".join(sorted(_SET)))
        numbers = (document["from_height"], document["quorum"], document["work_bits"])
        if any(type(number) is not int or number < 0 for number in numbers):
            raise AuthorityError("heights, quorum and work are whole numbers")
        members = tuple(_parse_authority(member) for member in document["authorities"])
        if not 1 <= len(members) <= AUTHORITIES_MAX:
            raise AuthorityError(f"a set has 1 to {AUTHORITIES_MAX} authorities")
        _check_distinct(members, log_key)
        return cls(document["engine"], *numbers, members)


def _parse_authority(member: Any) -> Authority:  # noqa: ANN401 - its shape is in question
    if type(member) is not dict or member.keys() != _AUTHORITY:
        raise AuthorityError("an authority has exactly name, vkey and weight")
    if type(member["weight"]) is not int or member["weight"] < 1:
        raise AuthorityError("a weight is a whole number of at least 1")
    try:
        key = VerifierKey.parse(member["vkey"])
    except (NoteError, AttributeError) as error:
        raise AuthorityError("an authority's vkey cannot be read") from error
    if key.kind != COSIGNATURE or key.name != member["name"]:
        raise AuthorityError("an authority's vkey is a cosigning key under its own name")
    return Authority(key, member["weight"])


def _check_distinct(members: tuple[Authority, ...], log_key: VerifierKey) -> None:
    """Refuse one key under two names: cosignatures do not cover names, so it would count twice."""
    names = {member.name for member in members} | {log_key.name}
    keys = {member.key.public_key for member in members} | {log_key.public_key}
    if len(names) <= len(members) or len(keys) <= len(members):
        raise AuthorityError("names and keys are unique, and none is the log's")

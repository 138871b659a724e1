"""The two kinds of leaf: an operation with what it changed, and the header that closes a block."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from re import compile as pattern
from typing import Any

from app.ledger.encoding import EncodingError, decode, encode
from app.ledger.times import TimeError, format_time, parse_time

LEAF_BYTES_MAX = 16_384
NO_HASH = "0" * 64

_HASH = pattern("[0-9a-f]{64}")

_OPERATION = {"kind", "v", "operation"}
_OPERATION_OPTIONAL = {"change", "cause", "signature"}
_HEADER = {
    "kind",
    "v",
    "origin",
    "height",
    "previous",
    "first",
    "count",
    "operations_root",
    "authorities",
    "leader",
    "time",
}
_CHANGE = {"issuance": str, "first": int, "last": int, "from": str, "to": str}


class LeafError(ValueError):
    """Bytes that are no leaf of this format."""


@dataclass(frozen=True, slots=True)
class OperationLeaf:
    """What was asked, what it changed, and what caused it (absent: asked for directly)."""

    operation: Mapping[str, Any]
    change: Sequence[Mapping[str, Any]] = ()
    cause: str | None = None

    def encode(self) -> bytes:
        """Return the leaf's canonical bytes. Raises LeafError where they are over 16 KiB."""
        value: dict[str, Any] = {"kind": "operation", "v": 1, "operation": self.operation}
        if self.change:
            value["change"] = self.change
        if self.cause is not None:
            value["cause"] = self.cause
        return _limited(value)


@dataclass(frozen=True, slots=True)
class HeaderLeaf:
    """The last leaf of a block: what it holds and which block it extends."""

    origin: str
    height: int
    previous: str
    first: int
    count: int
    operations_root: bytes
    authorities: str
    leader: str
    time_ms: int

    @property
    def index(self) -> int:
        """The leaf index of this header."""
        return self.first + self.count

    def encode(self) -> bytes:
        """Return the leaf's canonical bytes."""
        return _limited(
            {
                "kind": "block",
                "v": 1,
                "origin": self.origin,
                "height": self.height,
                "previous": self.previous,
                "first": self.first,
                "count": self.count,
                "operations_root": self.operations_root.hex(),
                "authorities": self.authorities,
                "leader": self.leader,
                "time": format_time(self.time_ms),
            }
        )


def header_hash(data: bytes) -> str:
    """Return the hex SHA-256 of a leaf's bytes, by which blocks and genesis are named."""
    return sha256(data).hexdigest()


def parse_leaf(data: bytes) -> OperationLeaf | HeaderLeaf:
    """Read a leaf: canonical, of known kind and version. Raises LeafError."""
    if len(data) > LEAF_BYTES_MAX:
        raise LeafError(f"more than {LEAF_BYTES_MAX} bytes")
    try:
        value = decode(data)
    except EncodingError as error:
        raise LeafError(str(error)) from error
    if type(value) is not dict or value.get("v") != 1 or value.get("v") is True:
        raise LeafError("unknown version")
    if value.get("kind") == "operation":
        return _parse_operation(value)
    if value.get("kind") == "block":
        return _parse_header(value)
    raise LeafError("unknown kind")


def _limited(value: Mapping[str, Any]) -> bytes:
    data = encode(value)
    if len(data) > LEAF_BYTES_MAX:
        raise LeafError(f"more than {LEAF_BYTES_MAX} bytes")
    return data


def _parse_operation(value: dict[str, Any]) -> OperationLeaf:
    if not _OPERATION <= value.keys() <= _OPERATION | _OPERATION_OPTIONAL:
        raise LeafError("unknown or missing members")
    if "signature" in value:
        raise LeafError("owners' signatures are not known to rules version 1")
    operation, change, cause = value["operation"], value.get("change", []), value.get("cause")
    if type(operation) is not dict or type(change) is not list:
        raise LeafError("members of a wrong type")
    if ("change" in value and not change) or ("cause" in value and type(cause) is not str):
        raise LeafError("members of a wrong type")
    if not all(_is_change(row) for row in change):
        raise LeafError("a change row has issuance, first, last, from and to")
    return OperationLeaf(operation, tuple(change), cause)


def _is_change(row: object) -> bool:
    if type(row) is not dict or row.keys() != _CHANGE.keys():
        return False
    return all(type(row[name]) is kind for name, kind in _CHANGE.items())


def _parse_header(value: dict[str, Any]) -> HeaderLeaf:
    if value.keys() != _HEADER:
        raise LeafError("unknown or missing members")
    numbers = value["height"], value["first"], value["count"]
    if any(type(number) is not int or number < 0 for number in numbers):
        raise LeafError("a block counts in whole numbers")
    if any(type(value[name]) is not str for name in ("origin", "leader", "time")):
        raise LeafError("members of a wrong type")
    for name in ("previous", "operations_root", "authorities"):
        if type(value[name]) is not str or not _HASH.fullmatch(value[name]):
            raise LeafError("a hash is 64 hexadecimal digits")
    try:
        time_ms = parse_time(value["time"])
    except TimeError as error:
        raise LeafError(str(error)) from error
    return HeaderLeaf(
        origin=value["origin"],
        height=value["height"],
        previous=value["previous"],
        first=value["first"],
        count=value["count"],
        operations_root=bytes.fromhex(value["operations_root"]),
        authorities=value["authorities"],
        leader=value["leader"],
        time_ms=time_ms,
    )

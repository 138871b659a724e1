"""Leaves: operations and block headers, written and read, and everything that is neither."""

from hashlib import sha256
from typing import Any

import pytest

from app.ledger.encoding import EncodingError, encode
from app.ledger.leaves import (
    LEAF_BYTES_MAX,
    NO_HASH,
    HeaderLeaf,
    LeafError,
    OperationLeaf,
    header_hash,
    parse_leaf,
)
from app.ledger.merkle import EMPTY_ROOT
from app.ledger.times import TimeError

CHANGE = {"issuance": "i1", "first": 1, "last": 9, "from": "a/active", "to": "b/active"}
OPERATION = {"id": "o1", "type": "transfer"}
HEADER = HeaderLeaf(
    origin="registry.example/eac",
    height=3,
    previous="ab" * 32,
    first=7,
    count=2,
    operations_root=bytes(range(32)),
    authorities="cd" * 32,
    leader="authority1.example",
    time_ms=1_795_348_800_000,
)


def operation_value(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - of any type, on purpose
    value = {"kind": "operation", "v": 1, "operation": OPERATION, "change": [CHANGE]}
    return value | members


def header_value(**members: Any) -> dict[str, Any]:  # noqa: ANN401 - of any type, on purpose
    value = {
        "kind": "block",
        "v": 1,
        "origin": "registry.example/eac",
        "height": 3,
        "previous": "ab" * 32,
        "first": 7,
        "count": 2,
        "operations_root": bytes(range(32)).hex(),
        "authorities": "cd" * 32,
        "leader": "authority1.example",
        "time": "2026-11-22T12:00:00.000Z",
    }
    return value | members


def without(value: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: item for key, item in value.items() if key != name}


def test_an_operation_that_moves_something_is_read_as_it_is_written() -> None:
    leaf = OperationLeaf(OPERATION, (CHANGE,), "o0")

    data = leaf.encode()

    assert data == encode(operation_value(cause="o0"))
    assert parse_leaf(data) == leaf


def test_an_operation_that_moves_nothing_has_neither_change_nor_cause() -> None:
    leaf = OperationLeaf(OPERATION)

    data = leaf.encode()

    assert data == b'{"kind":"operation","operation":{"id":"o1","type":"transfer"},"v":1}'
    read = parse_leaf(data)
    assert isinstance(read, OperationLeaf)
    assert (read.operation, list(read.change), read.cause) == (OPERATION, [], None)
    assert read.encode() == data


def test_a_header_is_read_as_it_is_written() -> None:
    data = HEADER.encode()

    assert data == encode(header_value())
    assert parse_leaf(data) == HEADER


def test_the_first_block_may_count_from_nothing() -> None:
    header = HeaderLeaf("o", 0, NO_HASH, 0, 0, EMPTY_ROOT, "cd" * 32, "a", 0)

    assert parse_leaf(header.encode()) == header


def test_a_header_stands_behind_the_operations_of_its_block() -> None:
    assert HEADER.index == 9


def test_a_block_is_named_by_the_hash_of_its_header_without_the_leaf_prefix() -> None:
    data = HEADER.encode()

    assert header_hash(data) == sha256(data).hexdigest()
    assert len(NO_HASH) == len(header_hash(data))
    assert int(NO_HASH, 16) == 0


def test_a_header_of_a_time_without_a_spelling_is_not_written() -> None:
    header = HeaderLeaf("o", 0, NO_HASH, 0, 0, bytes(32), NO_HASH, "a", -1)

    with pytest.raises(TimeError):
        header.encode()


def test_what_is_outside_the_profile_is_not_written() -> None:
    with pytest.raises(EncodingError):
        OperationLeaf({"energy_wh": 1.5}).encode()


def test_a_leaf_of_16_384_bytes_is_written_and_read_and_one_byte_more_is_not() -> None:
    room = LEAF_BYTES_MAX - len(OperationLeaf({"id": ""}).encode())
    greatest = OperationLeaf({"id": "x" * room})
    over = OperationLeaf({"id": "x" * (room + 1)})

    data = greatest.encode()

    assert len(data) == LEAF_BYTES_MAX == 16_384
    assert parse_leaf(data) == greatest
    with pytest.raises(LeafError, match="more than 16384 bytes"):
        over.encode()
    with pytest.raises(LeafError, match="more than 16384 bytes"):
        parse_leaf(data.replace(b"x", b"xx", 1))


NEITHER = {
    "no JSON": (b"one", "not JSON"),
    "not canonical": (b'{"v":1,"kind":"operation"}', "not canonical"),
    "null": (b'{"cause":null}', "has no canonical form"),
    "a list": (b"[]", "unknown version"),
    "a word": (b'"operation"', "unknown version"),
    "no version": (encode(without(operation_value(), "v")), "unknown version"),
    "version 0": (encode(operation_value(v=0)), "unknown version"),
    "version 2": (encode(operation_value(v=2)), "unknown version"),
    "a true version": (encode(operation_value(v=True)), "unknown version"),
    "a version in words": (encode(header_value(v="1")), "unknown version"),
    "no kind": (encode(without(operation_value(), "kind")), "unknown kind"),
    "another kind": (encode(operation_value(kind="checkpoint")), "unknown kind"),
    "a kind that is a list": (encode(operation_value(kind=["block"])), "unknown kind"),
}


@pytest.mark.parametrize(("data", "reason"), NEITHER.values(), ids=NEITHER)
def test_what_is_neither_operation_nor_header_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(LeafError, match=reason):
        parse_leaf(data)


MEMBERS = "unknown or missing members"
WRONG_TYPE = "members of a wrong type"
CHANGE_ROW = "a change row has issuance, first, last, from and to"
ODD_OPERATIONS = {
    "an unknown member": (operation_value(note="more"), MEMBERS),
    "no operation": (without(operation_value(), "operation"), MEMBERS),
    "a signature": (operation_value(signature={"jws": "a..b"}), "owners' signatures"),
    "a signature beside all else": (
        operation_value(cause="o0", signature={"jws": "a..b"}),
        "owners' signatures",
    ),
    "an operation that is a word": (operation_value(operation="transfer"), WRONG_TYPE),
    "an operation that is a list": (operation_value(operation=[]), WRONG_TYPE),
    "a change that is one row": (operation_value(change=CHANGE), WRONG_TYPE),
    "a change that is empty": (operation_value(change=[]), WRONG_TYPE),
    "a cause that is a number": (operation_value(cause=0), WRONG_TYPE),
    "a cause that is false": (operation_value(cause=False), WRONG_TYPE),
    "a row that is a word": (operation_value(change=["i1"]), CHANGE_ROW),
    "a row with a member more": (operation_value(change=[CHANGE | {"more": 1}]), CHANGE_ROW),
    "a row with a member less": (operation_value(change=[without(CHANGE, "to")]), CHANGE_ROW),
    "a bool for first": (operation_value(change=[CHANGE | {"first": True}]), CHANGE_ROW),
    "a bool for last": (operation_value(change=[CHANGE | {"last": True}]), CHANGE_ROW),
    "a word for first": (operation_value(change=[CHANGE | {"first": "1"}]), CHANGE_ROW),
    "a number for issuance": (operation_value(change=[CHANGE | {"issuance": 1}]), CHANGE_ROW),
    "a number for from": (operation_value(change=[CHANGE | {"from": 1}]), CHANGE_ROW),
    "a number for to": (operation_value(change=[CHANGE | {"to": 1}]), CHANGE_ROW),
    "a second row that is none": (operation_value(change=[CHANGE, {}]), CHANGE_ROW),
}


@pytest.mark.parametrize(("value", "reason"), ODD_OPERATIONS.values(), ids=ODD_OPERATIONS)
def test_an_odd_operation_is_refused(value: dict[str, Any], reason: str) -> None:
    data = encode(value)

    with pytest.raises(LeafError, match=reason):
        parse_leaf(data)


WHOLE = "a block counts in whole numbers"
DIGITS = "a hash is 64 hexadecimal digits"
ROOT = bytes(range(32)).hex()
ODD_HEADERS = {
    "an unknown member": (header_value(extra=1), MEMBERS),
    "a nonce, for which no engine asks": (header_value(nonce="0"), MEMBERS),
    **{
        f"no {name}": (without(header_value(), name), MEMBERS)
        for name in header_value()
        if name not in {"kind", "v"}
    },
    **{
        f"{what} for {name}": (header_value(**{name: value}), WHOLE)
        for name in ("height", "first", "count")
        for what, value in {"a bool": True, "less than nothing": -1, "a word": "1"}.items()
    },
    **{
        f"a number for {name}": (header_value(**{name: 1}), WRONG_TYPE)
        for name in ("origin", "leader", "time")
    },
    **{
        f"{what} for {name}": (header_value(**{name: value}), DIGITS)
        for name in ("previous", "authorities", "operations_root")
        for what, value in {
            "a number": 1,
            "no hex": "xyz",
            "half a byte less": ROOT[:-1],
            "upper case": ROOT.upper(),
            "a space more": f"{ROOT} ",
            "nothing": "",
        }.items()
    },
    "a time that never was": (header_value(time="2026-02-30T12:00:00.000Z"), "no such time"),
    "a time in another spelling": (header_value(time="2026-11-22T12:00:00Z"), "is written"),
    "a time before 1970": (header_value(time="1969-12-31T23:59:59.999Z"), "before 1970"),
}


@pytest.mark.parametrize(("value", "reason"), ODD_HEADERS.values(), ids=ODD_HEADERS)
def test_an_odd_header_is_refused(value: dict[str, Any], reason: str) -> None:
    data = encode(value)

    with pytest.raises(LeafError, match=reason):
        parse_leaf(data)

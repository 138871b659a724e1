"""Checks 1, 5 and 8 of leaf 0: a log that no genesis, or a forged one, stands under."""

from typing import Any

import pytest

from app.ledger.encoding import Value, decode, encode
from app.ledger.leaves import header_hash
from app.ledger.notes import cosigner_key, log_key
from app.ledger.signatures import Ed25519Signer
from tests.audit.forging import Export, ForgedBlock, edited, operation_leaf

OTHER = Ed25519Signer(name="registry.test/eac", seed=bytes(32))
RENAMED = Ed25519Signer(name="registry.test/other", seed=bytes(32))


def authority_set(blocks: list[ForgedBlock], **members: Any) -> dict[str, Any]:  # noqa: ANN401 - to be forged
    """Return genesis' authority set with other members."""
    document = decode(blocks[0].operations[0])["operation"]["authority_set"]
    return {**document, **members}


def forged(export: Export, blocks: list[ForgedBlock], **members: Any) -> Export:  # noqa: ANN401 - to be forged
    """Forge members of genesis and reseal the whole log with its own keys."""
    blocks[0].operations[0] = edited(blocks[0].operations[0], **members)
    return export.forge(blocks)


def test_another_genesis_makes_another_hash(export: Export, blocks: list[ForgedBlock]) -> None:
    report = forged(export, blocks, heartbeat_s=7).audit()

    assert report.is_sound
    assert report.genesis == header_hash(blocks[0].operations[0]) != export.sound.genesis


@pytest.mark.parametrize(
    "leaf",
    [
        b"{",
        b"{}",
        operation_leaf({}),
        operation_leaf({"origin": 1, "log_vkey": ""}),
        operation_leaf({"origin": "registry.test/eac"}),
        operation_leaf({"origin": "registry.test/eac", "log_vkey": "registry.test/eac"}),
    ],
)
def test_a_first_leaf_without_origin_and_key_is_no_genesis(
    leaf: bytes, export: Export, blocks: list[ForgedBlock]
) -> None:
    blocks[0].operations[0] = leaf

    report = export.forge(blocks).audit()

    (finding,) = report.findings
    assert (finding.code, finding.where) == ("genesis-invalid", "leaf 0")
    assert (report.origin, report.is_replayed) == ("", False)


def test_a_log_does_not_begin_with_a_header(export: Export, blocks: list[ForgedBlock]) -> None:
    blocks.insert(0, ForgedBlock([], {"time": blocks[0].header["time"]}))

    assert export.forge(blocks).found() == {("genesis-invalid", "leaf 0")}


def test_a_first_leaf_that_lends_genesis_members_is_refused(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    blocks[0].operations[0] = edited(blocks[0].operations[0], type="account.open")

    assert export.forge(blocks).found() == {("operation-refused", "leaf 0")}


@pytest.mark.parametrize(
    "members",
    [
        {"log_vkey": str(log_key(RENAMED))},
        {"log_vkey": str(cosigner_key(OTHER))},
        {"origin": "registry.test/other"},
        {"authority_set": None},
        {"authority_set": []},
        {"authority_set": {}},
    ],
    ids=["another name", "a cosigning key", "another origin", "no set", "a list", "an empty set"],
)
def test_genesis_whose_origin_key_and_set_do_not_belong_together_is_invalid(
    members: dict[str, Any], export: Export, blocks: list[ForgedBlock]
) -> None:
    assert forged(export, blocks, **members).found() == {("genesis-invalid", "leaf 0")}


def test_genesis_with_another_log_key_leaves_every_seal_without_the_logs_signature(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    found = forged(export, blocks, log_vkey=str(log_key(OTHER))).found()

    heights = range(len(blocks))
    assert {("log-signature-invalid", f"height {height}") for height in heights} <= found


@pytest.mark.parametrize(
    "members",
    [
        {"engine": "poet"},
        {"engine": ""},
        {"engine": 1},
        {"engine": []},
        {"engine": {}},
        {"quorum": 1},
        {"quorum": 5},
        {"quorum": -1},
        {"quorum": True},
        {"work_bits": 1},
        {"from_height": 1},
        {"authorities": []},
        {"authorities": {}},
        {"authorities": [7]},
        {"authorities": [{"name": "a", "vkey": "b"}]},
        {"authorities": [{"name": "a", "vkey": "b", "weight": 1}]},
        {"authorities": [{"name": "a", "vkey": 7, "weight": 1}]},
        {"authorities": [{"name": "a", "vkey": [], "weight": 1}]},
        {"authorities": [{"name": "a", "vkey": "b", "weight": 0}]},
        {"more": 1},
    ],
    ids=repr,
)
def test_an_authority_set_that_cannot_be_in_force_makes_genesis_invalid(
    members: dict[str, Any], export: Export, blocks: list[ForgedBlock]
) -> None:
    found = forged(export, blocks, authority_set=authority_set(blocks, **members)).found()

    assert found == {("genesis-invalid", "leaf 0")}


def test_one_key_under_two_names_makes_genesis_invalid(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    members = authority_set(blocks)["authorities"]
    first = export.sound.sealer.authorities[0]
    twin = Ed25519Signer(name="twin.authority.test", seed=bytes(32))
    twin.public_key = first.public_key
    members.append({"name": twin.name, "vkey": str(cosigner_key(twin)), "weight": 1})

    found = forged(export, blocks, authority_set=authority_set(blocks, authorities=members)).found()

    assert found == {("genesis-invalid", "leaf 0")}


def test_genesis_with_another_quorum_asks_it_of_the_newest_block(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    document = authority_set(blocks, quorum=4)
    blocks[0].operations[0] = edited(blocks[0].operations[0], authority_set=document)
    identity = export.sound.identity.of(
        export.sound.identity.origin, str(export.sound.identity.log_key), document
    )
    for block in blocks:
        block.header["authorities"] = identity.authority_set.digest

    export.forge(blocks)
    text, _, lines = export.seals()[-1].rpartition("\n\n")
    signed = lines.splitlines(keepends=True)
    export.put_seal(len(blocks) - 1, f"{text}\n\n{''.join(signed[:4])}")

    found = export.found()
    assert ("quorum-missing", f"height {len(blocks) - 1}") in found
    assert {code for code, _ in found} == {"quorum-missing", "policy-differs"}


def test_a_second_genesis_is_refused(export: Export, blocks: list[ForgedBlock]) -> None:
    again = edited(blocks[0].operations[0], id="00000000-0000-4000-8000-000000000000")
    blocks.append(ForgedBlock([again], {"time": blocks[-1].header["time"]}))

    assert export.forge(blocks).found() == {
        ("operation-refused", f"leaf {len(export.sound.leaves)}")
    }


@pytest.mark.parametrize(
    "members",
    [
        {"rules": 2},
        {"domains": []},
        {"domains": [7]},
        {"issuing_body": "nobody"},
        {"heartbeat_s": 0},
        {"more": 1},
        {"schemas": None},
    ],
    ids=repr,
)
def test_genesis_outside_the_rules_is_refused(
    members: dict[str, Any], export: Export, blocks: list[ForgedBlock]
) -> None:
    found = forged(export, blocks, **members).found()

    assert found == {("operation-refused", "leaf 0")}


def test_operator_and_issuing_body_are_two(export: Export, blocks: list[ForgedBlock]) -> None:
    operator = decode(blocks[0].operations[0])["operation"]["by"]

    assert forged(export, blocks, issuing_body=operator).found() == {
        ("operation-refused", "leaf 0")
    }


def test_a_genesis_with_a_change_is_not_what_the_rules_compute(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    value = decode(blocks[0].operations[0])
    row: Value = {"issuance": "a", "first": 1, "last": 2, "from": "b/active", "to": "c/active"}
    blocks[0].operations[0] = encode({**value, "change": [row]})

    assert export.forge(blocks).found() == {("change-differs", "leaf 0")}

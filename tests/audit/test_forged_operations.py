"""Checks 7 and 8: what the rules never allowed is found by replay, whoever sealed it."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from app.audit.findings import Report
from app.audit.replay import Replay
from app.ledger.encoding import Value, decode, encode
from app.ledger.leaves import OperationLeaf, parse_leaf
from app.registry.issuances import Issuance
from app.registry.ranges import Bundle
from app.registry.state import At, follow_id
from tests.audit.forging import Export, ForgedBlock, Sound, edited, later, operation_leaf
from tests.scenario import DAY_MS, FIRST_DAY, new_id


def append(blocks: list[ForgedBlock], *operations: bytes) -> None:
    """Close operations into one block more."""
    blocks.append(ForgedBlock(list(operations), {"time": blocks[-1].header["time"]}))


def next_leaf(sound: Sound) -> str:
    """Return the place of the first leaf of one block more."""
    return f"leaf {len(sound.leaves)}"


def operation_of(sound: Sound, type: str, number: int = 0) -> dict[str, Any]:
    operation: dict[str, Any] = decode(sound.leaves[sound.index(type, number)])["operation"]
    return operation


def refusal(export: Export, where: str) -> str:
    """Audit; return why the rules refuse the one operation that they refuse."""
    (finding,) = export.audit().findings
    assert (finding.code, finding.where) == ("operation-refused", where)
    return finding.detail.partition(":")[0]


def change_row(sound: Sound, state: str, *, first: int, last: int) -> dict[str, Any]:
    """Return a row of change that takes from the generator's certificates."""
    market = sound.story.market
    return {
        "issuance": market.issuance,
        "first": first,
        "last": last,
        "from": f"{market.generator_account}/active",
        "to": f"{market.buyer_account}/{state}",
    }


def test_a_sealed_double_issuance_is_refused(export: Export, blocks: list[ForgedBlock]) -> None:
    request = operation_of(export.sound, "issue.request", 1)
    issue = operation_of(export.sound, "issue", 1)
    again = {**request, "id": new_id(), "issuance": new_id()}
    number = f"{int(issue['number_first']) + issue['quantity']:030d}"
    second = {
        **issue,
        "id": follow_id(again["id"], "issue"),
        "issuance": again["issuance"],
        "number_first": number,
    }

    append(blocks, operation_leaf(again), operation_leaf(second, cause=again["id"]))

    assert refusal(export.forge(blocks), next_leaf(export.sound)) == "double-issuance"


def test_an_issue_sealed_twice_under_another_id_is_refused(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    issue = operation_of(export.sound, "issue")

    append(blocks, operation_leaf({**issue, "id": new_id()}, cause=new_id()))

    assert refusal(export.forge(blocks), next_leaf(export.sound)) == "request-already-decided"


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("quantity", 25),
        ("energy_wh", 25_000_000),
        ("carried_out_wh", 1),
        ("carried_in_wh", 1),
        ("face_value_wh", 999_999),
        ("number_first", "9" * 30),
        ("account", "7e59e2f1-5d39-4368-9267-f497a449cc4c"),
        ("device", "965bf9e8-4846-4df6-9a44-5ac9de085cdb"),
        ("attributes", "ab" * 32),
        ("code_lists", "eecs-2"),
        ("transfer_until", "2199-01-01T00:00:00.000Z"),
        ("retire_until", "2199-01-01T00:00:00.000Z"),
    ],
)
def test_an_issue_of_something_else_than_the_rules_compute_is_refused(
    member: str, value: object, export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("issue")
    leaf = blocks[height].operations[at]
    blocks[height].operations[at] = edited(leaf, **{member: value})

    where = f"leaf {export.sound.index('issue')}"
    assert refusal(export.forge(blocks), where) == "issuance-mismatch"


def test_a_sealed_overspend_is_refused(export: Export, blocks: list[ForgedBlock]) -> None:
    transfer = operation_of(export.sound, "transfer")

    append(blocks, operation_leaf({**transfer, "id": new_id(), "quantity": 82}))

    assert refusal(export.forge(blocks), next_leaf(export.sound)) == "insufficient-balance"


def test_a_transfer_of_what_another_holds_is_refused(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    transfer = operation_of(export.sound, "transfer", 1)

    append(blocks, operation_leaf({**transfer, "id": new_id()}))

    assert refusal(export.forge(blocks), next_leaf(export.sound)) == "not-holder"


def test_a_resurrection_of_what_is_retired_is_refused(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    market = export.sound.story.market
    retire = operation_of(export.sound, "retire")
    items = [{"issuance": market.issuance, "first": 1, "last": 2}]
    again = {**retire, "id": new_id(), "retirement": new_id(), "items": items}
    del again["quantity"]

    append(blocks, operation_leaf(again))

    assert refusal(export.forge(blocks), next_leaf(export.sound)) == "already-retired"


def test_an_operation_by_another_than_who_has_the_right_is_refused(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("transfer")
    leaf = blocks[height].operations[at]
    blocks[height].operations[at] = edited(leaf, by=export.sound.story.market.buyer)

    where = f"leaf {export.sound.index('transfer')}"
    assert refusal(export.forge(blocks), where) == "not-holder"


def test_an_approval_by_the_registrant_is_refused(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("issue.approve")
    leaf = blocks[height].operations[at]
    blocks[height].operations[at] = edited(leaf, by=export.sound.story.market.generator)

    where = f"leaf {export.sound.index('issue.approve')}"
    assert refusal(export.forge(blocks), where) == "forbidden-role"


def test_an_operation_before_its_time_is_refused(export: Export, blocks: list[ForgedBlock]) -> None:
    for block in blocks:
        block.header["time"] = later("1970-01-01T00:00:00.000Z", FIRST_DAY)

    where = f"leaf {export.sound.index('measure')}"
    assert refusal(export.forge(blocks), where) == "future-production"


def test_an_operation_meant_for_another_log_is_refused(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("account.open")
    leaf = blocks[height].operations[at]
    blocks[height].operations[at] = edited(leaf, origin="registry.test/other")

    where = f"leaf {export.sound.index('account.open')}"
    assert refusal(export.forge(blocks), where) == "wrong-origin"


@pytest.mark.parametrize(
    ("members", "code"),
    [
        ({"type": "account.burn"}, "unknown-operation"),
        ({"type": 7}, "unknown-operation"),
        ({"type": None}, "unknown-operation"),
        ({"account": None}, "missing-field"),
        ({"more": 1}, "unknown-field"),
        ({"account": "NOBODY"}, "invalid-id"),
        ({"account": 7}, "invalid-id"),
        ({"origin": ["registry.test/eac"]}, "invalid-field"),
    ],
    ids=repr,
)
def test_an_operation_outside_its_schema_is_refused(
    members: dict[str, Any], code: str, export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("account.open")
    leaf = blocks[height].operations[at]
    blocks[height].operations[at] = edited(leaf, **members)

    where = f"leaf {export.sound.index('account.open')}"
    assert refusal(export.forge(blocks), where) == code


def test_an_operation_id_that_stands_twice_is_repeated(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    append(blocks, export.sound.leaves[export.sound.index("account.whitelist")])

    assert export.forge(blocks).found() == {("operation-repeated", next_leaf(export.sound))}


def test_an_operation_id_under_another_content_is_repeated(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    first = operation_of(export.sound, "account.whitelist")["id"]
    request = operation_of(export.sound, "account.open")

    append(blocks, operation_leaf({**request, "id": first, "account": new_id()}))

    assert export.forge(blocks).found() == {("operation-repeated", next_leaf(export.sound))}


def test_an_operation_id_that_stands_twice_in_one_block_is_repeated(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("account.whitelist")
    blocks[height].operations += [blocks[height].operations[at]]

    where = f"leaf {export.sound.index('account.whitelist') + 1}"
    assert export.forge(blocks).found() == {("operation-repeated", where)}


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("first", lambda row: {**row, "first": row["first"] + 1}),
        ("last", lambda row: {**row, "last": row["last"] - 1}),
        ("issuance", lambda row: {**row, "issuance": new_id()}),
        ("from", lambda row: {**row, "from": row["to"]}),
        ("to", lambda row: {**row, "to": row["from"]}),
        ("state", lambda row: {**row, "to": row["to"].replace("retired", "active")}),
    ],
)
def test_a_forged_row_of_change_is_not_what_the_rules_compute(
    name: str,
    change: Callable[[dict[str, Any]], dict[str, Any]],
    export: Export,
    blocks: list[ForgedBlock],
) -> None:
    verb = "retire" if name == "state" else "transfer"
    height, at = export.sound.where(verb)
    value = decode(blocks[height].operations[at])
    first, *rest = value["change"]
    blocks[height].operations[at] = encode({**value, "change": [change(first), *rest]})

    where = f"leaf {export.sound.index(verb)}"
    assert export.forge(blocks).found() == {("change-differs", where)}


@pytest.mark.parametrize("rows", ["none", "half", "twice", "swapped"])
def test_missing_and_added_rows_of_change_are_not_what_the_rules_compute(
    rows: str, export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("retire")
    value = decode(blocks[height].operations[at])
    found = value.pop("change")
    assert len(found) == 2
    forged = {"none": [], "half": found[:1], "twice": found * 2, "swapped": found[::-1]}[rows]
    blocks[height].operations[at] = encode({**value, **({"change": forged} if forged else {})})

    where = f"leaf {export.sound.index('retire')}"
    assert export.forge(blocks).found() == {("change-differs", where)}


def test_a_change_of_what_changes_nothing_is_not_what_the_rules_compute(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("account.whitelist")
    value = decode(blocks[height].operations[at])
    row = change_row(export.sound, "active", first=1, last=1)
    blocks[height].operations[at] = encode({**value, "change": [row]})

    where = f"leaf {export.sound.index('account.whitelist')}"
    assert export.forge(blocks).found() == {("change-differs", where)}


@pytest.mark.parametrize("row", [{}, [], 7, {"issuance": 1}], ids=repr)
def test_a_row_of_change_outside_the_format_is_unreadable(
    row: Value, export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("retire")
    value = decode(blocks[height].operations[at])
    blocks[height].operations[at] = encode({**value, "change": [row]})

    where = f"leaf {export.sound.index('retire')}"
    assert export.forge(blocks).found() == {("leaf-unreadable", where)}


@pytest.mark.parametrize("type", ["issue.approve", "issue.request"])
def test_what_must_follow_is_missed_at_the_end_of_its_block(
    type: str, export: Export, blocks: list[ForgedBlock]
) -> None:
    number = 1 if type == "issue.request" else 0
    height, at = export.sound.where(type, number)
    assert len(blocks[height].operations) == 2
    del blocks[height].operations[at + 1]

    assert export.forge(blocks).found() == {("follow-missing", f"height {height}")}


def test_what_must_follow_comes_next(export: Export, blocks: list[ForgedBlock]) -> None:
    height, at = export.sound.where("issue.approve")
    between = operation_of(export.sound, "account.open")
    between |= {"id": new_id(), "account": new_id()}
    blocks[height].operations.insert(at + 1, operation_leaf(between))

    where = f"leaf {export.sound.index('issue.approve') + 1}"
    assert export.forge(blocks).found() == {("follow-missing", where)}


def test_what_must_follow_does_not_come_in_the_next_block(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("issue.approve")
    late = blocks[height].operations.pop(at + 1)
    blocks.insert(height + 1, ForgedBlock([late], dict(blocks[height].header)))

    assert export.forge(blocks).found() == {("follow-missing", f"height {height}")}


@pytest.mark.parametrize("forged", ["id", "cause", "no cause"])
def test_what_follows_has_the_id_and_the_cause_that_it_follows_from(
    forged: str, export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("issue")
    value = decode(blocks[height].operations[at])
    if forged == "id":
        value["operation"]["id"] = new_id()
    elif forged == "cause":
        value["cause"] = new_id()
    else:
        del value["cause"]
    blocks[height].operations[at] = encode(value)

    where = f"leaf {export.sound.index('issue')}"
    assert export.forge(blocks).found() == {("follow-missing", where)}


def test_an_operation_that_was_asked_for_has_no_cause(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("transfer")
    value = decode(blocks[height].operations[at])
    blocks[height].operations[at] = encode({**value, "cause": new_id()})

    where = f"leaf {export.sound.index('transfer')}"
    assert export.forge(blocks).found() == {("follow-unasked", where)}


def test_a_replay_stops_at_the_first_operation_that_cannot_be_right(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    for verb in ("account.open", "transfer", "retire"):
        height, at = export.sound.where(verb)
        blocks[height].operations[at] = edited(blocks[height].operations[at], by=new_id())

    report = export.forge(blocks).audit()

    (finding,) = report.findings
    assert finding.where == f"leaf {export.sound.index('account.open')}"
    assert (report.is_replayed, report.certificates, report.issued) == (False, {}, 0)


@pytest.fixture
def replay(sound: Sound) -> Replay:
    """A replay of the sound log, at its end."""
    made = Replay(origin=sound.identity.origin)
    report = Report()
    for index, data in enumerate(sound.leaves):
        leaf = parse_leaf(data)
        if isinstance(leaf, OperationLeaf):
            made.take(leaf, At(FIRST_DAY + 30 * DAY_MS, 0, index), report)
    assert made.close_block(0, report) is not None
    assert report.is_sound
    return made


def test_every_certificate_of_a_sound_replay_is_in_one_state(replay: Replay) -> None:
    report = Report()

    assert replay.check_conservation(report) == {
        "active": 81,
        "offered": 4,
        "retired": 50,
        "withdrawn": 6,
    }
    assert report.is_sound


def test_an_issuance_without_its_certificates_breaks_conservation(replay: Replay) -> None:
    report = Report()
    issuance = next(iter(replay.state.all(Issuance)))
    replay.state.add(replace(issuance, id="00000000-0000-4000-8000-000000000000"))

    replay.check_conservation(report)

    assert [(finding.code, finding.where) for finding in report.findings] == [
        ("conservation-broken", "issuance 00000000-0000-4000-8000-000000000000")
    ]


@pytest.mark.parametrize(("first", "last"), [(2, 2), (24, 25), (25, 25)])
def test_a_certificate_that_is_there_twice_or_too_many_breaks_conservation(
    first: int, last: int, replay: Replay, sound: Sound
) -> None:
    report = Report()
    market = sound.story.market
    replay.state.bundles.add(
        Bundle(market.issuance, first, last, market.buyer_account, "active", 1, FIRST_DAY, 1)
    )

    replay.check_conservation(report)

    assert [(finding.code, finding.where) for finding in report.findings] == [
        ("conservation-broken", f"issuance {market.issuance}")
    ]


def test_a_replay_that_was_stopped_counts_nothing(replay: Replay) -> None:
    report = Report()

    replay.stop()

    assert (replay.check_conservation(report), replay.close_block(1, report)) == ({}, None)
    assert report.is_sound

"""Checks 7 and 8 of what takes two: persons, words, consents, and what follows from an issue."""

from typing import Any

import pytest

from app.ledger.encoding import decode, encode
from app.registry.operation import content_digest
from app.registry.operations import parse_operation
from tests.audit.forging import Export, ForgedBlock, Sound, edited, operation_leaf
from tests.scenario import MWH, new_id

Members = dict[str, Any]
OTHER_ID = "7e59e2f1-5d39-4368-9267-f497a449cc4c"
VERIFIED = 1
"""Which of the story's approvals is of what was verified by another person before."""


def operation_of(sound: Sound, type: str, number: int = 0) -> Members:
    operation: Members = decode(sound.leaves[sound.index(type, number)])["operation"]
    return operation


def forge(
    export: Export, blocks: list[ForgedBlock], type: str, number: int = 0, **members: object
) -> str:
    """Put other members into an operation, seal it, and return the place of its leaf."""
    height, at = export.sound.where(type, number)
    blocks[height].operations[at] = edited(blocks[height].operations[at], **members)
    export.forge(blocks)
    return f"leaf {export.sound.index(type, number)}"


def refusal(export: Export, where: str) -> str:
    """Audit; return why the rules refuse the one operation that they refuse."""
    (finding,) = export.audit().findings
    assert (finding.code, finding.where) == ("operation-refused", where)
    return finding.detail.partition(":")[0]


def append(export: Export, blocks: list[ForgedBlock], *operations: Members) -> list[str]:
    """Seal operations in one block more; return the places of their leaves."""
    leaves = [operation_leaf(operation) for operation in operations]
    blocks.append(ForgedBlock(leaves, {"time": blocks[-1].header["time"]}))
    export.forge(blocks)
    first = len(export.sound.leaves)
    return [f"leaf {first + at}" for at in range(len(operations))]


def test_an_approval_by_the_person_who_verified_it_is_refused(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    verifier = operation_of(export.sound, "issue.review")["person"]

    where = forge(export, blocks, "issue.approve", VERIFIED, person=verifier)

    assert refusal(export, where) == "separation-of-duties"


def test_an_approval_by_nobody_who_was_ever_added_is_refused(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    where = forge(export, blocks, "issue.approve", VERIFIED, person=new_id())

    assert refusal(export, where) == "not-found"


def test_a_person_does_not_act_for_another_organisation(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    officer = export.sound.story.officers.first

    where = forge(export, blocks, "issue.request", 4, person=officer)

    assert refusal(export, where) == "forbidden-role"


def test_a_withdrawal_without_endorsement_is_refused(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    where = forge(export, blocks, "withdraw", endorsement=new_id())

    assert refusal(export, where) == "not-found"


@pytest.mark.parametrize(
    ("type", "code"),
    [("withdraw", "withdrawal-not-authorised"), ("measure.adjust", "separation-of-duties")],
)
@pytest.mark.parametrize("endorser", ["first", None])
def test_a_word_of_the_same_person_or_of_nobody_is_none(
    type: str, code: str, endorser: str | None, export: Export, blocks: list[ForgedBlock]
) -> None:
    number = 0 if type == "withdraw" else 1
    known = export.sound.story.officers
    height, at = export.sound.where("endorse", number)
    word = edited(
        blocks[height].operations[at], person=known.first if endorser == "first" else None
    )
    blocks[height].operations[at] = word

    export.forge(blocks)

    assert refusal(export, f"leaf {export.sound.index(type)}") == code


@pytest.mark.parametrize(
    ("type", "members", "code"),
    [
        ("withdraw", {"person": None}, "withdrawal-not-authorised"),
        ("withdraw", {"reason": "another-reason"}, "withdrawal-not-authorised"),
        ("withdraw", {"case": "case-8"}, "withdrawal-not-authorised"),
        ("withdraw", {"withdrawal": OTHER_ID}, "withdrawal-not-authorised"),
        ("measure.adjust", {"energy_wh": 1}, "separation-of-duties"),
        ("measure.adjust", {"person": None}, "separation-of-duties"),
    ],
    ids=["nameless", "reason", "case", "id", "energy", "nameless adjustment"],
)
def test_what_nobody_has_endorsed_is_refused(
    type: str, members: Members, code: str, export: Export, blocks: list[ForgedBlock]
) -> None:
    where = forge(export, blocks, type, **members)

    assert refusal(export, where) == code


def test_more_than_was_endorsed_is_not_withdrawn(export: Export, blocks: list[ForgedBlock]) -> None:
    (item,) = operation_of(export.sound, "withdraw")["items"]

    where = forge(export, blocks, "withdraw", items=[{**item, "last": item["last"] + 1}])

    assert refusal(export, where) == "withdrawal-not-authorised"


def endorsed(export: Export, *, items: list[Members]) -> tuple[Members, Members]:
    """Return a withdrawal of other items, well endorsed by the second officer."""
    from_log = operation_of(export.sound, "withdraw")
    withdrawal = {
        **from_log,
        "id": new_id(),
        "withdrawal": new_id(),
        "items": items,
        "endorsement": new_id(),
    }
    word = {
        **operation_of(export.sound, "endorse"),
        "id": new_id(),
        "endorsement": withdrawal["endorsement"],
        "digest": content_digest(parse_operation(withdrawal)),
    }
    return word, withdrawal


def test_what_another_holds_by_now_is_not_withdrawn_without_its_consent(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    story = export.sound.story
    items = [{"issuance": story.automatic_issuance, "first": 20, "last": 21}]

    _, where = append(export, blocks, *endorsed(export, items=items))

    assert refusal(export, where) == "withdrawal-not-authorised"


def test_what_is_retired_is_not_withdrawn(export: Export, blocks: list[ForgedBlock]) -> None:
    items = [{"issuance": export.sound.story.own_issuance, "first": 1, "last": 1}]

    _, where = append(export, blocks, *endorsed(export, items=items))

    assert refusal(export, where) == "withdrawal-not-possible"


def test_what_is_withdrawn_is_not_withdrawn_again(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    items = operation_of(export.sound, "withdraw")["items"]

    _, where = append(export, blocks, *endorsed(export, items=items))

    assert refusal(export, where) == "withdrawal-not-possible"


RETIREMENT = 1
"""Which of the story's retirements followed from an issue."""


@pytest.mark.parametrize(
    "members",
    [
        {"beneficiary": "cd" * 32},
        {"usage": "disclosure"},
        {"country": "AU"},
        {"retirement": OTHER_ID},
    ],
    ids=lambda members: next(iter(members)),
)
def test_a_retirement_on_issue_of_something_else_is_not_what_follows(
    members: Members, export: Export, blocks: list[ForgedBlock]
) -> None:
    where = forge(export, blocks, "retire", RETIREMENT, **members)

    assert export.found() == {("follow-missing", where)}


def test_an_issue_of_self_consumption_without_its_retirement_is_found(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("retire", RETIREMENT)
    del blocks[height].operations[at]

    export.forge(blocks)

    assert export.found() == {("follow-missing", f"height {height}")}


def test_a_retirement_on_issue_for_part_of_it_is_found(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("retire", RETIREMENT)
    value = decode(blocks[height].operations[at])
    (item,), (row,) = value["operation"]["items"], value["change"]
    value["operation"]["items"] = [{**item, "last": item["last"] - 1}]
    value["change"] = [{**row, "last": row["last"] - 1}]
    blocks[height].operations[at] = encode(value)

    export.forge(blocks)

    where = f"leaf {export.sound.index('retire', RETIREMENT)}"
    assert export.found() == {("follow-missing", where)}


def test_a_correction_that_nobody_accepted_is_not_issued(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    height, at = export.sound.where("measure.accept", 1)
    del blocks[height].operations[at]
    requested = export.sound.index("measure.accept", 1) + 1

    export.forge(blocks)

    assert refusal(export, f"leaf {requested}") == "finding-open"


def test_a_part_that_is_not_its_share_of_the_whole_is_refused(
    export: Export, blocks: list[ForgedBlock]
) -> None:
    reports = [decode(leaf).get("operation", {}) for leaf in export.sound.leaves]
    measures = [report for report in reports if report.get("type") == "measure"]
    (number,) = (at for at, report in enumerate(measures) if "part_of" in report)
    (span,) = measures[number]["spans"]

    where = forge(export, blocks, "measure", number, spans=[{**span, "energy_wh": MWH}])

    assert refusal(export, where) == "fuel-split-not-100"


@pytest.mark.parametrize("share_bp", [3_999, 4_001])
def test_shares_that_do_not_make_up_the_whole_are_refused(
    share_bp: int, export: Export, blocks: list[ForgedBlock]
) -> None:
    wood, coal = operation_of(export.sound, "fuel.declare")["shares"]

    where = forge(export, blocks, "fuel.declare", shares=[wood, {**coal, "share_bp": share_bp}])

    assert refusal(export, where) == "fuel-split-not-100"


def test_a_record_is_not_erased_by_just_anybody(export: Export, blocks: list[ForgedBlock]) -> None:
    where = forge(export, blocks, "record.erase", by=export.sound.story.market.generator)

    assert refusal(export, where) == "forbidden-role"

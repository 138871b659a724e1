"""What holds for every operation: one table, new ids, ids that follow, deciding without trace."""

import json
from copy import deepcopy
from dataclasses import replace
from hashlib import sha256
from typing import Any
from uuid import UUID

import pytest
from builders import (
    CLERK,
    GENERATOR,
    GENESIS,
    ISSUED,
    ISSUING_BODY,
    OFFICER,
    OPERATOR,
    ORIGIN,
    PENDING_REQUEST,
    SECOND_OFFICER,
    TRANSFER,
    UNKNOWN,
    WITHDRAW,
    acceptable,
    approve,
    book_for,
    decide_and_apply,
    genesis_book,
    ready_book,
    refusal,
    remove_person,
    uid,
)

from app.registry.errors import RefusalError
from app.registry.issuances import Request
from app.registry.measurements import Span
from app.registry.operation import (
    Operation,
    Read,
    actor_of,
    all_reads,
    claimed_ids,
    content_digest,
    must_be_admissible,
)
from app.registry.operations import OPERATIONS
from app.registry.ranges import Range
from app.registry.state import ENTITIES, State, follow_id


def contents(state: State) -> tuple[Any, ...]:
    entities = {kind: list(state.all(kind)) for kind in ENTITIES}
    return deepcopy((entities, list(state.bundles), state.recorded))


def test_the_table_names_every_verb_by_its_type() -> None:
    assert {verb: operation.type for verb, operation in OPERATIONS.items()} == {
        verb: verb for verb in acceptable()
    }


def test_only_an_issue_never_comes_by_itself() -> None:
    assert {verb for verb, operation in OPERATIONS.items() if operation.is_derived} == {"issue"}


@pytest.mark.parametrize("verb", OPERATIONS)
def test_deciding_changes_nothing(verb: str) -> None:
    book = book_for(verb)
    before = contents(book.state)

    change = acceptable()[verb].decide(book.state, book.at)

    assert contents(book.state) == before
    assert change.puts or change.moves
    assert book.state.settle(0).puts == ()


@pytest.mark.parametrize("verb", OPERATIONS)
def test_being_refused_changes_nothing(verb: str) -> None:
    book = ready_book()
    before = contents(book.state)

    refusal(book, replace(acceptable()[verb], by=uid("nobody")))

    assert contents(book.state) == before


@pytest.mark.parametrize("verb", OPERATIONS)
def test_a_block_names_what_changed_once_and_as_it_is_now(verb: str) -> None:
    book = book_for(verb)

    rows = decide_and_apply(book, acceptable()[verb])

    keys = [(type(put), put.key) for put in rows.puts]
    assert len(set(keys)) == len(keys)
    assert all(book.state.find(type(put), put.key) == put for put in rows.puts)
    assert rows.puts or rows.opened
    assert book.state.settle(book.height + 1).puts == ()


def test_what_changes_twice_in_a_block_is_named_once_as_it_ends() -> None:
    book = ready_book()

    rows = decide_and_apply(book, approve(PENDING_REQUEST))

    requests = [put for put in rows.puts if isinstance(put, Request)]
    assert [request.state for request in requests] == ["issued"]


def test_an_id_is_new_and_meant_for_this_log() -> None:
    state = genesis_book().state
    elsewhere = replace(TRANSFER, origin="registry.example/other", id=acceptable()["genesis"].id)

    must_be_admissible(state, TRANSFER, origin=ORIGIN)
    with pytest.raises(RefusalError) as wrong_origin:
        must_be_admissible(state, elsewhere, origin=ORIGIN)
    with pytest.raises(RefusalError) as reused:
        must_be_admissible(state, replace(elsewhere, origin=ORIGIN), origin=ORIGIN)

    assert (wrong_origin.value.code, wrong_origin.value.pointer) == ("wrong-origin", "/origin")
    assert (reused.value.code, reused.value.pointer) == ("idempotency-key-reused", "/id")


def test_what_follows_has_an_id_that_its_cause_and_type_determine() -> None:
    cause = "89843a3f-d0dc-592b-b7d3-eb6efdad9831"

    found = follow_id(cause, "issue")

    assert found == "6f7a54aa-240b-5ea9-86dd-82bd848c8607"
    assert UUID(found).version == 5
    assert len({found, follow_id(cause, "expire"), follow_id(uid("x"), "issue")}) == 3


@pytest.mark.parametrize("verb", OPERATIONS)
def test_an_operation_claims_its_own_id_and_those_of_all_that_may_follow(verb: str) -> None:
    book, operation = book_for(verb), acceptable()[verb]

    own, *following = claimed_ids(operation)

    follows = operation.decide(book.state, book.at).follows
    assert own == operation.id
    assert {follow_id(own, follow.type) for follow in follows} <= set(following)
    assert bool(following) == (verb in {"issue.request", "issue.submit", "issue.approve"})


@pytest.mark.parametrize("verb", ["issue.request", "issue.submit", "issue.approve"])
def test_what_may_have_certificates_issued_claims_the_issue_and_the_retirement_after_it(
    verb: str,
) -> None:
    asked = acceptable()[verb]
    issue = follow_id(asked.id, "issue")

    assert claimed_ids(asked) == (asked.id, issue, follow_id(issue, "retire"))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (replace(TRANSFER, person=CLERK), None),
        (replace(TRANSFER, person=UNKNOWN), ("not-found", "")),
        (replace(TRANSFER, person=OFFICER), ("forbidden-role", "R62")),
        (replace(TRANSFER, by=ISSUING_BODY, person=CLERK), ("forbidden-role", "R62")),
    ],
    ids=["own", "unknown", "another's", "elsewhere"],
)
def test_who_asks_by_name_is_an_own_person(
    asked: Operation, expected: tuple[str, str] | None
) -> None:
    state = ready_book().state

    if expected is None:
        must_be_admissible(state, asked, origin=ORIGIN)
    else:
        with pytest.raises(RefusalError) as refused:
            must_be_admissible(state, asked, origin=ORIGIN)
        assert (refused.value.code, refused.value.rule) == expected
        assert refused.value.pointer == "/person"


def test_a_person_who_was_removed_asks_for_nothing_any_more() -> None:
    book = ready_book()
    decide_and_apply(book, remove_person(CLERK, GENERATOR))

    with pytest.raises(RefusalError) as refused:
        must_be_admissible(book.state, replace(TRANSFER, person=CLERK), origin=ORIGIN)

    assert (refused.value.code, refused.value.pointer) == ("forbidden-role", "/person")


def test_who_asks_is_looked_at_after_where_and_whether_it_was_asked() -> None:
    state = ready_book().state
    worst = replace(TRANSFER, origin="registry.example/other", id=GENESIS.id, person=UNKNOWN)
    steps = [worst, replace(worst, origin=ORIGIN), replace(TRANSFER, person=UNKNOWN)]
    codes = []

    for step in steps:
        with pytest.raises(RefusalError) as refused:
            must_be_admissible(state, step, origin=ORIGIN)
        codes.append(refused.value.code)

    assert codes == ["wrong-origin", "idempotency-key-reused", "not-found"]


def test_who_asks_by_name_is_among_what_is_read() -> None:
    named = replace(TRANSFER, person=CLERK)

    assert list(all_reads(TRANSFER)) == list(TRANSFER.reads())
    assert list(all_reads(named)) == [*TRANSFER.reads(), Read("person", CLERK)]


@pytest.mark.parametrize("verb", OPERATIONS)
def test_the_digest_of_a_content_is_that_of_all_members_but_of_how_it_was_asked(verb: str) -> None:
    operation = acceptable()[verb]
    asking = {"id", "person", "endorsement", "consents"}
    content = {name: item for name, item in operation.plain().items() if name not in asking}
    canonical = json.dumps(content, separators=(",", ":"), sort_keys=True)

    assert content_digest(operation) == sha256(canonical.encode()).hexdigest()


def test_the_digest_is_the_same_however_it_was_asked_and_another_for_any_other_content() -> None:
    asked_otherwise = replace(
        WITHDRAW, id=UNKNOWN, person=SECOND_OFFICER, endorsement=UNKNOWN, consents=(UNKNOWN,)
    )
    others = [
        replace(WITHDRAW, by=OPERATOR),
        replace(WITHDRAW, reason="meter-faults"),
        replace(WITHDRAW, case="case-8"),
        replace(WITHDRAW, compensates=True),
        replace(WITHDRAW, items=(Range(ISSUED, 1, 4),)),
    ]

    assert content_digest(asked_otherwise) == content_digest(WITHDRAW)
    assert len({content_digest(other) for other in [WITHDRAW, *others]}) == len(others) + 1


def test_who_asked_is_the_person_where_that_is_told() -> None:
    assert actor_of(TRANSFER) == GENERATOR
    assert actor_of(replace(TRANSFER, person=CLERK)) == CLERK


def test_a_value_that_is_not_there_is_named_by_its_kind() -> None:
    state = State()

    with pytest.raises(RefusalError, match="no such span"):
        state.find(Span, ("device", 0))

    assert not state.has(Span, ("device", 0))


def test_spans_of_a_device_stand_in_order_however_they_were_added() -> None:
    state = ready_book().state
    spans = state.timeline(device_of(state))
    shuffled = State()

    for span in (spans[3], spans[0], spans[4], spans[1], spans[2], spans[0]):
        shuffled.add(span)

    assert shuffled.timeline(spans[0].device) == spans
    assert shuffled.timeline("another") == []


def device_of(state: State) -> str:
    return next(state.all(Span)).device

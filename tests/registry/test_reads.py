"""What operations read: State loaded with just that gives the same answer as the whole State."""

from dataclasses import replace

import pytest
from builders import (
    ADJUST,
    AUDITOR,
    BUYER,
    CAPACITY_W,
    CLERK,
    DEVICE,
    GENERATOR,
    GENERATOR_ACCOUNT,
    GSRNS,
    ISSUED,
    ISSUING_BODY,
    METERING,
    NOW,
    OFFER,
    OPERATOR,
    PENDING_REQUEST,
    REGISTERED_DEVICE,
    RETIRE,
    RIVAL,
    STRANGER,
    TRANSFER,
    WITHDRAW,
    Book,
    accept,
    accept_offer,
    acceptable,
    add_person,
    approve_device,
    automate,
    boiler_parts,
    book_for,
    close_offer,
    correct,
    day,
    day_span,
    decide_and_apply,
    deregister,
    hand_over,
    measure,
    ready_book,
    register,
    remove_person,
    request,
    review,
    review_device,
    review_organisation,
    revise,
    submit,
    suspend,
    take_over,
    uid,
)
from partial_state import Shelf

from app.registry.errors import RefusalError
from app.registry.operation import Operation, Period, Read, Wanted
from app.registry.operations import OPERATIONS
from app.registry.parties import parties_of
from app.registry.ranges import Range
from app.registry.state import Change, State

ACTORS = (GENERATOR, RIVAL, BUYER, METERING, AUDITOR, ISSUING_BODY, OPERATOR, STRANGER)


def answer(state: State, book: Book, operation: Operation) -> Change | tuple[str, str, str, str]:
    try:
        return operation.decide(state, book.at)
    except RefusalError as refused:
        return refused.code, refused.pointer, refused.rule, refused.detail


def assert_same_answer(book: Book, operation: Operation) -> Change | tuple[str, str, str, str]:
    partial = Shelf(book.state).load([operation], time_ms=book.time_ms)

    found = answer(partial, book, operation)

    assert found == answer(book.state, book, operation)
    if isinstance(found, Change):
        assert parties_of(partial, operation, found) == parties_of(book.state, operation, found)
    return found


@pytest.mark.parametrize("verb", OPERATIONS)
@pytest.mark.parametrize("by", ACTORS)
def test_whoever_asks_is_answered_from_what_the_operation_reads(verb: str, by: str) -> None:
    assert_same_answer(book_for(verb), replace(acceptable()[verb], by=by))


@pytest.mark.parametrize("verb", OPERATIONS)
def test_what_is_acceptable_is_accepted_from_what_the_operation_reads(verb: str) -> None:
    assert isinstance(assert_same_answer(book_for(verb), acceptable()[verb]), Change)


REPEATABLE = {
    "account.whitelist",
    "organisation.review",
    "device.review",
    "issue.review",
    "measure.correct",
}
"""What is said anew of the same thing; all else is done once."""


@pytest.mark.parametrize("verb", OPERATIONS)
def test_what_may_be_asked_for_twice_is_known_from_what_the_operation_reads(verb: str) -> None:
    book = book_for(verb)
    operation = acceptable()[verb]
    decide_and_apply(book, operation)

    found = assert_same_answer(book, operation)

    assert isinstance(found, Change) == (verb in REPEATABLE)


@pytest.mark.parametrize(
    "operation",
    [
        measure(day_span(4)),
        measure(day_span(6)),
        measure(day_span(-1)),
        request(uid("again"), 0, 0),
        request(uid("a finding"), 4, 4),
        request(uid("not measured"), 5, 5),
        request(uid("cut"), -1, 0),
        accept(day(3)),
        accept(day(4) + 1),
        replace(TRANSFER, items=(Range(ISSUED, 10, 11),)),
        replace(TRANSFER, items=None, quantity=11),
        replace(RETIRE, quantity=11),
        replace(OFFER, items=None, quantity=11),
        review_organisation(STRANGER),
        add_person(CLERK, BUYER),
        remove_person(CLERK, BUYER),
        revise(DEVICE, version=3),
        replace(revise(DEVICE, version=2), capacity_w=CAPACITY_W + 1),
        review_device(DEVICE),
        review_device(REGISTERED_DEVICE, number=2),
        approve_device(REGISTERED_DEVICE, number=2),
        replace(approve_device(DEVICE), number=1),
        automate(REGISTERED_DEVICE, automatic_wh=1, version=1),
        suspend(REGISTERED_DEVICE),
        hand_over(REGISTERED_DEVICE, version=1),
        hand_over(DEVICE, version=2, to=BUYER),
        take_over(DEVICE, number=1, by=GENERATOR),
        deregister(DEVICE, ended_at=NOW + 1),
        WITHDRAW,
        ADJUST,
        submit(PENDING_REQUEST),
        review(ISSUED),
        correct(day_span(0)),
        correct(day_span(5)),
        accept_offer(uid("no offer")),
        close_offer("recalled", uid("no offer"), by=GENERATOR),
    ],
)
def test_what_is_refused_is_refused_alike_from_what_the_operation_reads(
    operation: Operation,
) -> None:
    assert isinstance(assert_same_answer(ready_book(), operation), tuple)


@pytest.mark.parametrize(
    ("place", "other"),
    [
        ((56_000_000, 10_000_000), (56_000_449, 10_000_000)),
        ((-16_000_000, 180_000_000), (-16_000_000, -179_999_900)),
        ((89_600_000, 10_000_000), (89_600_000, 10_050_000)),
    ],
    ids=["north of it", "across the antimeridian", "where meridians meet"],
)
def test_what_stands_near_is_known_from_what_the_approval_reads(
    place: tuple[int, int], other: tuple[int, int]
) -> None:
    book = ready_book()
    placed = register(uid("placed"), GSRNS[3])
    decide_and_apply(book, replace(placed, latitude=place[0], longitude=place[1]))
    beside = register(uid("beside"), GSRNS[4])
    decide_and_apply(book, replace(beside, latitude=other[0], longitude=other[1]))

    found = assert_same_answer(book, approve_device(uid("beside")))

    assert isinstance(found, tuple)
    assert found[0] == "near-duplicate"


def test_what_stands_near_is_known_where_description_and_approval_come_in_one_group() -> None:
    book = ready_book()
    north, east = 56_000_000, 10_000_000
    placed = register(uid("placed"), GSRNS[3])
    decide_and_apply(book, replace(placed, latitude=north, longitude=east))
    decide_and_apply(book, register(uid("moved"), GSRNS[4]))
    group = [
        replace(revise(uid("moved"), version=1), latitude=north, longitude=east),
        approve_device(uid("moved"), number=2),
    ]

    partial = Shelf(book.state).load(group, time_ms=book.time_ms)
    partial.apply(group[0].decide(partial, book.at), book.at)

    with pytest.raises(RefusalError, match="near-duplicate"):
        group[1].decide(partial, book.at)


@pytest.mark.parametrize("by", [GENERATOR, RIVAL])
def test_what_a_part_must_fit_is_known_from_what_it_reads(by: str) -> None:
    book = ready_book()
    whole, wood, _ = boiler_parts()
    decide_and_apply(book, whole)

    found = assert_same_answer(book, replace(wood, by=by))

    assert isinstance(found, Change) == (by == GENERATOR)


def test_a_report_reads_its_whole_stretch_of_time() -> None:
    around = measure(day_span(7), day_span(3))

    assert Read("period", Period(DEVICE, day(3), day(8))) in around.reads()


def test_an_acceptance_reads_from_its_first_to_its_last_span() -> None:
    assert Read("period", Period(DEVICE, day(2), day(9) + 1)) in accept(day(9), day(2)).reads()


@pytest.mark.parametrize(
    ("operation", "is_transfer"), [(TRANSFER, True), (OFFER, True), (RETIRE, False)]
)
def test_what_leaves_an_account_is_read_as_one_sum_and_named_or_not(
    operation: Operation, *, is_transfer: bool
) -> None:
    assert isinstance(operation, type(TRANSFER) | type(OFFER) | type(RETIRE))
    items = (Range(ISSUED, 1, 3), Range(ISSUED, 5, 5))

    by_name = list(replace(operation, items=items, quantity=None).reads())
    by_quantity = list(replace(operation, items=None, quantity=7).reads())

    assert [read.key for read in by_name if read.kind == "range"] == list(items)
    assert by_name[-1] == Read("quantity", Wanted(GENERATOR_ACCOUNT, is_transfer, True, 4))
    assert by_quantity[-1] == Read("quantity", Wanted(GENERATOR_ACCOUNT, is_transfer, False, 7))
    assert all(read.kind != "range" for read in by_quantity)


def test_the_first_operation_reads_nothing() -> None:
    assert list(acceptable()["genesis"].reads()) == []


def test_an_operation_must_say_what_it_reads_and_decides() -> None:
    bare = Operation(id=uid("bare"), origin="x", by=GENERATOR)

    with pytest.raises(NotImplementedError):
        bare.reads()
    with pytest.raises(NotImplementedError):
        bare.decide(State(), Book().at)

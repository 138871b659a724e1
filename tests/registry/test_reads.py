"""What operations read: State loaded with just that gives the same answer as the whole State."""

from dataclasses import replace

import pytest
from builders import (
    AUDITOR,
    BUYER,
    DEVICE,
    GENERATOR,
    GENERATOR_ACCOUNT,
    ISSUED,
    ISSUING_BODY,
    OFFER,
    OPERATOR,
    RETIRE,
    RIVAL,
    STRANGER,
    TRANSFER,
    Book,
    accept,
    accept_offer,
    acceptable,
    book_for,
    close_offer,
    day,
    day_span,
    decide_and_apply,
    measure,
    ready_book,
    request,
    uid,
)
from partial_state import Shelf

from app.registry.errors import RefusalError
from app.registry.operation import Operation, Period, Read, Wanted
from app.registry.operations import OPERATIONS
from app.registry.parties import parties_of
from app.registry.ranges import Range
from app.registry.state import Change, State

ACTORS = (GENERATOR, RIVAL, BUYER, AUDITOR, ISSUING_BODY, OPERATOR, STRANGER)


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


@pytest.mark.parametrize("verb", OPERATIONS)
def test_only_a_whitelist_entry_may_be_asked_for_twice_and_the_reads_tell(verb: str) -> None:
    book = book_for(verb)
    operation = acceptable()[verb]
    decide_and_apply(book, operation)

    found = assert_same_answer(book, operation)

    assert isinstance(found, Change) == (verb == "account.whitelist")


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
        accept_offer(uid("no offer")),
        close_offer("recalled", uid("no offer"), by=GENERATOR),
    ],
)
def test_what_is_refused_is_refused_alike_from_what_the_operation_reads(
    operation: Operation,
) -> None:
    assert isinstance(assert_same_answer(ready_book(), operation), tuple)


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

"""Parties: whom an operation concerns, from what the operation reads and does."""

from dataclasses import replace

import pytest
from builders import (
    BUYER,
    DAY_MS,
    DEVICE,
    GENERATOR,
    GENERATOR_OTHER_ACCOUNT,
    HAND_OVER,
    ISSUING_BODY,
    JANUARY,
    METERING,
    OFFER,
    OPERATOR,
    RIVAL,
    STRANGER,
    TRANSFER,
    accept,
    acceptable,
    approve_device,
    book_for,
    day,
    day_span,
    decide_and_apply,
    deregister,
    handed_book,
    measure,
    ms,
    ready_book,
    take_over,
)

from app.registry.measurements import Span
from app.registry.operation import Operation
from app.registry.operations import OPERATIONS
from app.registry.parties import parties_of
from app.registry.state import Change, State

EXPECTED = {
    "genesis": {OPERATOR, ISSUING_BODY},
    "organisation.admit": {ISSUING_BODY, STRANGER},
    "organisation.review": {ISSUING_BODY, BUYER},
    "person.add": {GENERATOR},
    "person.remove": {GENERATOR},
    "endorse": {ISSUING_BODY},
    "record.erase": {ISSUING_BODY},
    "account.open": {GENERATOR},
    "account.whitelist": {GENERATOR, BUYER},
    "device.register": {GENERATOR, METERING},
    "device.revise": {GENERATOR, METERING},
    "device.review": {ISSUING_BODY, GENERATOR, METERING},
    "device.approve": {ISSUING_BODY, GENERATOR, METERING},
    "device.automate": {ISSUING_BODY, GENERATOR},
    "device.suspend": {ISSUING_BODY, GENERATOR},
    "device.hand_over": {GENERATOR, RIVAL, METERING},
    "device.take_over": {GENERATOR, RIVAL, METERING},
    "device.deregister": {ISSUING_BODY, GENERATOR, METERING},
    "fuel.declare": {GENERATOR, METERING},
    "measure": {GENERATOR, METERING},
    "measure.accept": {ISSUING_BODY, GENERATOR, METERING},
    "measure.correct": {GENERATOR, METERING},
    "measure.adjust": {ISSUING_BODY, GENERATOR, METERING},
    "issue.request": {GENERATOR},
    "issue.submit": {GENERATOR},
    "issue.review": {ISSUING_BODY, GENERATOR},
    "issue.approve": {ISSUING_BODY, GENERATOR},
    "issue.reject": {ISSUING_BODY, GENERATOR},
    "issue.withdraw": {GENERATOR},
    "issue": {ISSUING_BODY, GENERATOR, METERING},
    "withdraw": {ISSUING_BODY, GENERATOR},
    "transfer": {GENERATOR, BUYER},
    "transfer.offer": {GENERATOR, RIVAL},
    "transfer.accept": {GENERATOR, RIVAL},
    "transfer.close": {GENERATOR, RIVAL},
    "retire": {GENERATOR},
}


def parties(operation: Operation) -> tuple[str, ...]:
    book = book_for(operation.type)
    return parties_of(book.state, operation, operation.decide(book.state, book.at))


@pytest.mark.parametrize("verb", OPERATIONS)
def test_each_verb_concerns_who_asks_and_whose_things_it_touches(verb: str) -> None:
    assert parties(acceptable()[verb]) == tuple(sorted(EXPECTED[verb]))


@pytest.mark.parametrize("operation", [TRANSFER, OFFER], ids=["transfer", "offer"])
def test_an_organisation_with_both_accounts_is_one_party(operation: Operation) -> None:
    own = replace(operation, to=GENERATOR_OTHER_ACCOUNT)  # type: ignore[call-arg]

    assert parties(own) == (GENERATOR,)


def test_parties_are_the_same_before_and_after_the_change_where_nothing_is_new() -> None:
    book = ready_book()
    change = TRANSFER.decide(book.state, book.at)
    before = parties_of(book.state, TRANSFER, change)
    decide_and_apply(book, TRANSFER)

    assert parties_of(book.state, TRANSFER, change) == before


def test_readings_concern_who_had_the_device_and_who_measured_it_at_their_time() -> None:
    book = handed_book()
    decide_and_apply(book, take_over(DEVICE))
    handed = replace(
        approve_device(DEVICE, number=2), valid_from=HAND_OVER, valid_until=ms("2027-01-01")
    )
    decide_and_apply(book, handed)

    before, after = (
        (Change(puts=(replace(found, start=start, end=start + DAY_MS),)))
        for found in [next(iter(book.state.all(Span)))]
        for start in (HAND_OVER - DAY_MS, HAND_OVER)
    )
    reported = measure(day_span(5))

    assert parties_of(book.state, reported, before) == tuple(sorted((GENERATOR, METERING)))
    assert parties_of(book.state, reported, after) == tuple(sorted((RIVAL, METERING)))


def test_readings_that_no_registration_covers_any_more_concern_the_registrant() -> None:
    book = ready_book()
    decide_and_apply(book, deregister(DEVICE, ended_at=JANUARY))
    spans = tuple(book.state.all(Span))

    found = parties_of(book.state, accept(day(4)), Change(puts=spans))

    assert found == tuple(sorted((ISSUING_BODY, GENERATOR)))


def test_what_was_not_loaded_is_our_fault_and_no_refusal() -> None:
    book = ready_book()
    (span,) = (item for item in book.state.all(Span) if item.start == day(0))

    with pytest.raises(AssertionError, match="transfer does not read whom it concerns"):
        parties_of(State(), TRANSFER, Change(puts=(span,)))

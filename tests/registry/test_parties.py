"""Parties: whom an operation concerns, from what the operation reads and does."""

from dataclasses import replace

import pytest
from builders import (
    BUYER,
    GENERATOR,
    GENERATOR_OTHER_ACCOUNT,
    ISSUING_BODY,
    OFFER,
    OPERATOR,
    RIVAL,
    STRANGER,
    TRANSFER,
    acceptable,
    book_for,
    day,
    decide_and_apply,
    ready_book,
)

from app.registry.measurements import Span
from app.registry.operation import Operation
from app.registry.operations import OPERATIONS
from app.registry.parties import parties_of
from app.registry.state import Change, State

EXPECTED = {
    "genesis": {OPERATOR, ISSUING_BODY},
    "organisation.admit": {ISSUING_BODY, STRANGER},
    "account.open": {GENERATOR},
    "account.whitelist": {GENERATOR, BUYER},
    "device.register": {GENERATOR},
    "device.approve": {ISSUING_BODY, GENERATOR},
    "device.automate": {ISSUING_BODY, GENERATOR},
    "measure": {GENERATOR},
    "measure.accept": {ISSUING_BODY, GENERATOR},
    "issue.request": {GENERATOR},
    "issue.approve": {ISSUING_BODY, GENERATOR},
    "issue.reject": {ISSUING_BODY, GENERATOR},
    "issue.withdraw": {GENERATOR},
    "issue": {ISSUING_BODY, GENERATOR},
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


def test_what_was_not_loaded_is_our_fault_and_no_refusal() -> None:
    book = ready_book()
    (span,) = (item for item in book.state.all(Span) if item.start == day(0))

    with pytest.raises(AssertionError, match="transfer does not read whom it concerns"):
        parties_of(State(), TRANSFER, Change(puts=(span,)))

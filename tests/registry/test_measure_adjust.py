"""Adjust: what an issued span says too much is booked, and paid by what is measured next."""

from dataclasses import replace

import pytest
from builders import (
    ADJUST,
    DAY_ENERGY_WH,
    DEVICE,
    ENDORSEMENT,
    GENERATOR,
    ISSUED,
    ISSUING_BODY,
    OFFICER,
    OPERATOR,
    SECOND_OFFICER,
    STRANGER,
    UNKNOWN,
    WITHDRAW,
    Book,
    accept,
    add_person,
    adjust,
    approve,
    day,
    day_span,
    decide_and_apply,
    deregister,
    endorse,
    endorsed_book,
    issue_days,
    measure,
    ready_book,
    refusal,
    request,
    uid,
)

from app.registry.measurements import Netting, Span
from app.registry.operations.measure_adjust import MeasureAdjust

AUTHORISED = ("separation-of-duties", "/endorsement", "R33")


def adjusted_book(*rights_wh: int) -> Book:
    """Return the ready registry, in which the first day was booked as these, one after another."""
    book = ready_book()
    for number, energy_wh in enumerate(rights_wh):
        book_right(book, energy_wh, number)
    return book


def book_right(book: Book, energy_wh: int, number: int) -> None:
    endorsement = uid(f"endorsement {number}")
    operation = replace(adjust(day(0), energy_wh), endorsement=endorsement)
    decide_and_apply(book, endorse(operation, endorsement=endorsement))
    decide_and_apply(book, operation)


def owed(book: Book) -> tuple[int, int]:
    """Return what the device owes, and what is booked of its first day."""
    return (
        book.state.device(DEVICE).adjustment_wh,
        book.state.find(Span, (DEVICE, day(0))).owed_wh,
    )


def test_what_was_issued_too_much_is_booked_on_span_and_device() -> None:
    book = endorsed_book(ADJUST)
    before = book.state.find(Span, (DEVICE, day(0)))

    rows = decide_and_apply(book, ADJUST)

    assert rows.puts == (
        replace(before, owed_wh=1_000_000),
        replace(book.state.device(DEVICE), adjustment_wh=1_000_000),
    )
    assert (before.issuance, before.energy_wh) == (ISSUED, DAY_ENERGY_WH)


@pytest.mark.parametrize(
    ("rights_wh", "owed_wh"),
    [
        ((DAY_ENERGY_WH - 1,), 1),
        ((0,), DAY_ENERGY_WH),
        ((DAY_ENERGY_WH + 5,), -5),
        ((9_000_000, 7_000_000), 3_000_000),
        ((7_000_000, 9_000_000), 1_000_000),
        ((9_000_000, 11_000_000), -1_000_000),
        ((11_000_000, 9_000_000), 1_000_000),
        ((9_000_000, DAY_ENERGY_WH), 0),
        ((9_000_000, 8_000_000, 9_500_000), 500_000),
    ],
    ids=str,
)
def test_the_last_word_counts_whatever_was_booked_before(
    rights_wh: tuple[int, ...], owed_wh: int
) -> None:
    assert owed(adjusted_book(*rights_wh)) == (owed_wh, owed_wh)


def test_adjustments_of_several_days_add_up() -> None:
    book = ready_book()
    issue_days(book, uid("fourth"), 3, 3)
    for number, (at, energy_wh) in enumerate(((0, 9_000_000), (3, 7_000_000), (0, 9_500_000))):
        endorsement = uid(f"endorsement {number}")
        operation = replace(adjust(day(at), energy_wh), endorsement=endorsement)
        decide_and_apply(book, endorse(operation, endorsement=endorsement))
        decide_and_apply(book, operation)

    assert book.state.device(DEVICE).adjustment_wh == 3_500_000


@pytest.mark.parametrize("again_wh", [9_000_000, DAY_ENERGY_WH])
def test_what_differs_in_nothing_is_refused(again_wh: int) -> None:
    book = adjusted_book() if again_wh == DAY_ENERGY_WH else adjusted_book(again_wh)
    operation = adjust(day(0), again_wh)
    decide_and_apply(book, endorse(operation))

    assert refusal(book, operation) == ("invalid-quantity", "/energy_wh", "R36")


def test_nothing_is_issued_for_a_device_that_owes_until_it_has_paid() -> None:
    book = adjusted_book(9_000_000)
    outstanding = ("adjustment-outstanding", "", "R36")

    assert refusal(book, request(uid("blocked"), 3, 3)) == outstanding
    entry = Netting(
        start=day(5),
        gross_wh=4_000_000,
        deducted_wh=0,
        adjusted_wh=1_000_000,
        deficit_in_wh=0,
        deficit_out_wh=0,
    )
    decide_and_apply(book, replace(measure(day_span(5, 3_000_000)), netting=(entry,)))

    assert owed(book) == (0, 1_000_000)
    assert request(uid("blocked"), 3, 3).decide(book.state, book.at).puts


def test_what_was_issued_too_little_blocks_nothing() -> None:
    book = adjusted_book(11_000_000)

    assert request(uid("free"), 3, 3).decide(book.state, book.at).puts


def test_a_device_that_owes_is_not_deregistered() -> None:
    assert refusal(adjusted_book(9_000_000), deregister(DEVICE))[0] == "adjustment-outstanding"


def test_what_is_not_issued_is_corrected_instead() -> None:
    operation = adjust(day(3), 1)

    assert refusal(endorsed_book(operation), operation) == ("not-issued", "/start", "R36")


def test_a_span_is_named_by_its_start() -> None:
    operation = adjust(day(0) + 1, 1)

    assert refusal(endorsed_book(operation), operation) == ("not-found", "/start", "")


def test_another_persons_word_is_needed() -> None:
    assert refusal(ready_book(), ADJUST) == ("not-found", "/endorsement", "")


@pytest.mark.parametrize(
    ("endorser", "asker"),
    [
        (OFFICER, OFFICER),
        (SECOND_OFFICER, None),
        (None, OFFICER),
        (None, None),
    ],
    ids=["the same", "a nameless asker", "a nameless endorser", "two nameless"],
)
def test_both_persons_are_told_by_name_and_differ(endorser: str | None, asker: str | None) -> None:
    book = ready_book()
    decide_and_apply(book, endorse(ADJUST, person=endorser))

    assert refusal(book, replace(ADJUST, person=asker)) == AUTHORISED


def test_the_second_person_is_of_the_issuing_body() -> None:
    book = ready_book()
    clerk = uid("clerk of the operator")
    decide_and_apply(book, add_person(clerk, OPERATOR))
    decide_and_apply(book, endorse(ADJUST, by=OPERATOR, person=clerk))

    assert refusal(book, ADJUST) == AUTHORISED


@pytest.mark.parametrize(
    "other",
    [
        adjust(day(0), 1),
        replace(ADJUST, reason="another-reason"),
        replace(ADJUST, adjustment=uid("another")),
        WITHDRAW,
    ],
    ids=["energy", "reason", "id", "verb"],
)
def test_a_word_for_something_else_is_none_for_this(other: MeasureAdjust) -> None:
    assert refusal(endorsed_book(other), ADJUST) == AUTHORISED


def test_a_word_holds_whoever_asks_and_under_whatever_id() -> None:
    book = endorsed_book(ADJUST)

    again = replace(ADJUST, id=uid("tried again"), person=uid("third officer"))

    assert again.decide(book.state, book.at).puts


def test_a_span_with_a_finding_that_was_accepted_is_adjusted_like_any_other() -> None:
    book = ready_book()
    decide_and_apply(book, accept(day(4)))
    decide_and_apply(book, request(uid("fourth"), 3, 4))
    decide_and_apply(book, approve(uid("fourth")))
    operation = adjust(day(4), 0)
    decide_and_apply(book, endorse(operation))

    decide_and_apply(book, operation)

    assert book.state.device(DEVICE).adjustment_wh == DAY_ENERGY_WH


def test_refusals_are_raised_in_this_order() -> None:
    book = ready_book()
    worst = replace(adjust(day(3), DAY_ENERGY_WH, device=UNKNOWN), by=STRANGER, endorsement=UNKNOWN)
    admitted = replace(worst, by=GENERATOR)
    by_issuing_body = replace(worst, by=ISSUING_BODY)
    endorsed = replace(by_issuing_body, endorsement=ENDORSEMENT)
    known = replace(endorsed, device=DEVICE, start=day(9))
    measured = replace(known, start=day(3))
    issued = replace(known, start=day(0))
    steps = [worst, admitted, by_issuing_body]

    assert [refusal(book, step)[0] for step in steps] == [
        "unknown-organisation",
        "forbidden-role",
        "not-found",
    ]
    codes = [refusal(endorsed_book(step), step)[:2] for step in (endorsed, known, measured, issued)]
    assert codes == [
        ("not-found", "/device"),
        ("not-found", "/start"),
        ("not-issued", "/start"),
        ("invalid-quantity", "/energy_wh"),
    ]

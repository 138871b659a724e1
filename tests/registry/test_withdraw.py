"""Withdraw: the issuing body takes certificates back, by two persons, with the holders' consent."""

from dataclasses import replace

import pytest
from builders import (
    BUYER,
    BUYER_ACCOUNT,
    DAY_ENERGY_WH,
    DEVICE,
    ENDORSEMENT,
    FACE_VALUE_WH,
    GENERATOR,
    GENERATOR_ACCOUNT,
    GENERATOR_OTHER_ACCOUNT,
    ISSUED,
    ISSUING_BODY,
    OFFER,
    OFFICER,
    OPERATOR,
    RETIRE,
    RIVAL_ACCOUNT,
    SECOND_OFFICER,
    STRANGER,
    TRANSFER,
    UNKNOWN,
    WITHDRAW,
    Book,
    accept,
    accept_offer,
    add_person,
    adjust,
    approve,
    close_offer,
    correct,
    day,
    day_span,
    decide_and_apply,
    endorse,
    endorsed_book,
    holding,
    issue_days,
    measure,
    measured_book,
    ready_book,
    refusal,
    request,
    uid,
)

from app.registry.issuances import Issuance
from app.registry.measurements import Netting, Span
from app.registry.operation import Operation
from app.registry.operations.withdraw import Withdraw
from app.registry.ranges import Range
from app.registry.state import Rows

UNAUTHORISED = ("withdrawal-not-authorised", "/endorsement", "R33")
NO_CONSENT = ("withdrawal-not-authorised", "/consents", "R34")
WHOLE = Range(ISSUED, 1, 10)


def withdrawal(*items: Range, compensates: bool = False, name: str = "withdrawal") -> Withdraw:
    """Return a withdrawal, with an endorsement's id of its own."""
    return replace(
        WITHDRAW,
        id=uid(f"id of {name}"),
        withdrawal=uid(name),
        items=items,
        compensates=compensates,
        endorsement=uid(f"endorsement of {name}"),
    )


def second(book: Book, operation: Withdraw) -> None:
    decide_and_apply(book, endorse(operation, endorsement=operation.endorsement))


def take_back(book: Book, operation: Withdraw) -> Rows:
    """Have a withdrawal endorsed, and withdraw."""
    second(book, operation)
    return decide_and_apply(book, operation)


def refused(book: Book, operation: Withdraw) -> tuple[str, str, str]:
    """Have a withdrawal endorsed; return how it is refused."""
    second(book, operation)
    return refusal(book, operation)


def adjusting(book: Book, number: int, energy_wh: int) -> None:
    operation = replace(
        adjust(day(number), energy_wh), endorsement=uid(f"adjust {number} {energy_wh}")
    )
    decide_and_apply(book, endorse(operation, endorsement=operation.endorsement))
    decide_and_apply(book, operation)


def holdings(book: Book, issuance: str = ISSUED) -> list[tuple[int, int, str, str]]:
    bundles = book.state.bundles.of_issuance(issuance)
    return [(bundle.first, bundle.last, bundle.account, bundle.state) for bundle in bundles]


def figures(book: Book) -> tuple[int, int]:
    """Return what the device carries and owes."""
    device = book.state.device(DEVICE)
    return device.carried_wh, device.adjustment_wh


def freed(book: Book, number: int) -> bool:
    return book.state.find(Span, (DEVICE, day(number))).issuance is None


def test_part_of_an_issuance_is_withdrawn_and_the_rest_stays() -> None:
    book = ready_book()

    rows = take_back(book, withdrawal(Range(ISSUED, 4, 6)))

    assert holdings(book) == [
        (1, 3, GENERATOR_ACCOUNT, "active"),
        (4, 6, GENERATOR_ACCOUNT, "withdrawn"),
        (7, 10, GENERATOR_ACCOUNT, "active"),
    ]
    assert rows.puts == (replace(book.state.issuance(ISSUED), withdrawn=3),)
    assert not freed(book, 0)


def test_a_wholly_withdrawn_issuance_frees_its_spans_and_gives_its_carry_back() -> None:
    book = measured_book(2_700_000, 2_700_000)
    issue_days(book, uid("first"), 0, 0)
    issuance = issue_days(book, uid("second"), 1, 1)
    assert (issuance.carried_in_wh, figures(book)) == (700_000, (400_000, 0))

    rows = take_back(book, withdrawal(Range(issuance.id, 1, issuance.quantity)))

    assert figures(book) == (700_000, 0)
    assert (freed(book, 0), freed(book, 1)) == (False, True)
    assert holdings(book, issuance.id) == [(1, 3, GENERATOR_ACCOUNT, "withdrawn")]
    assert {type(put).__name__ for put in rows.puts} == {"Issuance", "Device", "Span"}


def test_the_withdrawal_of_the_last_part_frees_the_spans() -> None:
    book = ready_book()
    take_back(book, withdrawal(Range(ISSUED, 1, 9), name="first"))
    assert not freed(book, 0)

    take_back(book, withdrawal(Range(ISSUED, 10, 10), name="second"))

    assert freed(book, 0)
    assert book.state.issuance(ISSUED).withdrawn == 10


def test_freed_spans_are_corrected_and_issued_anew_with_new_numbers() -> None:
    book = measured_book(5_000_000)
    first = issue_days(book, uid("wrong"), 0, 0)
    take_back(book, withdrawal(Range(first.id, 1, 5)))
    decide_and_apply(book, correct(day_span(0, 3_500_000)))

    assert refusal(book, request(uid("early"), 0, 0))[0] == "finding-open"
    decide_and_apply(book, accept(day(0)))
    again = issue_days(book, uid("right"), 0, 0)

    assert (again.quantity, again.carried_out_wh) == (3, 500_000)
    assert int(again.number_first) == int(first.number_first) + 5
    assert refusal(book, request(uid("twice"), 0, 0)) == ("double-issuance", "", "R1")


def test_freed_gaps_belong_to_the_next_issuance() -> None:
    book = ready_book()
    take_back(book, withdrawal(WHOLE))

    again = issue_days(book, uid("again"), 0, 1)

    assert again.energy_wh == 2 * DAY_ENERGY_WH


def test_what_later_issuances_have_used_of_its_carry_is_owed() -> None:
    book = measured_book(2_700_000, 2_700_000)
    first = issue_days(book, uid("first"), 0, 0)
    issue_days(book, uid("second"), 1, 1)

    take_back(book, withdrawal(Range(first.id, 1, 2)))

    assert figures(book) == (400_000, 700_000)
    assert refusal(book, request(uid("again"), 0, 0)) == ("adjustment-outstanding", "", "R36")
    entry = Netting(
        start=day(2),
        gross_wh=1_000_000,
        deducted_wh=0,
        adjusted_wh=700_000,
        deficit_in_wh=0,
        deficit_out_wh=0,
    )
    decide_and_apply(book, replace(measure(day_span(2, 300_000)), netting=(entry,)))
    again = issue_days(book, uid("again"), 0, 0)
    assert (again.carried_in_wh, again.quantity, again.carried_out_wh) == (400_000, 3, 100_000)


def test_withdrawing_the_newest_twice_in_a_row_gives_all_back() -> None:
    book = measured_book(2_700_000, 2_700_000)
    first = issue_days(book, uid("first"), 0, 0)
    last = issue_days(book, uid("second"), 1, 1)
    take_back(book, withdrawal(Range(last.id, 1, 3), name="one"))

    take_back(book, withdrawal(Range(first.id, 1, 2), name="two"))

    carried_wh, owed_wh = figures(book)
    assert carried_wh - owed_wh == 0
    assert freed(book, 0)
    assert freed(book, 1)


def test_several_issuances_are_withdrawn_at_once() -> None:
    book = ready_book()
    other = issue_days(book, uid("other"), 3, 3)

    take_back(book, withdrawal(Range(other.id, 1, 10), Range(ISSUED, 2, 2)))

    assert (freed(book, 0), freed(book, 3)) == (False, True)
    assert book.state.issuance(ISSUED).withdrawn == 1


def test_side_by_side_items_are_one_row_of_change() -> None:
    book = ready_book()
    operation = withdrawal(Range(ISSUED, 3, 4), Range(ISSUED, 1, 2))
    second(book, operation)

    moves = operation.decide(book.state, book.at).moves

    assert [(move.first, move.last, move.to_state) for move in moves] == [(1, 4, "withdrawn")]


def owing_book() -> tuple[Book, Issuance]:
    """Return a registry whose device owes two certificates' energy, and another issuance of it."""
    book = ready_book()
    other = issue_days(book, uid("other"), 3, 3)
    adjusting(book, 0, DAY_ENERGY_WH - 2 * FACE_VALUE_WH)
    return book, other


def test_withdrawn_certificates_pay_what_the_device_owes() -> None:
    book, other = owing_book()

    take_back(book, withdrawal(Range(other.id, 1, 1), compensates=True, name="one"))
    assert figures(book) == (0, FACE_VALUE_WH)
    take_back(book, withdrawal(Range(other.id, 2, 2), compensates=True, name="two"))

    assert figures(book) == (0, 0)
    assert holdings(book, other.id)[0] == (1, 2, GENERATOR_ACCOUNT, "withdrawn")


def test_nothing_is_given_back_for_what_was_withdrawn_too_much() -> None:
    book, other = owing_book()

    take_back(book, withdrawal(Range(other.id, 1, 3), compensates=True))

    assert figures(book) == (0, 0)


def test_what_has_paid_is_never_issued_again() -> None:
    book, other = owing_book()
    take_back(book, withdrawal(Range(other.id, 1, 2), compensates=True, name="paying"))

    take_back(book, withdrawal(Range(other.id, 3, 10), name="the rest"))

    assert not freed(book, 3)
    assert book.state.issuance(other.id).withdrawn == 8
    assert refusal(book, request(uid("again"), 3, 3)) == ("double-issuance", "", "R1")


def test_an_issuance_that_pays_as_a_whole_frees_nothing() -> None:
    book, other = owing_book()

    take_back(book, withdrawal(Range(other.id, 1, 10), compensates=True))

    assert not freed(book, 3)


def test_a_device_that_owes_nothing_is_paid_nothing() -> None:
    refused_so = refused(ready_book(), withdrawal(Range(ISSUED, 1, 1), compensates=True))

    assert refused_so == ("withdrawal-not-possible", "/compensates", "R36")


def test_what_was_booked_of_a_withdrawn_issuance_is_not_owed_any_more() -> None:
    book = ready_book()
    adjusting(book, 0, DAY_ENERGY_WH - 3)

    take_back(book, withdrawal(WHOLE))

    assert figures(book) == (0, 0)
    assert book.state.find(Span, (DEVICE, day(0))).owed_wh == 0


def test_what_was_booked_too_little_is_no_credit_once_it_is_withdrawn() -> None:
    book = ready_book()
    adjusting(book, 0, DAY_ENERGY_WH + FACE_VALUE_WH)

    take_back(book, withdrawal(WHOLE))

    assert figures(book) == (0, 0)


def test_a_freed_span_that_was_known_to_be_wrong_waits_for_somebody() -> None:
    book = ready_book()
    adjusting(book, 0, DAY_ENERGY_WH - FACE_VALUE_WH)
    take_back(book, withdrawal(WHOLE))

    assert refusal(book, request(uid("again"), 0, 0)) == ("finding-open", "", "R6")
    decide_and_apply(book, correct(day_span(0, DAY_ENERGY_WH - FACE_VALUE_WH)))
    decide_and_apply(book, accept(day(0)))
    assert issue_days(book, uid("again"), 0, 0).quantity == 9


def test_another_persons_word_is_needed() -> None:
    assert refusal(ready_book(), WITHDRAW) == ("not-found", "/endorsement", "")


@pytest.mark.parametrize(
    ("endorser", "asker"),
    [(OFFICER, OFFICER), (SECOND_OFFICER, None), (None, OFFICER), (None, None)],
    ids=["the same", "a nameless asker", "a nameless endorser", "two nameless"],
)
def test_both_persons_are_told_by_name_and_differ(endorser: str | None, asker: str | None) -> None:
    book = ready_book()
    decide_and_apply(book, endorse(WITHDRAW, person=endorser))

    assert refusal(book, replace(WITHDRAW, person=asker)) == UNAUTHORISED


def test_the_second_person_is_of_the_issuing_body() -> None:
    book = ready_book()
    clerk = uid("clerk of the operator")
    decide_and_apply(book, add_person(clerk, OPERATOR))
    decide_and_apply(book, endorse(WITHDRAW, by=OPERATOR, person=clerk))

    assert refusal(book, WITHDRAW) == UNAUTHORISED


@pytest.mark.parametrize(
    "other",
    [
        replace(WITHDRAW, items=(Range(ISSUED, 1, 4),)),
        replace(WITHDRAW, reason="another-reason"),
        replace(WITHDRAW, case="case-8"),
        replace(WITHDRAW, compensates=True),
        replace(WITHDRAW, withdrawal=uid("another")),
        adjust(day(0), 1),
    ],
    ids=["items", "reason", "case", "compensates", "id", "verb"],
)
def test_a_word_for_something_else_is_none_for_this(other: Operation) -> None:
    assert refusal(endorsed_book(other), WITHDRAW) == UNAUTHORISED


def moved_book() -> Book:
    """Return a registry in which the buyer holds certificates 1 to 3."""
    book = ready_book()
    decide_and_apply(book, TRANSFER)
    return book


def consenting(operation: Withdraw, *consents: str) -> Withdraw:
    return replace(operation, consents=consents or None)


def test_who_holds_them_by_now_consents() -> None:
    book = moved_book()
    operation = consenting(withdrawal(Range(ISSUED, 2, 5)), uid("consent"))
    decide_and_apply(book, endorse(operation, endorsement=uid("consent"), by=BUYER, person=None))

    take_back(book, operation)

    assert holdings(book) == [
        (1, 1, BUYER_ACCOUNT, "active"),
        (2, 3, BUYER_ACCOUNT, "withdrawn"),
        (4, 5, GENERATOR_ACCOUNT, "withdrawn"),
        (6, 10, GENERATOR_ACCOUNT, "active"),
    ]


def test_without_consent_nothing_is_withdrawn() -> None:
    book = moved_book()

    assert refused(book, withdrawal(Range(ISSUED, 1, 10))) == NO_CONSENT
    assert refused(book, withdrawal(Range(ISSUED, 3, 3), name="one")) == NO_CONSENT
    assert take_back(book, withdrawal(Range(ISSUED, 4, 10), name="others")).opened


@pytest.mark.parametrize("by", [GENERATOR, ISSUING_BODY])
def test_another_cannot_consent_for_the_holder(by: str) -> None:
    book = moved_book()
    operation = consenting(withdrawal(Range(ISSUED, 1, 1)), uid("consent"))
    decide_and_apply(book, endorse(operation, endorsement=uid("consent"), by=by, person=None))

    assert refused(book, operation) == NO_CONSENT


def test_consent_to_something_else_is_none_to_this() -> None:
    book = moved_book()
    operation = consenting(withdrawal(Range(ISSUED, 1, 2)), uid("consent"))
    less = replace(operation, items=(Range(ISSUED, 1, 1),))
    decide_and_apply(book, endorse(less, endorsement=uid("consent"), by=BUYER, person=None))

    assert refused(book, operation) == NO_CONSENT


def test_a_consent_that_nobody_gave_is_not_found() -> None:
    operation = consenting(withdrawal(Range(ISSUED, 1, 1)), ENDORSEMENT, uid("none"))
    book = moved_book()
    decide_and_apply(book, endorse(operation, endorsement=ENDORSEMENT, by=BUYER, person=None))

    assert refused(book, operation) == ("not-found", "/consents/1", "")


def test_in_another_account_of_the_registrant_its_consent_is_needed_too() -> None:
    book = ready_book()
    decide_and_apply(book, replace(TRANSFER, to=GENERATOR_OTHER_ACCOUNT))
    operation = consenting(withdrawal(Range(ISSUED, 1, 3)), uid("consent"))

    assert refused(book, replace(operation, consents=None)) == NO_CONSENT
    decide_and_apply(
        book, endorse(operation, endorsement=uid("consent"), by=GENERATOR, person=None)
    )
    assert operation.decide(book.state, book.at).moves


def test_what_is_retired_stays_retired() -> None:
    book = ready_book()
    decide_and_apply(book, RETIRE)

    refused_so = refused(book, withdrawal(Range(ISSUED, 4, 4), Range(ISSUED, 1, 2)))

    assert refused_so == ("withdrawal-not-possible", "/items/1", "R33")


def test_what_is_withdrawn_is_not_withdrawn_again() -> None:
    book = ready_book()
    take_back(book, withdrawal(Range(ISSUED, 1, 3), name="first"))

    refused_so = refused(book, withdrawal(Range(ISSUED, 3, 4), name="second"))

    assert refused_so == ("withdrawal-not-possible", "/items/0", "R33")


@pytest.mark.parametrize("verb", [TRANSFER, OFFER, RETIRE])
def test_what_is_withdrawn_goes_nowhere_any_more(verb: Operation) -> None:
    book = ready_book()
    take_back(book, withdrawal(WHOLE))

    assert refusal(book, verb)[0] in ("invalid-state-transition", "insufficient-balance")


def test_what_is_offered_is_withdrawn_once_the_offer_is_aborted() -> None:
    book = ready_book()
    decide_and_apply(book, OFFER)
    operation = withdrawal(Range(ISSUED, 5, 6), Range(ISSUED, 2, 3))

    assert refused(book, operation) == ("invalid-state-transition", "/items/1", "R33")
    decide_and_apply(book, close_offer("aborted", by=ISSUING_BODY))
    decide_and_apply(book, operation)

    assert holdings(book)[1] == (2, 3, GENERATOR_ACCOUNT, "withdrawn")


def test_what_was_accepted_in_the_meantime_needs_consent() -> None:
    book = ready_book()
    decide_and_apply(book, OFFER)
    decide_and_apply(book, accept_offer())

    assert refused(book, withdrawal(Range(ISSUED, 1, 3))) == NO_CONSENT
    assert holdings(book)[0] == (1, 3, RIVAL_ACCOUNT, "active")


def test_what_is_locked_is_withdrawn() -> None:
    book = ready_book()
    holding(book, uid("locked"), (4, GENERATOR_ACCOUNT, "locked"))

    take_back(book, withdrawal(Range(uid("locked"), 1, 2)))

    assert holdings(book, uid("locked"))[0] == (1, 2, GENERATOR_ACCOUNT, "withdrawn")


def test_no_window_keeps_an_error_alive() -> None:
    book = ready_book()
    book.time_ms = book.state.issuance(ISSUED).retire_until + 1

    assert take_back(book, withdrawal(WHOLE)).opened


@pytest.mark.parametrize("again", [Range(ISSUED, 3, 5), Range(ISSUED, 1, 3), Range(ISSUED, 2, 2)])
def test_items_that_overlap_are_refused(again: Range) -> None:
    refused_so = refused(ready_book(), withdrawal(Range(ISSUED, 1, 3), again))

    assert refused_so == ("duplicate-item", "/items", "")


def test_ordinals_that_an_issuance_does_not_have_are_refused() -> None:
    refused_so = refused(ready_book(), withdrawal(Range(ISSUED, 1, 1), Range(ISSUED, 10, 11)))

    assert refused_so == ("invalid-number-range", "/items/1/last", "R18")


def test_no_more_rows_than_an_operation_may_change_are_withdrawn() -> None:
    book = ready_book()
    pieces = [
        (1, GENERATOR_ACCOUNT if at % 2 else GENERATOR_OTHER_ACCOUNT, "active") for at in range(151)
    ]
    holding(book, uid("scattered"), *pieces)
    book.state.add(replace(book.state.issuance(uid("scattered")), account=GENERATOR_ACCOUNT))

    for last, code in ((150, ""), (151, "too-many-ranges")):
        operation = consenting(
            withdrawal(Range(uid("scattered"), 1, last), name=f"to {last}"), uid(f"yes {last}")
        )
        word = endorse(operation, endorsement=uid(f"yes {last}"), by=GENERATOR, person=None)
        decide_and_apply(book, word)
        second(book, operation)
        if code:
            assert refusal(book, operation)[0] == code
        else:
            assert len(operation.decide(book.state, book.at).moves) == 150


def test_numbers_are_never_used_again() -> None:
    book = measured_book(3_000_000, 2_000_000)
    first = issue_days(book, uid("first"), 0, 0)
    take_back(book, withdrawal(Range(first.id, 1, 3)))
    numbers = [int(first.number_first)]

    for name, number in (("again", 0), ("next", 1)):
        decide_and_apply(book, request(uid(name), number, number))
        decide_and_apply(book, approve(uid(name)))
        numbers.append(int(book.state.issuance(uid(name)).number_first))

    assert [number - numbers[0] for number in numbers] == [0, 3, 6]
    assert book.state.domain("DK").issued == 8


def test_refusals_are_raised_in_this_order() -> None:
    book = moved_book()
    overlap = (Range(UNKNOWN, 1, 1), Range(UNKNOWN, 1, 1))
    worst = replace(withdrawal(*overlap), by=STRANGER)
    admitted = replace(worst, by=GENERATOR)
    by_issuing_body = replace(worst, by=ISSUING_BODY)

    assert [refusal(book, step)[0] for step in (worst, admitted, by_issuing_body)] == [
        "unknown-organisation",
        "forbidden-role",
        "not-found",
    ]
    steps = [
        withdrawal(*overlap, name="overlap"),
        withdrawal(Range(UNKNOWN, 1, 1), name="unknown"),
        withdrawal(Range(ISSUED, 1, 11), name="too many"),
        withdrawal(Range(ISSUED, 1, 10), compensates=True, name="no consent"),
        withdrawal(Range(ISSUED, 4, 10), compensates=True, name="nothing owed"),
    ]
    assert [refused(book, step) for step in steps] == [
        ("duplicate-item", "/items", ""),
        ("not-found", "/items/0/issuance", ""),
        ("invalid-number-range", "/items/0/last", "R18"),
        NO_CONSENT,
        ("withdrawal-not-possible", "/compensates", "R36"),
    ]

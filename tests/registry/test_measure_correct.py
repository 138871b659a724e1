"""Correct: spans and gaps that are not issued are reported anew; the issuing body accepts them."""

from dataclasses import replace

import pytest
from builders import (
    CAPACITY_W,
    DAY_ENERGY_WH,
    DEVICE,
    GENERATOR,
    HOUR_MS,
    ISSUED,
    METERING,
    NOW,
    REGISTERED_DEVICE,
    RIVAL,
    STRANGER,
    UNKNOWN,
    Book,
    accept,
    correct,
    day,
    day_gap,
    day_span,
    decide_and_apply,
    devices_book,
    finding,
    issue_days,
    measure,
    ms,
    ready_book,
    refusal,
    request,
    review_organisation,
    span,
    suspend,
    uid,
)

from app.registry.measurements import DeclaredQuality, Span

WANTED = uid("wanted")


def book_with_gap() -> Book:
    """Return a registry whose device has a day, a day's gap, and a day."""
    book = devices_book()
    decide_and_apply(book, measure(day_span(0), day_span(2), gaps=[day_gap(1, 1)]))
    return book


def found(book: Book, number: int) -> Span:
    return book.state.find(Span, (DEVICE, day(number)))


def test_a_corrected_span_replaces_the_one_before_and_waits() -> None:
    book = book_with_gap()

    rows = decide_and_apply(book, correct(day_span(0, 7)))

    assert rows.puts == (
        replace(
            day_span(0, 7).of(DEVICE, is_accepted=False),
            quality="corrected",
        ),
    )
    assert [span.energy_wh for span in book.state.timeline(DEVICE)] == [7, 0, DAY_ENERGY_WH]


def test_a_gap_is_filled_by_a_correction() -> None:
    book = book_with_gap()

    decide_and_apply(book, correct(day_span(1, 3_000_000)))
    decide_and_apply(book, accept(day(1)))

    assert (found(book, 1).gap, found(book, 1).energy_wh) == ("", 3_000_000)
    assert issue_days(book, WANTED, 1, 1).quantity == 3


def test_nothing_is_issued_on_a_correction_before_it_is_accepted() -> None:
    book = book_with_gap()
    decide_and_apply(book, correct(day_span(2, 4_000_000)))

    assert refusal(book, request(WANTED, 1, 2)) == ("finding-open", "", "R6")
    decide_and_apply(book, accept(day(2)))
    assert issue_days(book, WANTED, 1, 2).quantity == 4


def test_a_correction_may_be_corrected_and_waits_again() -> None:
    book = book_with_gap()
    decide_and_apply(book, correct(day_span(0, 5)))
    decide_and_apply(book, accept(day(0)))

    decide_and_apply(book, correct(day_span(0, 6)))

    assert (found(book, 0).energy_wh, found(book, 0).is_accepted) == (6, False)


def test_several_days_are_corrected_at_once_in_any_order() -> None:
    book = book_with_gap()

    rows = decide_and_apply(book, correct(day_span(2, 2), day_span(0, 1)))

    assert [(put.start, put.energy_wh) for put in rows.puts if isinstance(put, Span)] == [
        (day(0), 1),
        (day(2), 2),
    ]


def test_who_corrects_says_how_it_knows() -> None:
    book = book_with_gap()
    quality = DeclaredQuality(start=day(0), quality="substituted")

    decide_and_apply(book, replace(correct(day_span(0, 5)), qualities=(quality,)))

    assert found(book, 0).quality == "substituted"


def test_a_correction_over_the_capacity_waits_like_any_other() -> None:
    book = book_with_gap()

    decide_and_apply(book, correct(day_span(0, 24 * CAPACITY_W + 1)))

    assert not found(book, 0).is_accepted


@pytest.mark.parametrize("length_ms", [-1, 1, -HOUR_MS, HOUR_MS])
def test_it_is_as_long_as_what_it_replaces(length_ms: int) -> None:
    refused = refusal(book_with_gap(), correct(span(day(0), day(1) + length_ms, 0)))

    assert refused == ("span-boundary", "/spans/0", "R2")


@pytest.mark.parametrize("start", [day(0) + 1, day(3), day(1) + HOUR_MS])
def test_it_begins_where_what_it_replaces_begins(start: int) -> None:
    refused = refusal(book_with_gap(), correct(span(start, start + HOUR_MS, 0)))

    assert refused == ("not-found", "/spans/0", "")


def test_the_pointer_names_the_span_as_it_was_sent() -> None:
    book = ready_book()
    issued_last = correct(day_span(3), day_span(0))

    assert refusal(book, issued_last) == ("double-issuance", "/spans/1", "R36")
    assert refusal(book, correct(span(day(3), day(4) - 1), day_span(0)))[1] == "/spans/0"
    assert refusal(book, correct(span(NOW, NOW + 1), day_span(3)))[1] == "/spans/0"


def test_what_is_issued_is_not_corrected() -> None:
    book = ready_book()

    assert refusal(book, correct(day_span(0))) == ("double-issuance", "/spans/0", "R36")
    assert found(book, 0).issuance == ISSUED


def test_a_gap_that_an_issuance_runs_over_is_issued_too() -> None:
    book = book_with_gap()
    issue_days(book, WANTED, 0, 1)

    assert refusal(book, correct(day_span(1))) == ("double-issuance", "/spans/0", "R36")


def test_two_corrections_of_one_day_do_not_go_together() -> None:
    refused = refusal(book_with_gap(), correct(day_span(0, 1), day_span(0, 2)))

    assert refused == ("measurement-overlap", "", "R2")


def test_of_a_suspended_device_readings_are_corrected_all_the_while() -> None:
    book = book_with_gap()
    decide_and_apply(book, suspend(DEVICE))

    assert correct(day_span(0, 1)).decide(book.state, book.at).puts


def test_who_is_suspended_corrects_nothing() -> None:
    book = book_with_gap()
    decide_and_apply(book, review_organisation(METERING, suspended=True))

    assert refusal(book, correct(day_span(0, 1)))[0] == "organisation-suspended"
    assert refusal(book, measure(day_span(3)))[0] == "organisation-suspended"


def test_the_registrant_of_a_metered_device_corrects_nothing() -> None:
    refused = refusal(book_with_gap(), replace(correct(day_span(0)), by=GENERATOR))

    assert refused == ("reporter-not-authorised", "", "R59")


def test_a_finding_may_stand_beside_a_correction() -> None:
    book = book_with_gap()

    decide_and_apply(book, replace(correct(day_span(0)), findings=(finding(day(0)),)))

    assert not found(book, 0).is_accepted


def test_a_correction_lies_within_one_version() -> None:
    book = book_with_gap()
    book.time_ms = ms("2028-06-01")
    outside = correct(span(ms("2028-01-01") - HOUR_MS, ms("2028-01-01") + 1, 0))

    assert refusal(book, outside) == ("registration-boundary", "", "R3")


def test_refusals_are_raised_in_this_order() -> None:
    book = ready_book()
    worst = replace(correct(span(day(0), day(0)), day_span(9), device=UNKNOWN), by=STRANGER)
    admitted = replace(worst, by=RIVAL)
    known = replace(admitted, device=REGISTERED_DEVICE)
    forward = replace(known, spans=(span(NOW, NOW + 1), day_span(9)))
    over_now = replace(known, spans=(day_span(-1), day_span(0), day_span(0)))
    approved = replace(over_now, device=DEVICE)
    inside = replace(approved, spans=(span(day(0), day(0) + 26 * HOUR_MS), day_span(0)))
    metered = replace(inside, by=METERING)
    short = replace(metered, spans=(day_span(0), day_span(0)))
    disjoint = replace(short, spans=(day_span(0),))

    steps = [worst, admitted, known, forward, over_now, approved, inside, metered, short, disjoint]

    assert [refusal(book, step)[0] for step in steps] == [
        "unknown-organisation",
        "not-found",
        "invalid-interval",
        "future-production",
        "device-not-eligible",
        "registration-boundary",
        "reporter-not-authorised",
        "invalid-interval",
        "measurement-overlap",
        "double-issuance",
    ]

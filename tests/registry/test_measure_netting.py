"""Netting: what was imported or issued too much is taken from what is measured next, to the Wh."""

from dataclasses import replace

import pytest
from builders import (
    DAY_ENERGY_WH,
    DEVICE,
    GENERATOR_ACCOUNT,
    Book,
    accept,
    correct,
    day,
    day_gap,
    day_span,
    decide_and_apply,
    devices_book,
    issue_days,
    measure,
    refusal,
    span,
    uid,
)
from hypothesis import given
from hypothesis import strategies as st

from app.registry.measurements import DeclaredQuality, Netting, Span
from app.registry.operations.measure import Measure

MISMATCH = ("netting-mismatch", "/netting", "R12")
OUTSTANDING = ("adjustment-outstanding", "/netting", "R36")


def netting(
    number: int,
    gross_wh: int,
    *,
    deducted_wh: int = 0,
    adjusted_wh: int = 0,
    deficit_in_wh: int = 0,
    deficit_out_wh: int = 0,
) -> Netting:
    return Netting(
        start=day(number),
        gross_wh=gross_wh,
        deducted_wh=deducted_wh,
        adjusted_wh=adjusted_wh,
        deficit_in_wh=deficit_in_wh,
        deficit_out_wh=deficit_out_wh,
    )


def netted(*entries: Netting) -> Measure:
    """Return the report of the days of these entries, each with the energy that it gives."""
    spans = (span(entry.start, entry.start + 86_400_000, entry.energy_wh) for entry in entries)
    return replace(measure(*spans), netting=entries)


def owing_book(adjustment_wh: int, deficit_wh: int = 0) -> Book:
    book = devices_book()
    device = book.state.device(DEVICE)
    book.state.add(replace(device, adjustment_wh=adjustment_wh, deficit_wh=deficit_wh))
    return book


def balance(book: Book) -> tuple[int, int]:
    device = book.state.device(DEVICE)
    return device.deficit_wh, device.adjustment_wh


def test_what_is_imported_in_a_night_is_taken_from_the_next_days() -> None:
    book = devices_book()

    decide_and_apply(book, netted(netting(0, 0, deducted_wh=700, deficit_out_wh=700)))
    assert balance(book) == (700, 0)
    second = netting(1, 500, deducted_wh=100, deficit_in_wh=700, deficit_out_wh=300)
    decide_and_apply(book, netted(second))
    assert balance(book) == (300, 0)
    decide_and_apply(book, netted(netting(2, 1_000, deficit_in_wh=300)))

    assert balance(book) == (0, 0)
    assert [span.energy_wh for span in book.state.timeline(DEVICE)] == [0, 0, 700]


def test_a_deficit_is_chained_within_a_report_whatever_its_order() -> None:
    book = devices_book()
    report = netted(
        netting(2, 900, deficit_in_wh=200),
        netting(0, 0, deducted_wh=500, deficit_out_wh=500),
        netting(1, 300, deficit_in_wh=500, deficit_out_wh=200),
    )

    decide_and_apply(book, report)

    assert balance(book) == (0, 0)


def test_a_span_says_what_its_energy_is_less_by() -> None:
    book = owing_book(50, deficit_wh=30)

    rows = decide_and_apply(
        book, netted(netting(0, 1_000, deducted_wh=20, adjusted_wh=50, deficit_in_wh=30))
    )

    (found,) = (put for put in rows.puts if isinstance(put, Span))
    assert (found.energy_wh, found.netted_wh) == (900, 80)
    assert balance(book) == (0, 0)


def test_a_deficit_goes_over_a_declared_gap_and_over_a_day_without_energy() -> None:
    book = owing_book(0, deficit_wh=40)

    decide_and_apply(book, measure(day_span(0, 0), gaps=[day_gap(1, 1)]))
    decide_and_apply(book, netted(netting(2, 100, deficit_in_wh=40)))

    assert balance(book) == (0, 0)


def test_energy_that_leaves_a_deficit_out_is_refused() -> None:
    book = owing_book(0, deficit_wh=1)

    assert refusal(book, measure(day_span(0, 1))) == MISMATCH
    assert measure(day_span(0, 0)).decide(book.state, book.at).puts


@pytest.mark.parametrize(
    "entry",
    [
        netting(0, 1_000, deficit_in_wh=699),
        netting(0, 1_000, deficit_in_wh=701),
        netting(0, 1_000),
        netting(0, 0, deficit_in_wh=700, deficit_out_wh=699),
    ],
    ids=["less", "more", "none", "in and out"],
)
def test_a_deficit_goes_in_as_it_came_out_to_the_watt_hour(entry: Netting) -> None:
    book = owing_book(0, deficit_wh=700)
    report = replace(netted(entry), spans=(day_span(0, max(entry.energy_wh, 0)),))

    assert refusal(book, report) == MISMATCH


@pytest.mark.parametrize("energy_wh", [899, 901])
def test_the_energy_is_what_gross_and_deductions_give_to_the_watt_hour(energy_wh: int) -> None:
    report = replace(netted(netting(0, 1_000, deducted_wh=100)), spans=(day_span(0, energy_wh),))

    assert refusal(devices_book(), report) == MISMATCH


def test_more_than_was_given_cannot_be_deducted_without_a_deficit() -> None:
    report = replace(netted(netting(0, 100, deducted_wh=101)), spans=(day_span(0, 0),))

    assert refusal(devices_book(), report) == MISMATCH


def test_an_adjustment_is_paid_before_energy_is_left() -> None:
    book = owing_book(1_000)

    assert refusal(book, measure(day_span(0, 1))) == OUTSTANDING
    assert refusal(book, netted(netting(0, 1_000, adjusted_wh=999))) == OUTSTANDING
    decide_and_apply(book, netted(netting(0, 600, adjusted_wh=600)))
    assert balance(book) == (0, 400)
    decide_and_apply(book, netted(netting(1, 900, adjusted_wh=400)))
    assert balance(book) == (0, 0)
    decide_and_apply(book, measure(day_span(2, 7)))

    assert [span.energy_wh for span in book.state.timeline(DEVICE)] == [0, 500, 7]


def test_no_more_is_paid_than_is_owed() -> None:
    assert refusal(owing_book(10), netted(netting(0, 100, adjusted_wh=11))) == MISMATCH
    assert refusal(devices_book(), netted(netting(0, 100, adjusted_wh=1))) == MISMATCH


def test_what_was_issued_too_little_is_no_debt_and_nothing_is_paid_for_it() -> None:
    book = owing_book(-5)

    assert measure(day_span(0, 9)).decide(book.state, book.at).puts
    assert refusal(book, netted(netting(0, 9, adjusted_wh=1))) == MISMATCH
    decide_and_apply(book, netted(netting(0, 9, deducted_wh=3)))
    assert balance(book) == (0, -5)


ENTRY = netting(0, DAY_ENERGY_WH)
QUALITY = DeclaredQuality(start=day(0), quality="estimated")


@pytest.mark.parametrize(
    ("name", "once", "twice", "elsewhere"),
    [
        (
            "netting",
            replace(measure(day_span(0)), netting=(ENTRY,)),
            replace(measure(day_span(0)), netting=(ENTRY, ENTRY)),
            replace(measure(day_span(0)), netting=(replace(ENTRY, start=day(1)),)),
        ),
        (
            "qualities",
            replace(measure(day_span(0)), qualities=(QUALITY,)),
            replace(measure(day_span(0)), qualities=(QUALITY, QUALITY)),
            replace(measure(day_span(0)), qualities=(replace(QUALITY, start=day(1)),)),
        ),
    ],
    ids=["netting", "qualities"],
)
def test_what_is_said_of_a_span_names_it_once(
    name: str, once: Measure, twice: Measure, elsewhere: Measure
) -> None:
    book = devices_book()

    assert once.decide(book.state, book.at).puts
    assert refusal(book, twice) == ("duplicate-item", f"/{name}", "")
    assert refusal(book, elsewhere) == ("invalid-field", f"/{name}", "")


def test_a_correction_takes_no_deficit_in() -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(0, 10)))
    covering = netting(0, 15, deficit_in_wh=5)

    corrected = replace(correct(day_span(0, 10)), netting=(covering,))

    assert refusal(book, corrected) == MISMATCH


def test_what_a_correction_does_not_cover_is_owed_since_later_days_are_netted_already() -> None:
    book = devices_book()
    decide_and_apply(book, netted(netting(0, 0, deducted_wh=60, deficit_out_wh=60)))
    decide_and_apply(book, netted(netting(1, 100, deficit_in_wh=60)))
    more = netting(0, 10, deducted_wh=90, deficit_out_wh=80)
    less = netting(0, 10, deducted_wh=30, deficit_out_wh=20)

    decide_and_apply(book, replace(correct(day_span(0, 0)), netting=(more,)))
    owed_more = balance(book)
    decide_and_apply(book, replace(correct(day_span(0, 0)), netting=(less,)))

    assert owed_more == (0, 20)
    assert balance(book) == (0, -40)


def test_a_correction_leaves_the_deficit_of_later_days_alone() -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(0, 10)))
    decide_and_apply(book, netted(netting(1, 0, deducted_wh=5, deficit_out_wh=5)))

    decide_and_apply(book, correct(day_span(0, 7)))

    assert balance(book) == (5, 0)


def test_what_a_replaced_span_had_paid_is_paid_by_the_new_one() -> None:
    book = owing_book(1_000)
    decide_and_apply(book, netted(netting(0, 1_500, adjusted_wh=1_000)))
    forgetful = correct(day_span(0, 1_500))
    paying = replace(correct(day_span(0, 600)), netting=(netting(0, 1_600, adjusted_wh=1_000),))

    assert refusal(book, forgetful) == OUTSTANDING
    decide_and_apply(book, paying)

    assert balance(book) == (0, 0)
    assert book.state.find(Span, (DEVICE, day(0))).netted_wh == 1_000


def test_what_a_replaced_span_had_paid_is_owed_again_where_the_new_one_gives_nothing() -> None:
    book = owing_book(1_000)
    decide_and_apply(book, netted(netting(0, 1_500, adjusted_wh=1_000)))

    decide_and_apply(book, correct(day_span(0, 0)))

    assert balance(book) == (0, 1_000)


def test_a_deficit_that_a_replaced_span_had_covered_is_owed_by_the_new_one() -> None:
    book = owing_book(0, deficit_wh=40)
    decide_and_apply(book, netted(netting(0, 100, deficit_in_wh=40)))

    assert refusal(book, correct(day_span(0, 100))) == OUTSTANDING
    decide_and_apply(
        book, replace(correct(day_span(0, 80)), netting=(netting(0, 120, adjusted_wh=40),))
    )

    assert balance(book) == (0, 0)


def test_a_deficit_that_was_none_makes_up_for_what_later_days_paid() -> None:
    book = devices_book()
    decide_and_apply(book, netted(netting(0, 0, deducted_wh=60, deficit_out_wh=60)))
    decide_and_apply(book, netted(netting(1, 100, deficit_in_wh=60)))

    decide_and_apply(book, correct(day_span(0, 0)))

    assert balance(book) == (0, -60)


def flows() -> st.SearchStrategy[list[tuple[int, int]]]:
    """Give what a device gave and drew in each of some days."""
    return st.lists(st.tuples(st.integers(0, 3_000), st.integers(0, 3_000)), min_size=1, max_size=9)


@given(days=flows(), owed_wh=st.integers(0, 5_000), cut=st.integers(0, 9))
def test_over_any_days_nothing_is_lost_and_nothing_given_twice(
    days: list[tuple[int, int]], owed_wh: int, cut: int
) -> None:
    book = owing_book(owed_wh)
    left_wh, deficit_wh = owed_wh, 0
    entries = []
    for number, (gross_wh, deducted_wh) in enumerate(days):
        net_wh = gross_wh - deducted_wh - deficit_wh
        paid_wh = min(max(net_wh, 0), left_wh)
        out_wh = max(-net_wh, 0)
        entries.append(
            netting(
                number,
                gross_wh,
                deducted_wh=deducted_wh,
                adjusted_wh=paid_wh,
                deficit_in_wh=deficit_wh,
                deficit_out_wh=out_wh,
            )
        )
        left_wh, deficit_wh = left_wh - paid_wh, out_wh

    for part in (entries[:cut], entries[cut:]):
        if part:
            decide_and_apply(book, netted(*part))

    spans = book.state.timeline(DEVICE)
    measured_wh = sum(gross_wh - deducted_wh for gross_wh, deducted_wh in days)
    assert balance(book) == (deficit_wh, left_wh)
    assert sum(span.energy_wh + span.netted_wh for span in spans) == measured_wh
    assert sum(span.energy_wh for span in spans) == (measured_wh - (owed_wh - left_wh) + deficit_wh)


def test_what_is_netted_is_issued_net() -> None:
    book = devices_book()
    decide_and_apply(
        book,
        netted(
            netting(0, 2_500_000, deducted_wh=400_000),
            netting(1, 0, deducted_wh=100_000, deficit_out_wh=100_000),
            netting(2, 3_000_000, deficit_in_wh=100_000),
        ),
    )

    issuance = issue_days(book, uid("netted"), 0, 2)

    assert (issuance.energy_wh, issuance.quantity, issuance.carried_out_wh) == (5_000_000, 5, 0)
    assert issuance.account == GENERATOR_ACCOUNT


def test_a_corrected_day_is_issued_net_once_it_is_accepted() -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(0, 5_000_000)))
    entry = netting(0, 5_000_000, deducted_wh=1_000_000)
    decide_and_apply(book, replace(correct(day_span(0, 4_000_000)), netting=(entry,)))
    decide_and_apply(book, accept(day(0)))

    assert issue_days(book, uid("corrected"), 0, 0).quantity == 4

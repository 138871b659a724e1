"""Parts: a source of a multi-fuel device is measured as its declared share of the whole."""

from dataclasses import replace

import pytest
from builders import (
    BOILER,
    DEVICE,
    FACE_VALUE_WH,
    GAS,
    HOUR_MS,
    WOOD,
    Book,
    accept,
    approve,
    correct,
    day,
    day_gap,
    day_span,
    decide_and_apply,
    declare_fuels,
    finding,
    fuels_book,
    issue_days,
    measure,
    refusal,
    request,
    span,
    uid,
)

from app.registry.measurements import MeasuredSpan, Netting
from app.registry.operation import DEVICE as DEVICE_READ
from app.registry.operation import FUELS, PERIOD, Period, Read
from app.registry.operations.measure import Measure
from app.registry.operations.measure_correct import MeasureCorrect

WHOLE_WH = 10_000_001
WOOD_WH = 6_000_000
GAS_WH = 4_000_001
NOT_THE_SHARE = ("fuel-split-not-100", "/spans/0/energy_wh", "R1")


def part(*spans: MeasuredSpan, device: str = WOOD) -> Measure:
    return replace(measure(*spans, device=device), part_of=BOILER)


def correcting(*spans: MeasuredSpan, device: str = WOOD) -> MeasureCorrect:
    return replace(correct(*spans, device=device), part_of=BOILER)


def burning_book() -> Book:
    """Return a registry in which the boiler was measured and its sources declared for a day."""
    book = fuels_book()
    decide_and_apply(book, declare_fuels((WOOD, 6_000), (GAS, 4_000), first=0, last=0))
    decide_and_apply(book, measure(day_span(0, WHOLE_WH), day_span(1, WHOLE_WH), device=BOILER))
    return book


def test_each_part_has_its_share_and_together_they_have_the_whole() -> None:
    book = burning_book()

    decide_and_apply(book, part(day_span(0, WOOD_WH)), part(day_span(0, GAS_WH), device=GAS))

    assert WOOD_WH + GAS_WH == WHOLE_WH
    assert [book.state.timeline(device)[0].energy_wh for device in (WOOD, GAS)] == [
        WOOD_WH,
        GAS_WH,
    ]


@pytest.mark.parametrize("energy_wh", [0, WOOD_WH - 1, WOOD_WH + 1, GAS_WH, WHOLE_WH])
def test_another_energy_than_the_share_is_refused(energy_wh: int) -> None:
    assert refusal(burning_book(), part(day_span(0, energy_wh))) == NOT_THE_SHARE


def test_the_share_is_what_is_given_before_anything_is_netted() -> None:
    book = burning_book()
    entry = Netting(
        start=day(0),
        gross_wh=WOOD_WH,
        deducted_wh=500,
        adjusted_wh=0,
        deficit_in_wh=0,
        deficit_out_wh=0,
    )

    wrong = replace(entry, gross_wh=WOOD_WH + 500)
    assert refusal(book, replace(part(day_span(0, WOOD_WH)), netting=(wrong,))) == NOT_THE_SHARE
    decide_and_apply(book, replace(part(day_span(0, WOOD_WH - 500)), netting=(entry,)))


def test_a_day_without_declared_shares_has_no_parts() -> None:
    book = burning_book()

    assert refusal(book, part(day_span(1, WOOD_WH))) == NOT_THE_SHARE


def test_a_declaration_covers_the_whole_span() -> None:
    book = fuels_book()
    decide_and_apply(book, measure(day_span(0, WHOLE_WH), device=BOILER))
    half = declare_fuels((WOOD, 6_000), (GAS, 4_000), first=0, last=0)
    decide_and_apply(book, replace(half, period_end=day(0) + 12 * HOUR_MS))

    assert refusal(book, part(day_span(0, WOOD_WH))) == NOT_THE_SHARE


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        (span(day(0), day(1) - HOUR_MS, WOOD_WH), ("span-boundary", "/spans/0", "")),
        (span(day(0) + HOUR_MS, day(1), WOOD_WH), ("not-found", "/spans/0", "")),
        (day_span(2, WOOD_WH), ("not-found", "/spans/0", "")),
    ],
    ids=["shorter", "later", "not measured"],
)
def test_parts_have_the_spans_of_the_whole(
    reported: MeasuredSpan, expected: tuple[str, str, str]
) -> None:
    assert refusal(burning_book(), part(reported)) == expected


def test_of_a_gap_of_the_whole_there_are_no_parts() -> None:
    book = fuels_book()
    decide_and_apply(book, declare_fuels((WOOD, 6_000), (GAS, 4_000)))
    decide_and_apply(book, measure(day_span(0, WHOLE_WH), gaps=[day_gap(1, 1)], device=BOILER))

    assert refusal(book, part(day_span(1, 0))) == ("span-boundary", "/spans/0", "")


def test_parts_wait_until_the_whole_is_accepted() -> None:
    book = fuels_book()
    decide_and_apply(book, declare_fuels((WOOD, 6_000), (GAS, 4_000)))
    decide_and_apply(
        book, measure(day_span(0, WHOLE_WH), findings=[finding(day(0))], device=BOILER)
    )

    assert refusal(book, part(day_span(0, WOOD_WH))) == ("finding-open", "/spans/0", "R6")
    decide_and_apply(book, accept(day(0), device=BOILER))
    assert decide_and_apply(book, part(day_span(0, WOOD_WH))).puts


@pytest.mark.parametrize(
    "report",
    [
        measure(day_span(0, WOOD_WH), device=WOOD),
        replace(measure(day_span(0, WOOD_WH), device=WOOD), part_of=DEVICE),
        replace(measure(day_span(5, WOOD_WH)), part_of=BOILER),
    ],
    ids=["silent", "another", "no part"],
)
def test_a_report_names_what_its_device_is_part_of(report: Measure) -> None:
    assert refusal(burning_book(), report) == ("invalid-field", "/part_of", "")


def test_a_corrected_part_has_its_share_of_the_whole_as_it_stands() -> None:
    book = burning_book()
    decide_and_apply(book, part(day_span(0, WOOD_WH)))
    decide_and_apply(book, correct(day_span(0, 2_000_000), device=BOILER))
    anew = correcting(day_span(0, 1_200_000))

    assert refusal(book, anew) == ("finding-open", "/spans/0", "R6")
    decide_and_apply(book, accept(day(0), device=BOILER))
    assert refusal(book, correcting(day_span(0, WOOD_WH))) == NOT_THE_SHARE
    decide_and_apply(book, anew)

    assert book.state.timeline(WOOD)[0].energy_wh == 1_200_000


def test_the_whole_has_no_certificates_and_each_part_has_its_own() -> None:
    book = burning_book()
    decide_and_apply(book, part(day_span(0, WOOD_WH)), part(day_span(0, GAS_WH), device=GAS))

    whole = request(uid("whole"), 0, 0, device=BOILER)
    gas = request(uid("gas"), 0, 0, device=GAS)
    issuance = issue_days(book, uid("wood"), 0, 0, device=WOOD)

    assert refusal(book, whole) == ("source-not-eligible", "", "R12")
    assert refusal(book, gas) == ("source-not-eligible", "", "R9")
    assert issuance.quantity == WOOD_WH // FACE_VALUE_WH
    assert refusal(book, approve(uid("gas"))) == ("not-found", "/issuance", "")


@pytest.mark.parametrize("report", [part(day_span(0), day_span(2)), correcting(day_span(2))])
def test_a_report_of_a_part_reads_the_whole_and_its_shares(
    report: Measure | MeasureCorrect,
) -> None:
    reads = set(report.reads())

    start, end = report.spans[0].start, day(3)
    of_the_whole = {
        Read(DEVICE_READ, BOILER),
        Read(PERIOD, Period(BOILER, start, end)),
        Read(FUELS, BOILER),
    }
    assert reads - set(replace(report, part_of=None).reads()) == of_the_whole
    assert Read(PERIOD, Period(WOOD, start, end)) in reads

"""Measure: a device's timeline is disjoint, leaves nothing undeclared and fits its capacity."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from builders import (
    AUTOMATIC_DEVICE,
    CAPACITY_W,
    DAY_ENERGY_WH,
    DAY_MS,
    DEVICE,
    HASH,
    HOUR_MS,
    METERING,
    NOW,
    REGISTERED_DEVICE,
    RIVAL,
    STRANGER,
    UNKNOWN,
    Book,
    day,
    day_gap,
    day_span,
    decide_and_apply,
    devices_book,
    finding,
    measure,
    measured_book,
    ms,
    refusal,
    span,
)

from app.registry.errors import RefusalError
from app.registry.measurements import (
    DeclaredFinding,
    DeclaredGap,
    Interval,
    MeasuredSpan,
    Span,
    interval_leaves,
    is_over_capacity,
)
from app.registry.operations.measure import Measure

DAY_CAPACITY_WH = CAPACITY_W * 24
VALID_UNTIL = ms("2028-01-01")


def timeline(book: Book) -> list[tuple[int, int, str]]:
    spans = book.state.spans_within(DEVICE, 0, VALID_UNTIL)
    return [(span.start, span.end, span.gap) for span in spans]


def book_with_days(*numbers: int) -> Book:
    book = devices_book()
    decide_and_apply(book, measure(*(day_span(number) for number in numbers)))
    return book


def test_spans_and_gaps_enter_the_timeline_not_issued_and_accepted() -> None:
    book = devices_book()

    rows = decide_and_apply(book, measure(day_span(0, 7), gaps=[day_gap(1, 2)]))

    assert rows.puts == (
        Span(DEVICE, day(0), day(1), 7, 24, HASH, "", is_accepted=True, issuance=None),
        Span(DEVICE, day(1), day(3), 0, 0, "", "meter-failure", is_accepted=True, issuance=None),
    )
    assert timeline(book) == [(day(0), day(1), ""), (day(1), day(3), "meter-failure")]


def test_a_report_begins_anywhere_in_the_registration_and_the_next_one_continues_it() -> None:
    book = book_with_days(5)

    decide_and_apply(book, measure(day_span(6), day_span(7)))

    assert [start for start, _, _ in timeline(book)] == [day(5), day(6), day(7)]


def test_a_report_may_come_late_if_it_ends_where_the_first_one_begins() -> None:
    book = book_with_days(5)

    decide_and_apply(book, measure(day_span(3), day_span(4)))

    assert [start for start, _, _ in timeline(book)] == [day(3), day(4), day(5)]


def test_a_report_may_lie_around_what_is_measured() -> None:
    book = book_with_days(5)

    decide_and_apply(book, measure(day_span(4), day_span(6)))

    assert [start for start, _, _ in timeline(book)] == [day(4), day(5), day(6)]


def test_devices_have_timelines_of_their_own() -> None:
    book = book_with_days(5)
    decide_and_apply(book, measure(day_span(0), device=AUTOMATIC_DEVICE))

    assert [start for start, _, _ in timeline(book)] == [day(5)]
    assert book.state.span_after(AUTOMATIC_DEVICE, 0) == book.state.find(
        Span, (AUTOMATIC_DEVICE, day(0))
    )


@pytest.mark.parametrize(
    ("spans", "gaps"),
    [
        ([span(day(6) + 1, day(7))], []),
        ([day_span(7)], []),
        ([day_span(3)], []),
        ([span(day(4), day(5) - 1)], []),
        ([day_span(6), day_span(8)], []),
        ([day_span(3), day_span(6)], []),
        ([day_span(4), day_span(7)], []),
        ([day_span(8)], [day_gap(6, 6)]),
        ([day_span(8)], [day_gap(7, 7)]),
        ([day_span(2)], [day_gap(3, 3)]),
        ([day_span(9)], [day_gap(6, 6), day_gap(8, 8)]),
    ],
    ids=[
        "a millisecond later",
        "a day later",
        "a day earlier",
        "a millisecond earlier",
        "inside the report",
        "around, open before",
        "around, open behind",
        "declared in part, first",
        "declared in part, last",
        "declared in part, before",
        "declared with a hole",
    ],
)
def test_an_undeclared_gap_is_refused(
    spans: Sequence[MeasuredSpan], gaps: Sequence[DeclaredGap]
) -> None:
    refused = refusal(book_with_days(5), measure(*spans, gaps=gaps))

    assert refused == ("measurement-gap", "", "R2")


@pytest.mark.parametrize(
    ("spans", "gaps"),
    [
        ([day_span(9)], [day_gap(6, 8)]),
        ([day_span(9)], [day_gap(8, 8), day_gap(6, 7)]),
        ([day_span(6)], [day_gap(7, 8)]),
        ([day_span(2)], [day_gap(3, 4)]),
        ([day_span(2), day_span(8)], [day_gap(3, 4), day_gap(6, 7)]),
    ],
    ids=["one", "two in any order", "at the end", "before", "on both sides"],
)
def test_a_declared_gap_is_accepted(
    spans: Sequence[MeasuredSpan], gaps: Sequence[DeclaredGap]
) -> None:
    book = book_with_days(5)

    rows = decide_and_apply(book, measure(*spans, gaps=gaps))

    assert len(rows.puts) == len(spans) + len(gaps)


def test_a_declared_gap_cannot_be_filled_by_a_late_report() -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(0), day_span(2), gaps=[day_gap(1, 1)]))

    assert refusal(book, measure(day_span(1))) == ("measurement-overlap", "", "R2")


@pytest.mark.parametrize(
    "again",
    [
        day_span(5),
        span(day(5) + 1, day(6) - 1),
        span(day(4), day(5) + 1),
        span(day(6) - 1, day(7)),
        span(day(5) - HOUR_MS // 2, day(6) + HOUR_MS // 2),
        span(day(6) - 1, day(6)),
        span(day(5), day(5) + 1),
    ],
    ids=["the same", "inside", "over its start", "over its end", "around", "its end", "its start"],
)
def test_energy_is_not_measured_twice(again: MeasuredSpan) -> None:
    refused = refusal(book_with_days(5), measure(replace(again, energy_wh=0)))

    assert refused == ("measurement-overlap", "", "R2")


def test_a_report_that_runs_over_two_measured_days_is_refused() -> None:
    over_both = span(day(6) - HOUR_MS, day(6) + HOUR_MS, 0)

    refused = refusal(book_with_days(5, 6), measure(over_both))

    assert refused[0] == "measurement-overlap"


@pytest.mark.parametrize(
    ("spans", "gaps"),
    [
        ([day_span(0), day_span(0)], []),
        ([day_span(0), span(day(1) - 1, day(2))], []),
        ([span(day(0), day(1)), span(day(0) + 1, day(1) - 1)], []),
        ([day_span(0)], [day_gap(0, 0)]),
        ([day_span(0), day_span(2)], [day_gap(1, 2)]),
    ],
    ids=["one day twice", "a millisecond", "inside another", "its own gap", "a gap too long"],
)
def test_what_one_report_says_does_not_overlap(
    spans: Sequence[MeasuredSpan], gaps: Sequence[DeclaredGap]
) -> None:
    refused = refusal(devices_book(), measure(*spans, gaps=gaps))

    assert refused == ("measurement-overlap", "", "R2")


def test_a_span_may_end_now_and_not_a_millisecond_later() -> None:
    book = devices_book()
    until_now = measure(span(NOW - HOUR_MS, NOW, 0))

    assert len(until_now.decide(book.state, book.at).puts) == 1
    book.time_ms -= 1
    assert refusal(book, until_now) == ("future-production", "/spans/0", "R7")


def test_a_gap_in_the_future_is_refused() -> None:
    gap = DeclaredGap(start=NOW, end=NOW + 1, reason="outage")

    refused = refusal(devices_book(), measure(span(NOW - 1, NOW, 0), gaps=[gap]))

    assert refused[::2] == ("future-production", "R7")


def test_a_span_is_a_local_day_of_25_hours_at_most() -> None:
    book = devices_book()
    longest = span(day(0), day(0) + 25 * HOUR_MS)

    assert len(measure(longest).decide(book.state, book.at).puts) == 1
    too_long = measure(day_span(2), replace(longest, end=longest.end + 1))
    assert refusal(book, too_long) == ("invalid-interval", "/spans/1", "R7")


def test_a_gap_may_be_longer_than_a_day() -> None:
    book = devices_book()

    rows = decide_and_apply(book, measure(day_span(40), gaps=[day_gap(0, 39)]))

    assert len(rows.puts) == 2


@pytest.mark.parametrize("length_ms", [0, -1])
def test_a_span_ends_after_it_starts(length_ms: int) -> None:
    refused = refusal(devices_book(), measure(span(day(1), day(1) + length_ms)))

    assert refused == ("invalid-interval", "/spans/0", "")


def test_a_gap_ends_after_it_starts() -> None:
    gap = DeclaredGap(start=day(1), end=day(1), reason="outage")

    refused = refusal(devices_book(), measure(day_span(0), gaps=[gap]))

    assert refused[0] == "invalid-interval"


@pytest.mark.parametrize(
    ("report", "pointer"),
    [
        (measure(day_span(0), gaps=[DeclaredGap(start=day(1), end=day(1), reason="x")]), "/gaps/0"),
        (measure(span(NOW, NOW + 1), gaps=[day_gap(0, 0)]), "/spans/0"),
        (measure(span(NOW, NOW + 1), day_span(0)), "/spans/0"),
        (measure(day_span(4), day_span(0, DAY_CAPACITY_WH + 1), gaps=[day_gap(1, 3)]), "/spans/1"),
    ],
    ids=["an empty gap", "a span behind a gap", "spans out of order", "too much, out of order"],
)
def test_the_pointer_names_the_gap_or_span_as_it_was_sent(report: Measure, pointer: str) -> None:
    assert refusal(devices_book(), report)[1] == pointer


def test_a_report_lies_within_the_registration() -> None:
    book = devices_book()
    book.time_ms = VALID_UNTIL + DAY_MS
    boundary = ("registration-boundary", "", "R3")

    assert refusal(book, measure(span(day(0) - 1, day(1)))) == boundary
    assert refusal(book, measure(span(VALID_UNTIL - 1, VALID_UNTIL + 1))) == boundary
    assert measure(span(day(0), day(1))).decide(book.state, book.at).puts
    assert measure(span(VALID_UNTIL - HOUR_MS, VALID_UNTIL, 0)).decide(book.state, book.at).puts


def test_a_gap_lies_within_the_registration_too() -> None:
    refused = refusal(devices_book(), measure(day_span(0), gaps=[day_gap(-1, -1)]))

    assert refused[0] == "registration-boundary"


def test_a_device_that_is_not_approved_or_not_known_is_not_measured() -> None:
    book = devices_book()

    not_approved = refusal(book, measure(day_span(0), device=REGISTERED_DEVICE))
    not_known = refusal(book, measure(day_span(0), device=UNKNOWN))

    assert not_approved == ("device-not-eligible", "", "R3")
    assert not_known == ("not-found", "/device", "")


def test_a_day_may_give_what_the_capacity_gives_and_no_watt_hour_more() -> None:
    book = devices_book()
    full = measure(day_span(0, DAY_CAPACITY_WH), day_span(1, 0))
    over = measure(day_span(0, 0), day_span(1, DAY_CAPACITY_WH + 1))

    assert len(full.decide(book.state, book.at).puts) == 2
    assert refusal(book, over) == ("exceeds-capacity", "/spans/1", "R6")


@pytest.mark.parametrize("energy_wh", [DAY_ENERGY_WH, DAY_CAPACITY_WH + 1])
def test_a_span_with_a_declared_finding_waits_for_acceptance(energy_wh: int) -> None:
    book = devices_book()

    decide_and_apply(book, measure(day_span(0, energy_wh), day_span(1), findings=[finding(day(0))]))

    spans = book.state.spans_within(DEVICE, day(0), day(2))
    assert [(span.energy_wh, span.is_accepted) for span in spans] == [
        (energy_wh, False),
        (DAY_ENERGY_WH, True),
    ]


def test_a_finding_in_one_span_does_not_excuse_another() -> None:
    both_over = [day_span(0, DAY_CAPACITY_WH + 1), day_span(1, DAY_CAPACITY_WH + 1)]

    refused = refusal(devices_book(), measure(*both_over, findings=[finding(day(0))]))

    assert refused == ("exceeds-capacity", "/spans/1", "R6")


@pytest.mark.parametrize(
    "wrong",
    [
        finding(day(2)),
        finding(day(1)),
    ],
    ids=["no span", "a gap"],
)
def test_a_finding_names_a_span(wrong: DeclaredFinding) -> None:
    report = measure(day_span(0), gaps=[day_gap(1, 1)], findings=[finding(day(0)), wrong])

    assert refusal(devices_book(), report) == ("invalid-field", "/findings", "")


def test_a_finding_has_a_known_code() -> None:
    wrong = DeclaredFinding(start=day(0), code="below-zero", count=1)

    with pytest.raises(RefusalError) as caught:
        measure(day_span(0), findings=[wrong]).plain()

    assert caught.value.pointer == "/findings/0/code"


def test_refusals_are_raised_in_this_order() -> None:
    book = book_with_days(5)
    over = day_span(7, DAY_CAPACITY_WH + 1)
    worst = replace(
        measure(replace(over, end=day(7)), findings=[finding(day(6))], device=UNKNOWN),
        by=STRANGER,
    )
    admitted = replace(worst, by=RIVAL)
    known = replace(admitted, device=REGISTERED_DEVICE)
    flagged = replace(known, findings=None)
    forward = replace(flagged, spans=(span(NOW, NOW + 1), span(day(5), day(6))))
    over_now = replace(forward, spans=(span(day(-1), day(0)), *measure(day_span(5)).spans))
    approved = replace(over_now, device=DEVICE)
    inside = replace(approved, spans=(over, day_span(5), day_span(5)))
    metered = replace(inside, by=METERING)
    sized = replace(metered, spans=(day_span(7), day_span(5), day_span(5)))
    once = replace(sized, spans=(day_span(7), day_span(5)))
    disjoint = replace(once, spans=(day_span(7),))

    steps = [worst, admitted, known, flagged, forward, over_now]
    steps += [approved, inside, metered, sized, once, disjoint]

    assert [refusal(book, step)[0] for step in steps] == [
        "unknown-organisation",
        "not-found",
        "invalid-field",
        "invalid-interval",
        "future-production",
        "device-not-eligible",
        "registration-boundary",
        "reporter-not-authorised",
        "exceeds-capacity",
        "measurement-overlap",
        "measurement-overlap",
        "measurement-gap",
    ]


def test_the_timeline_finds_its_neighbours() -> None:
    state = measured_book(1, 2, 3).state

    def energy_wh(found: Span | None) -> int | None:
        return found.energy_wh if found else None

    assert [energy_wh(state.span_before(DEVICE, day(at))) for at in (0, 1, 3, 9)] == [
        None,
        1,
        3,
        3,
    ]
    assert [energy_wh(state.span_after(DEVICE, day(at))) for at in (-1, 0, 2, 3)] == [
        1,
        1,
        3,
        None,
    ]
    assert energy_wh(state.span_before(DEVICE, day(1) + 1)) == 2
    assert energy_wh(state.span_after(DEVICE, day(1) + 1)) == 3
    assert state.span_before(UNKNOWN, NOW) is None
    assert state.span_after(UNKNOWN, 0) is None


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        (day(0), day(1), [1]),
        (day(0) - 5, day(0), []),
        (day(0) - 5, day(0) + 1, [1]),
        (day(1) - 1, day(1), [1]),
        (day(1) - 1, day(1) + 1, [1, 2]),
        (day(1), day(3), [2, 3]),
        (day(3), day(9), []),
    ],
)
def test_spans_overlap_a_stretch_that_is_half_open(
    start: int, end: int, expected: list[int]
) -> None:
    state = measured_book(1, 2, 3).state

    assert [span.energy_wh for span in state.spans_within(DEVICE, start, end)] == expected


def test_interval_leaves_are_canonical_json_in_their_order() -> None:
    intervals = [Interval(0, HOUR_MS, 5), Interval(HOUR_MS, 2 * HOUR_MS, 0)]

    assert interval_leaves(intervals) == [
        b'["1970-01-01T00:00:00.000Z","1970-01-01T01:00:00.000Z",5]',
        b'["1970-01-01T01:00:00.000Z","1970-01-01T02:00:00.000Z",0]',
    ]
    assert interval_leaves([]) == []


@pytest.mark.parametrize(
    ("energy_wh", "capacity_w", "duration_ms", "expected"),
    [
        (1, 1, HOUR_MS, False),
        (1, 1, HOUR_MS - 1, True),
        (0, 1, 1, False),
        (1, 3, HOUR_MS // 3, False),
        (2**53 - 1, 2**53 - 1, HOUR_MS, False),
        (2**53 - 1, 2**53 - 2, HOUR_MS, True),
    ],
)
def test_capacity_is_compared_without_rounding(
    energy_wh: int, capacity_w: int, duration_ms: int, *, expected: bool
) -> None:
    found = is_over_capacity(energy_wh, capacity_w=capacity_w, duration_ms=duration_ms)

    assert found is expected

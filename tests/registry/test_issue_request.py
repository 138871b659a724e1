"""Request issuance: by the registrant, for a period that could be issued now."""

from dataclasses import replace

import pytest
from builders import (
    AUTOMATIC_DEVICE,
    BUYER,
    BUYER_ACCOUNT,
    DAY_MS,
    DEVICE,
    FACE_VALUE_WH,
    GENERATOR,
    GENERATOR_ACCOUNT,
    GENERATOR_OTHER_ACCOUNT,
    NOW,
    REGISTERED_DEVICE,
    STRANGER,
    UNKNOWN,
    Book,
    accept,
    approve,
    approved_request,
    compose_issue,
    day,
    day_gap,
    day_span,
    decide_and_apply,
    devices_book,
    finding,
    issue_days,
    measure,
    measured_book,
    ms,
    refusal,
    request,
    span,
    uid,
)

from app.registry.errors import RefusalError
from app.registry.issuances import Issuance, Request
from app.registry.operations.issue_request import IssueRequest
from app.registry.state import Follow, follow_id

WANTED = uid("wanted")
OTHER = uid("other")


def refusals_at_each_step(book: Book, first: int, last: int) -> set[tuple[str, str, str]]:
    """Return how a period is refused when requested, approved, and issued."""
    refusals = {refusal(book, request(WANTED, first, last))}
    book.state.add(replace(approved_request(WANTED, first, last), state="submitted"))
    refusals.add(refusal(book, approve(WANTED)))
    book.state.add(approved_request(WANTED, first, last))
    with pytest.raises(RefusalError) as caught:
        compose_issue(book, WANTED)
    return {*refusals, (caught.value.code, caught.value.pointer, caught.value.rule)}


@pytest.mark.parametrize("account", [GENERATOR_ACCOUNT, GENERATOR_OTHER_ACCOUNT])
def test_a_request_waits_for_the_issuing_body(account: str) -> None:
    book = measured_book(FACE_VALUE_WH)

    change = replace(request(WANTED, 0, 0), account=account).decide(book.state, book.at)

    assert change.puts == (Request(WANTED, DEVICE, account, day(0), day(1), "submitted"),)
    assert not change.follows
    assert not change.moves


def test_a_request_for_an_automatic_device_is_issued_at_once() -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(0), device=AUTOMATIC_DEVICE))
    asked = request(WANTED, 0, 0, device=AUTOMATIC_DEVICE)

    change = asked.decide(book.state, book.at)
    decide_and_apply(book, asked)

    assert change.follows == (Follow("issue", WANTED),)
    assert [put.state for put in change.puts if isinstance(put, Request)] == ["approved"]
    assert book.state.find(Request, WANTED).state == "issued"
    assert book.state.issuance(WANTED).quantity == 10
    assert follow_id(asked.id, "issue") in book.state.recorded


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (replace(request(WANTED, 0, 0), device=UNKNOWN), ("not-found", "/device", "")),
        (replace(request(WANTED, 0, 0), by=BUYER), ("not-registrant", "", "R26")),
        (replace(request(WANTED, 0, 0), account=UNKNOWN), ("not-found", "/account", "")),
        (
            replace(request(WANTED, 0, 0), account=BUYER_ACCOUNT),
            ("recipient-not-mandated", "/account", ""),
        ),
        (
            replace(request(WANTED, 0, 0), period_end=day(0)),
            ("invalid-interval", "/period_end", "R7"),
        ),
        (
            replace(request(WANTED, 0, 0), period_end=day(0) - 1),
            ("invalid-interval", "/period_end", "R7"),
        ),
    ],
    ids=["unknown device", "not registrant", "unknown account", "another's", "empty", "backwards"],
)
def test_what_cannot_be_requested_is_refused(
    wrong: IssueRequest, expected: tuple[str, str, str]
) -> None:
    assert refusal(measured_book(FACE_VALUE_WH), wrong) == expected


@pytest.mark.parametrize("is_issued", [False, True])
def test_the_id_of_an_issuance_is_asked_for_once(*, is_issued: bool) -> None:
    book = measured_book(FACE_VALUE_WH, FACE_VALUE_WH)
    decide_and_apply(book, request(WANTED, 0, 0))
    if is_issued:
        decide_and_apply(book, approve(WANTED))

    assert refusal(book, request(WANTED, 1, 1)) == ("id-in-use", "/issuance", "")


def test_a_period_outside_the_registration_is_refused() -> None:
    book = measured_book(FACE_VALUE_WH)

    assert refusals_at_each_step(book, -1, 0) == {("registration-boundary", "", "R3")}


def test_a_device_that_is_not_approved_is_refused() -> None:
    refused = refusal(measured_book(1), request(WANTED, 0, 0, device=REGISTERED_DEVICE))

    assert refused == ("device-not-eligible", "", "R3")


def test_a_period_that_is_not_over_is_refused_up_to_the_millisecond() -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(58)))
    book.time_ms = day(59)
    assert book.time_ms == NOW

    assert request(WANTED, 58, 58).decide(book.state, book.at).puts
    book.time_ms -= 1
    assert refusals_at_each_step(book, 58, 58) == {("future-production", "", "R7")}


@pytest.mark.parametrize(
    ("first", "last"), [(0, 1), (1, 2), (3, 3), (0, 3)], ids=["end", "start", "none", "both"]
)
def test_a_period_that_is_not_wholly_measured_is_refused(first: int, last: int) -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(1)))

    refused = refusals_at_each_step(book, first, last)

    assert refused == {("measurement-incomplete", "", "R2")}


def test_a_hole_in_the_middle_of_what_is_measured_is_refused() -> None:
    book = measured_book(*[FACE_VALUE_WH] * 4)
    spans = list(book.state.spans_within(DEVICE, day(0), day(4)))
    holed = devices_book()
    for kept in (spans[0], spans[1], spans[3]):
        holed.state.add(kept)

    assert refusals_at_each_step(holed, 0, 3) == {("measurement-incomplete", "", "R2")}


@pytest.mark.parametrize(
    ("start_ms", "end_ms"), [(1, 0), (0, -1), (1, -1)], ids=["at its start", "at its end", "both"]
)
def test_a_period_that_cuts_a_span_is_refused(start_ms: int, end_ms: int) -> None:
    book = measured_book(FACE_VALUE_WH)
    cut = replace(request(WANTED, 0, 0), period_start=start_ms + day(0), period_end=end_ms + day(1))

    assert refusal(book, cut) == ("span-boundary", "", "R1")


@pytest.mark.parametrize(("first", "last"), [(0, 1), (2, 3)], ids=["ends", "begins"])
def test_a_period_that_begins_or_ends_within_a_gap_is_refused(first: int, last: int) -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(0), day_span(3), gaps=[day_gap(1, 2)]))

    assert refusals_at_each_step(book, first, last) == {("span-boundary", "", "R1")}


@pytest.mark.parametrize(
    ("first", "last"), [(1, 1), (0, 1), (1, 2), (0, 2)], ids=["same", "end", "start", "around"]
)
def test_energy_is_not_issued_twice(first: int, last: int) -> None:
    book = measured_book(*[FACE_VALUE_WH] * 3)
    issue_days(book, OTHER, 1, 1)

    assert refusals_at_each_step(book, first, last) == {("double-issuance", "", "R1")}


def test_the_second_of_two_requests_for_one_period_cannot_be_approved() -> None:
    book = measured_book(FACE_VALUE_WH)
    decide_and_apply(book, request(WANTED, 0, 0))
    decide_and_apply(book, request(OTHER, 0, 0))
    decide_and_apply(book, approve(OTHER))

    assert refusal(book, approve(WANTED)) == ("double-issuance", "", "R1")


@pytest.mark.parametrize(("first", "last"), [(0, 1), (1, 2)], ids=["before", "after"])
def test_a_gap_belongs_to_one_period_only(first: int, last: int) -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(0), day_span(2), gaps=[day_gap(1, 1)]))
    issue_days(book, OTHER, first, last)
    rest = 2 if first == 0 else 0

    assert refusals_at_each_step(book, min(rest, 1), max(rest, 1)) == {
        ("double-issuance", "", "R1")
    }
    assert request(uid("the rest"), rest, rest).decide(book.state, book.at).puts


def test_an_open_finding_is_refused_until_it_is_accepted() -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(0), day_span(1), findings=[finding(day(1))]))

    assert refusals_at_each_step(book, 0, 1) == {("finding-open", "", "R6")}
    decide_and_apply(book, accept(day(1)))
    assert compose_issue(book, WANTED).quantity == 20


def short_spans(count: int) -> Book:
    """Return a registry whose device has that many spans of a minute from day 0 on."""
    book = devices_book()
    registration = book.state.registration(DEVICE, 1)
    book.state.add(replace(registration, capacity_w=2 * 60 * FACE_VALUE_WH))
    spans = [
        span(day(0) + at * 60_000, day(0) + (at + 1) * 60_000, FACE_VALUE_WH) for at in range(count)
    ]
    for begin in range(0, count, 100):
        decide_and_apply(book, measure(*spans[begin : begin + 100]))
    return book


def test_an_issuance_has_400_spans_at_most() -> None:
    book = short_spans(401)
    longest = replace(request(WANTED, 0, 0), period_end=day(0) + 400 * 60_000)

    assert longest.decide(book.state, book.at).puts
    too_long = replace(longest, period_end=day(0) + 401 * 60_000)
    assert refusal(book, too_long) == ("too-many-spans", "", "")


@pytest.mark.parametrize(
    ("day_of_production", "closes_at"), [(0, "2026-06-28"), (30, "2026-07-28"), (58, "2026-08-25")]
)
def test_production_is_too_old_once_its_certificates_could_not_be_retired_any_more(
    day_of_production: int, closes_at: str
) -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(day_of_production)))
    book.time_ms = ms(closes_at) - 1
    late = replace(request(OTHER, day_of_production, day_of_production), late="meter-replaced")

    in_time = late.decide(book.state, book.at)
    book.time_ms += 1

    assert in_time.puts
    assert refusal(book, late) == ("issue-window-closed", "", "R11")
    assert refusals_at_each_step(book, day_of_production, day_of_production) == {
        ("issue-window-closed", "", "R11")
    }


def test_production_is_asked_for_in_its_issue_window_or_late_with_a_reason() -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(0)))
    in_time = request(WANTED, 0, 0)
    late = replace(in_time, late="meter-replaced")
    book.time_ms = day(1) + 365 * DAY_MS - 1

    assert in_time.decide(book.state, book.at).puts
    book.time_ms += 1
    assert refusal(book, in_time) == ("issue-window-closed", "", "R11")
    (asked,) = late.decide(book.state, book.at).puts
    assert isinstance(asked, Request)
    assert asked.is_late


def test_less_than_one_certificate_is_refused_and_one_watt_hour_more_is_not() -> None:
    book = measured_book(FACE_VALUE_WH - 1, 1)

    assert refusals_at_each_step(book, 0, 0) == {("below-face-value", "", "R4")}
    assert request(OTHER, 0, 1).decide(book.state, book.at).puts


def test_what_is_carried_counts_towards_the_first_certificate() -> None:
    book = measured_book(FACE_VALUE_WH - 1)
    device = book.state.device(DEVICE)

    book.state.add(replace(device, carried_wh=1))

    assert request(WANTED, 0, 0).decide(book.state, book.at).puts


def test_a_period_of_declared_gaps_alone_is_not_a_certificate() -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(0), gaps=[day_gap(1, 1)]))

    assert refusals_at_each_step(book, 1, 1) == {("below-face-value", "", "R4")}


def test_refusals_are_raised_in_this_order() -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(0), day_span(1), findings=[finding(day(1))]))
    issue_days(book, OTHER, 0, 0)
    worst = replace(
        request(OTHER, 0, 0),
        by=STRANGER,
        device=UNKNOWN,
        account=UNKNOWN,
        period_start=NOW,
        period_end=NOW,
    )
    admitted = replace(worst, by=BUYER)
    known = replace(admitted, device=REGISTERED_DEVICE)
    forward = replace(known, period_end=NOW + 1)
    approved = replace(forward, device=DEVICE, period_start=day(-1))
    inside = replace(approved, period_start=day(0) + 1)
    own = replace(inside, by=GENERATOR)
    to_another = replace(own, account=BUYER_ACCOUNT)
    to_own = replace(own, account=GENERATOR_ACCOUNT)
    new = replace(to_own, issuance=WANTED)
    past = replace(new, period_end=day(3))
    whole = replace(past, period_start=day(0))
    measured = replace(whole, period_end=day(2))
    fresh = replace(measured, period_start=day(1))

    steps = [worst, admitted, known, forward, approved, inside, own, to_another, to_own, new]
    steps += [past, whole, measured, fresh]

    assert [refusal(book, step)[0] for step in steps] == [
        "unknown-organisation",
        "not-found",
        "invalid-interval",
        "device-not-eligible",
        "registration-boundary",
        "not-registrant",
        "not-found",
        "recipient-not-mandated",
        "id-in-use",
        "future-production",
        "span-boundary",
        "measurement-incomplete",
        "double-issuance",
        "finding-open",
    ]


def test_too_old_spans_come_before_too_many_and_these_before_too_little_energy() -> None:
    book = short_spans(401)
    for held in list(book.state.spans_within(DEVICE, day(0), day(1))):
        book.state.add(replace(held, energy_wh=0))
    many = replace(request(WANTED, 0, 0), period_end=day(0) + 401 * 60_000)
    few = replace(many, period_end=day(0) + 60_000)

    assert refusal(book, few)[0] == "below-face-value"
    assert refusal(book, many)[0] == "too-many-spans"
    book.time_ms = ms("2026-07-02")
    assert refusal(book, few)[0] == "issue-window-closed"
    assert refusal(book, many)[0] == "issue-window-closed"


def test_a_refused_request_leaves_nothing_behind() -> None:
    book = measured_book(FACE_VALUE_WH - 1)

    refusal(book, request(WANTED, 0, 0))

    assert not book.state.has(Request, WANTED)
    assert not book.state.has(Issuance, WANTED)

"""What is issued at once, what two persons decide on, and what no domain certifies."""

from dataclasses import replace

import pytest
from builders import (
    DAY_MS,
    DEVICE,
    GENERATOR,
    GENESIS,
    HOUR_MS,
    METERING,
    NOW,
    OFFICER,
    PLENTY_WH,
    SECOND_OFFICER,
    SETTINGS,
    Book,
    accept,
    approve,
    automate,
    correct,
    day,
    day_span,
    decide_and_apply,
    devices_book,
    issue_days,
    measure,
    ms,
    refusal,
    request,
    review,
    span,
    suspend,
    uid,
)

from app.registry.domains import DomainSettings, IssueWindow
from app.registry.issuances import Request
from app.registry.measurements import DeclaredGap, DeclaredQuality
from app.registry.operation import Operation
from app.registry.operations.genesis import Genesis
from app.registry.operations.issue_request import IssueRequest
from app.registry.presets import domain_of

WANTED = uid("wanted")
MINUTE_MS = 60_000
DUTIES = "separation-of-duties"


def genesis_of(settings: DomainSettings) -> Genesis:
    return replace(GENESIS, domains=(settings,))


def measured_by_hand(energy_wh: int, *, settings: DomainSettings = SETTINGS) -> Book:
    book = devices_book(genesis_of(settings))
    decide_and_apply(book, measure(day_span(0, energy_wh)))
    return book


def automatic_book(automatic_wh: int, energy_wh: int) -> Book:
    book = devices_book()
    version = book.state.device(DEVICE).version
    decide_and_apply(book, automate(DEVICE, automatic_wh=automatic_wh, version=version))
    decide_and_apply(book, measure(day_span(0, energy_wh)))
    return book


def stands_after(book: Book, *operations: Operation) -> str:
    for operation in operations:
        decide_and_apply(book, operation)
    return book.state.find(Request, WANTED).state


@pytest.mark.parametrize(
    ("energy_wh", "stands"),
    [(4_999_999, "issued"), (5_000_000, "issued"), (5_000_001, "submitted")],
)
def test_the_standing_rule_holds_up_to_its_watt_hour(energy_wh: int, stands: str) -> None:
    book = automatic_book(5_000_000, energy_wh)

    assert stands_after(book, request(WANTED, 0, 0)) == stands


def test_what_is_carried_in_does_not_count_for_the_standing_rule() -> None:
    book = automatic_book(5_000_000, 5_000_000)
    book.state.add(replace(book.state.device(DEVICE), carried_wh=999_999))

    assert stands_after(book, request(WANTED, 0, 0)) == "issued"


def test_what_its_registrant_reports_itself_is_never_automatic() -> None:
    book = automatic_book(PLENTY_WH, 5_000_000)
    registration = book.state.registration(DEVICE, 1)
    book.state.add(replace(registration, measurement_body=GENERATOR))

    assert stands_after(book, request(WANTED, 0, 0)) == "submitted"


def test_what_is_late_is_never_automatic() -> None:
    late = replace(request(WANTED, 0, 0), late="meter-replaced")

    assert stands_after(automatic_book(PLENTY_WH, 5_000_000), late) == "submitted"


@pytest.mark.parametrize(
    ("energy_wh", "is_refused"), [(4_999_999, False), (5_000_000, True), (5_000_001, True)]
)
def test_from_a_threshold_on_two_persons_decide(energy_wh: int, *, is_refused: bool) -> None:
    book = measured_by_hand(energy_wh, settings=replace(SETTINGS, second_person_wh=5_000_000))
    decide_and_apply(book, request(WANTED, 0, 0))
    alone = replace(approve(WANTED), person=OFFICER)

    if is_refused:
        assert refusal(book, alone) == (DUTIES, "", "R8")
        decide_and_apply(book, review(WANTED, person=SECOND_OFFICER))

    assert stands_after(book, alone) == "issued"


@pytest.mark.parametrize(
    ("verifier", "by"), [(SECOND_OFFICER, None), (None, METERING)], ids=["person", "other body"]
)
def test_a_late_request_is_issued_by_two_persons(verifier: str | None, by: str | None) -> None:
    book = measured_by_hand(5_000_000)
    book.time_ms = day(1) + 366 * DAY_MS
    late = replace(request(WANTED, 0, 0), late="meter-replaced")
    alone = replace(approve(WANTED), person=OFFICER)
    decide_and_apply(book, late)

    assert refusal(book, alone) == (DUTIES, "", "R11")
    word = review(WANTED, by=by, person=verifier) if by else review(WANTED, person=verifier)
    assert stands_after(book, word, alone) == "issued"


def test_issue_windows_go_by_the_capacity() -> None:
    windows = (IssueWindow(days=100, capacity_w_most=999_999), IssueWindow(days=62))
    book = measured_by_hand(5_000_000, settings=replace(SETTINGS, issue_windows=windows))
    closes = day(1) + 62 * DAY_MS

    book.time_ms = closes - 1
    assert request(WANTED, 0, 0).decide(book.state, book.at).puts
    book.time_ms = closes
    assert refusal(book, request(WANTED, 0, 0)) == ("issue-window-closed", "", "R11")
    small = replace(book.state.registration(DEVICE, 1), capacity_w=999_999)
    book.state.add(small)
    assert request(WANTED, 0, 0).decide(book.state, book.at).puts


def test_a_capacity_without_a_window_is_always_late() -> None:
    windows = (IssueWindow(days=100, capacity_w_most=999_999),)
    book = measured_by_hand(5_000_000, settings=replace(SETTINGS, issue_windows=windows))

    assert refusal(book, request(WANTED, 0, 0)) == ("issue-window-closed", "", "R11")
    late = replace(request(WANTED, 0, 0), late="meter-replaced")
    assert stands_after(book, late) == "submitted"


@pytest.mark.parametrize("quality", ["estimated", "substituted"])
def test_readings_of_another_quality_than_the_domain_takes_are_not_issued(quality: str) -> None:
    book = devices_book()
    qualities = (DeclaredQuality(start=day(1), quality=quality),)
    decide_and_apply(book, replace(measure(day_span(0), day_span(1)), qualities=qualities))

    assert refusal(book, request(WANTED, 0, 1)) == ("quality-not-issuable", "", "R2")
    assert refusal(book, request(WANTED, 1, 1))[0] == "quality-not-issuable"
    assert request(WANTED, 0, 0).decide(book.state, book.at).puts


def test_a_domain_says_which_qualities_it_takes() -> None:
    book = devices_book(genesis_of(replace(SETTINGS, qualities=("estimated",))))
    qualities = (DeclaredQuality(start=day(1), quality="estimated"),)
    decide_and_apply(book, replace(measure(day_span(0), day_span(1)), qualities=qualities))

    assert request(WANTED, 1, 1).decide(book.state, book.at).puts
    assert refusal(book, request(WANTED, 0, 0))[0] == "quality-not-issuable"


@pytest.mark.parametrize("qualities", [("corrected", "measured"), ("measured",)])
def test_what_is_corrected_is_issued_where_the_domain_takes_it(qualities: tuple[str, ...]) -> None:
    book = devices_book(genesis_of(replace(SETTINGS, qualities=qualities)))
    decide_and_apply(book, measure(day_span(0)))
    decide_and_apply(book, correct(day_span(0, 5_000_000)))
    decide_and_apply(book, accept(day(0)))

    if "corrected" in qualities:
        assert issue_days(book, WANTED, 0, 0).quantity == 5
    else:
        assert refusal(book, request(WANTED, 0, 0))[0] == "quality-not-issuable"


@pytest.mark.parametrize("kind", ["storage", "multi_fuel"])
def test_a_store_and_a_device_of_many_sources_have_no_certificates(kind: str) -> None:
    book = measured_by_hand(5_000_000)
    book.state.add(replace(book.state.device(DEVICE), kind=kind))

    assert refusal(book, request(WANTED, 0, 0)) == ("source-not-eligible", "", "R12")


@pytest.mark.parametrize("source", ["F02030100", "F03010100"])
def test_a_source_that_is_not_certified_has_no_certificates(source: str) -> None:
    book = measured_by_hand(5_000_000)
    book.state.add(replace(book.state.registration(DEVICE, 1), energy_source=source))

    assert refusal(book, request(WANTED, 0, 0)) == ("source-not-eligible", "", "R9")


def test_of_a_suspended_device_nothing_is_issued() -> None:
    book = measured_by_hand(5_000_000)
    decide_and_apply(book, request(WANTED, 0, 0))
    decide_and_apply(book, suspend(DEVICE))

    assert refusal(book, approve(WANTED)) == ("device-not-eligible", "", "R3")
    assert refusal(book, request(uid("other"), 0, 0)) == ("device-not-eligible", "", "R3")
    decide_and_apply(book, suspend(DEVICE, suspended=False))
    assert stands_after(book, approve(WANTED)) == "issued"


def granular_book(*minutes: int) -> Book:
    """Return a granular registry in which stretches of so many minutes follow one another."""
    settings = domain_of(
        {
            "scheme": "granular",
            "code": "DK",
            "country": "DK",
            "timezone": "Europe/Copenhagen",
            "issuer_prefix": "571234567",
        }
    )
    book = devices_book(genesis_of(settings))
    at = day(0)
    for number, length in enumerate(minutes):
        end = at + length * MINUTE_MS
        decide_and_apply(book, replace(measure(span(at, end, 10)), id=uid(f"granule {number}")))
        at = end
    return book


def granule(start_minute: int, end_minute: int) -> IssueRequest:
    return replace(
        request(WANTED, 0, 0),
        period_start=day(0) + start_minute * MINUTE_MS,
        period_end=day(0) + end_minute * MINUTE_MS,
    )


def test_a_granular_certificate_has_a_minute_at_least_and_an_hour_at_most() -> None:
    book = granular_book(60, 30, 30, 1)

    for start, end in ((0, 60), (60, 90), (60, 120), (120, 121)):
        assert granule(start, end).decide(book.state, book.at).puts
    assert refusal(book, granule(0, 90)) == ("interval-granularity", "", "R7")
    assert refusal(book, granule(60, 121)) == ("interval-granularity", "", "R7")
    short = replace(granule(0, 1), period_end=day(0) + MINUTE_MS - 1)
    assert refusal(book, short) == ("interval-granularity", "", "R7")


def test_a_granular_span_has_an_hour_at_most() -> None:
    book = granular_book()
    longest = span(day(0), day(0) + HOUR_MS, 10)
    longer = span(day(0), day(0) + HOUR_MS + 1, 10)

    assert measure(longest).decide(book.state, book.at).puts
    assert refusal(book, measure(longer)) == ("interval-granularity", "/spans/0", "R7")


def test_granular_certificates_of_one_device_follow_one_another_in_numbers() -> None:
    book = granular_book(60, 60)
    for number in (0, 1):
        asked = replace(
            granule(60 * number, 60 * number + 60),
            id=uid(f"ask {number}"),
            issuance=uid(f"granule {number}"),
        )
        decide_and_apply(book, asked)
        decide_and_apply(book, approve(uid(f"granule {number}")))

    firsts = [int(book.state.issuance(uid(f"granule {number}")).number_first) for number in (0, 1)]
    assert firsts[1] - firsts[0] == 10


def test_energy_is_carried_from_month_to_month() -> None:
    book = devices_book()
    months = ((0, 30), (31, 58))
    for first, last in months:
        quiet = (day_span(at, 0) for at in range(first + 1, last + 1))
        decide_and_apply(book, measure(day_span(first, 1_700_000), *quiet))

    january = issue_days(book, uid("January"), *months[0])
    february = issue_days(book, uid("February"), *months[1])

    assert (january.quantity, january.carried_out_wh) == (1, 700_000)
    assert (february.carried_in_wh, february.quantity) == (700_000, 2)
    assert february.carried_out_wh == 400_000
    assert february.period_start == ms("2025-02-01")
    assert february.transfer_until > january.transfer_until
    assert book.state.device(DEVICE).carried_wh == 400_000


def test_a_period_over_two_versions_is_parted_at_the_boundary() -> None:
    book = devices_book()
    registration = book.state.registration(DEVICE, 1)
    book.state.add(replace(registration, valid_until=day(2)))
    later = replace(registration, number=2, valid_from=day(2), capacity_w=2_000_000)
    book.state.add(later)
    for number in range(4):
        decide_and_apply(book, measure(day_span(number)))

    assert refusal(book, request(WANTED, 1, 2)) == ("registration-boundary", "", "R3")
    assert issue_days(book, uid("before"), 0, 1).registration == 1
    assert issue_days(book, uid("after"), 2, 3).registration == 2


def test_a_period_is_not_longer_than_a_consumption_may_be() -> None:
    book = devices_book()
    book.state.add(replace(book.state.registration(DEVICE, 1), valid_from=NOW - 900 * DAY_MS))
    end = day(1)
    start = end - 744 * DAY_MS
    for begin, finish in ((start - 1, start), (start, end)):
        gap = DeclaredGap(start=begin, end=finish, reason="not-in-source")
        book.state.add(gap.of(DEVICE))
    longest = replace(request(WANTED, 0, 0), period_start=start)
    longer = replace(longest, period_start=start - 1)

    assert refusal(book, longest)[0] == "below-face-value"
    assert refusal(book, longer) == ("invalid-interval", "", "R43")

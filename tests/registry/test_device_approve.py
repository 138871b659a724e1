"""Approve a registration: by another one than who verified it, for a time that fits all others."""

from dataclasses import replace

import pytest
from builders import (
    CAPACITY_W,
    DEVICE,
    GENERATOR,
    GENESIS,
    GSRNS,
    HASH,
    HOUR_MS,
    ISSUING_BODY,
    JANUARY,
    OFFICER,
    OTHER_HASH,
    REGISTERED_DEVICE,
    RIVAL,
    SECOND_OFFICER,
    SETTINGS,
    STRANGER,
    UNKNOWN,
    Book,
    approve_device,
    boiler_parts,
    decide_and_apply,
    devices_book,
    hand_over,
    ms,
    refusal,
    register,
    review_device,
    revise,
    suspend,
    take_over,
    uid,
)

from app.registry.devices import Registration, in_force
from app.registry.errors import RefusalError
from app.registry.operations.device_approve import years_after

APPROVE = approve_device(REGISTERED_DEVICE)
EARLIEST = ms("2020-01-01") - 14 * HOUR_MS
"""When the date of commissioning begins in the zone farthest ahead."""
NORTH, EAST = 56_000_000, 10_000_000
SUMMER = ms("2025-06-01")


def version(book: Book, number: int, device: str = DEVICE) -> Registration:
    return book.state.registration(device, number)


def revised() -> Book:
    """Return a registry in which the wind farm's second version waits."""
    book = devices_book()
    decide_and_apply(book, revise(DEVICE, version=2))
    return book


@pytest.mark.parametrize("automatic_wh", [0, 5_000])
def test_an_approved_version_has_a_time_and_its_device_says_how_it_is_issued(
    automatic_wh: int,
) -> None:
    book = devices_book()
    registered = book.state.device(REGISTERED_DEVICE)
    described = version(book, 1, REGISTERED_DEVICE)

    rows = decide_and_apply(book, replace(APPROVE, automatic_wh=automatic_wh))

    in_force_now = replace(
        described,
        state="approved",
        valid_from=APPROVE.valid_from,
        valid_until=APPROVE.valid_until,
    )
    eligible = replace(
        registered, state="approved", automatic_wh=automatic_wh, version=registered.version + 1
    )
    assert rows.puts == (in_force_now, eligible)


def test_it_may_be_valid_from_its_day_of_commissioning_on_for_one_millisecond() -> None:
    book = devices_book()

    decide_and_apply(book, replace(APPROVE, valid_from=EARLIEST, valid_until=EARLIEST + 1))

    assert version(book, 1, REGISTERED_DEVICE).valid_until == EARLIEST + 1


@pytest.mark.parametrize(
    ("start", "longest"),
    [
        ("2025-01-01", "2030-01-01"),
        ("2024-02-29", "2029-02-28"),
        ("2023-03-01", "2028-03-01"),
        ("2024-12-31T23:00", "2029-12-31T23:00"),
    ],
)
def test_a_version_is_in_force_for_five_calendar_years_at_most(start: str, longest: str) -> None:
    book = devices_book()
    five_years = replace(APPROVE, valid_from=ms(start), valid_until=ms(longest))

    refused = refusal(book, replace(five_years, valid_until=ms(longest) + 1))

    assert refused == ("invalid-interval", "/valid_until", "R3")
    assert decide_and_apply(book, five_years).puts


def test_a_domain_says_for_how_many_years() -> None:
    three_years = replace(GENESIS, domains=(replace(SETTINGS, registration_years=3),))
    book = devices_book(three_years)

    refused = refusal(book, replace(APPROVE, valid_until=years_after(JANUARY, 3) + 1))

    assert refused == ("invalid-interval", "/valid_until", "R3")


@pytest.mark.parametrize(
    ("time", "years", "expected"),
    [
        ("2024-02-29T12:30", 1, "2025-02-28T12:30"),
        ("2024-02-29T12:30", 4, "2028-02-29T12:30"),
        ("2025-12-31T23:59", 5, "2030-12-31T23:59"),
    ],
)
def test_years_later_it_is_the_same_time_of_the_same_day_or_of_the_last_one_in_february(
    time: str, years: int, expected: str
) -> None:
    assert years_after(ms(time), years) == ms(expected)


def test_a_new_version_ends_the_one_before_where_it_begins() -> None:
    book = revised()
    before, device = version(book, 1), book.state.device(DEVICE)

    rows = decide_and_apply(book, replace(approve_device(DEVICE, number=2), valid_from=SUMMER))

    cut, new, changed = rows.puts
    assert cut == replace(before, valid_until=SUMMER)
    assert new == version(book, 2)
    assert (version(book, 2).valid_from, version(book, 2).attributes) == (SUMMER, OTHER_HASH)
    assert changed == replace(device, version=device.version + 1)


def test_a_new_version_does_not_lengthen_the_one_before() -> None:
    book = revised()
    later = replace(
        approve_device(DEVICE, number=2),
        valid_from=version(book, 1).valid_until + 1,
        valid_until=version(book, 1).valid_until + 2,
    )

    decide_and_apply(book, later)

    assert version(book, 1).valid_until == ms("2028-01-01")


@pytest.mark.parametrize("start", [JANUARY, JANUARY - 1])
def test_a_version_begins_after_the_one_before_did(start: int) -> None:
    early = replace(approve_device(DEVICE, number=2), valid_from=start)

    assert refusal(revised(), early) == ("registration-boundary", "/valid_from", "R73")


def test_versions_never_overlap_and_each_instant_has_one_of_them() -> None:
    book = devices_book()
    starts = [JANUARY, ms("2025-02-01"), ms("2025-02-02"), SUMMER]
    for number, start in enumerate(starts[1:], start=2):
        decide_and_apply(book, revise(DEVICE, version=book.state.device(DEVICE).version))
        following = approve_device(DEVICE, number=number)
        decide_and_apply(book, replace(following, valid_from=start))

    versions = book.state.registrations(DEVICE)
    ends = [*starts[1:], ms("2028-01-01")]
    assert [(item.valid_from, item.valid_until) for item in versions] == list(
        zip(starts, ends, strict=True)
    )
    assert [in_force(versions, end - 1, end).number for end in ends] == [1, 2, 3, 4]


def test_a_suspended_device_stays_so_under_a_new_version() -> None:
    book = revised()
    decide_and_apply(book, suspend(DEVICE))

    decide_and_apply(book, replace(approve_device(DEVICE, number=2), valid_from=SUMMER))

    assert book.state.device(DEVICE).state == "suspended"


@pytest.mark.parametrize("outcome", ["verified", "referred", "rejected"])
def test_what_was_referred_back_or_rejected_is_not_approved(outcome: str) -> None:
    book = devices_book()
    decide_and_apply(book, review_device(REGISTERED_DEVICE, outcome, person=OFFICER))
    approving = replace(APPROVE, person=SECOND_OFFICER)

    if outcome == "verified":
        assert decide_and_apply(book, approving).puts
    else:
        assert refusal(book, approving) == ("invalid-state-transition", "", "R73")


def test_what_was_replaced_or_approved_already_is_not_approved() -> None:
    book = devices_book()
    decide_and_apply(book, revise(DEVICE, version=2))
    decide_and_apply(book, revise(DEVICE, version=3))

    superseded = refusal(book, approve_device(DEVICE, number=2))
    approved = refusal(book, approve_device(DEVICE, number=1))

    assert superseded == approved == ("invalid-state-transition", "", "R73")


TWO_PERSONS = [
    (OFFICER, SECOND_OFFICER, True),
    (OFFICER, OFFICER, False),
    (None, OFFICER, False),
    (OFFICER, None, False),
    (None, None, False),
]


@pytest.mark.parametrize(
    ("verifier", "approver", "may"),
    TWO_PERSONS,
    ids=["two persons", "one person", "nameless first", "nameless then", "nameless"],
)
def test_who_verified_it_does_not_approve_it_and_both_say_who_they_are(
    verifier: str | None, approver: str | None, *, may: bool
) -> None:
    book = devices_book()
    decide_and_apply(book, review_device(REGISTERED_DEVICE, person=verifier))
    approving = replace(APPROVE, person=approver)

    if may:
        assert decide_and_apply(book, approving).puts
    else:
        assert refusal(book, approving) == ("separation-of-duties", "", "R8")


@pytest.mark.parametrize("person", [None, OFFICER])
@pytest.mark.parametrize(
    ("second_person_w", "is_alone"), [(CAPACITY_W + 1, True), (CAPACITY_W, False)]
)
def test_from_a_capacity_on_somebody_else_verifies_it_first(
    person: str | None, second_person_w: int, *, is_alone: bool
) -> None:
    book = devices_book()
    domain = book.state.domain("DK")
    strict = replace(domain, settings=replace(SETTINGS, second_person_w=second_person_w))
    book.state.add(strict)
    approving = replace(APPROVE, person=person)

    if is_alone:
        assert decide_and_apply(book, approving).puts
    else:
        assert refusal(book, approving) == ("separation-of-duties", "", "R8")
        decide_and_apply(book, review_device(REGISTERED_DEVICE, person=SECOND_OFFICER))
        assert decide_and_apply(book, replace(approving, person=OFFICER)).puts


def test_who_reports_its_own_readings_is_not_issued_to_automatically() -> None:
    book = devices_book()
    own = replace(register(uid("own"), GSRNS[3]), measurement_body=GENERATOR)
    decide_and_apply(book, own)

    refused = refusal(book, approve_device(uid("own"), automatic_wh=1))

    assert refused == ("separation-of-duties", "/automatic_wh", "R8")
    assert decide_and_apply(book, approve_device(uid("own"))).puts


def near_book(north: int, east: int, capacity_w: int) -> Book:
    """Return a registry with a device of a megawatt at a place, and another beside it."""
    book = devices_book()
    first = replace(register(uid("first"), GSRNS[3]), latitude=NORTH, longitude=EAST)
    beside = register(uid("beside"), GSRNS[4])
    decide_and_apply(
        book,
        first,
        replace(beside, latitude=north, longitude=east, capacity_w=capacity_w),
    )
    return book


@pytest.mark.parametrize(
    ("north", "east", "capacity_w", "is_near"),
    [
        (NORTH, EAST, CAPACITY_W, True),
        (NORTH + 449, EAST, CAPACITY_W, True),
        (NORTH + 450, EAST, CAPACITY_W, False),
        (NORTH, EAST + 803, CAPACITY_W, True),
        (NORTH, EAST + 806, CAPACITY_W, False),
        (NORTH, EAST, CAPACITY_W * 95 // 100, True),
        (NORTH, EAST, CAPACITY_W * 95 // 100 - 1, False),
        (NORTH, EAST, CAPACITY_W * 100 // 95, True),
        (NORTH, EAST, CAPACITY_W * 100 // 95 + 1, False),
    ],
)
def test_where_a_device_of_its_size_stands_within_50_metres_it_must_be_looked_at(
    north: int, east: int, capacity_w: int, *, is_near: bool
) -> None:
    book = near_book(north, east, capacity_w)
    approving = approve_device(uid("beside"))

    if is_near:
        assert refusal(book, approving) == ("near-duplicate", "/reviewed", "R14")
        assert decide_and_apply(book, replace(approving, reviewed=(uid("first"),))).puts
    else:
        assert decide_and_apply(book, approving).puts


def test_another_device_than_the_near_one_is_no_review_of_it() -> None:
    book = near_book(NORTH, EAST, CAPACITY_W)

    refused = refusal(book, replace(approve_device(uid("beside")), reviewed=(DEVICE, UNKNOWN)))

    assert refused[0] == "near-duplicate"


def test_small_devices_whose_place_is_not_told_exactly_are_not_compared() -> None:
    book = devices_book()
    small = replace(
        register(uid("small"), GSRNS[3]), capacity_w=49_999, latitude=NORTH, longitude=EAST
    )
    decide_and_apply(book, small, replace(small, device=uid("roof"), gsrn=GSRNS[4]))

    assert decide_and_apply(book, approve_device(uid("roof"))).puts


def test_parts_of_one_device_stand_where_it_stands() -> None:
    book = devices_book()
    parts = [replace(part, latitude=NORTH, longitude=EAST) for part in boiler_parts()]
    decide_and_apply(book, *parts)

    assert decide_and_apply(book, *(approve_device(part.device) for part in parts)).puts


def test_an_earlier_version_of_itself_is_no_near_device() -> None:
    book = devices_book()
    decide_and_apply(
        book, replace(register(uid("placed"), GSRNS[3]), latitude=NORTH, longitude=EAST)
    )
    decide_and_apply(book, approve_device(uid("placed")))
    revision = revise(uid("placed"), version=2)
    decide_and_apply(book, replace(revision, latitude=NORTH, longitude=EAST + 1))

    following = replace(approve_device(uid("placed"), number=2), valid_from=SUMMER)

    assert decide_and_apply(book, following).puts


def test_refusals_are_raised_in_this_order() -> None:
    book = near_book(NORTH, EAST, CAPACITY_W)
    own = replace(
        register(uid("own"), "571313180400014008"),
        measurement_body=GENERATOR,
        latitude=NORTH,
        longitude=EAST,
    )
    decide_and_apply(book, own)
    decide_and_apply(book, review_device(uid("own"), person=OFFICER))
    worst = replace(
        approve_device(UNKNOWN, number=9, automatic_wh=1),
        by=STRANGER,
        person=OFFICER,
        valid_from=EARLIEST - 1,
        valid_until=EARLIEST - 1,
    )
    admitted = replace(worst, by=GENERATOR)
    by_issuing_body = replace(worst, by=ISSUING_BODY)
    known = replace(by_issuing_body, device=DEVICE)
    approved_already = replace(known, number=1)
    waiting = replace(approved_already, device=uid("own"))
    by_another = replace(waiting, person=SECOND_OFFICER)
    forwards = replace(by_another, valid_until=ms("2030-01-01"))
    shorter = replace(forwards, valid_until=EARLIEST)
    commissioned = replace(shorter, valid_from=EARLIEST, valid_until=EARLIEST + 1)
    by_hand = replace(commissioned, automatic_wh=0)

    steps = [worst, admitted, by_issuing_body, known, approved_already, waiting, by_another]
    steps += [forwards, shorter, commissioned, by_hand]

    assert [refusal(book, step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("forbidden-role", "", "R8"),
        ("not-found", "/device", ""),
        ("not-found", "/number", ""),
        ("invalid-state-transition", "", "R73"),
        ("separation-of-duties", "", "R8"),
        ("invalid-interval", "/valid_until", "R7"),
        ("invalid-interval", "/valid_until", "R3"),
        ("outside-operation-period", "/valid_from", ""),
        ("separation-of-duties", "/automatic_wh", "R8"),
        ("near-duplicate", "/reviewed", "R14"),
    ]


def test_a_change_of_registrant_leaves_no_gap_whatever_became_of_the_version_before() -> None:
    book = devices_book()
    decide_and_apply(book, hand_over(DEVICE, version=2, effective_from=SUMMER))
    decide_and_apply(book, take_over(DEVICE))
    book.state.add(replace(version(book, 1), valid_until=SUMMER - 1))

    refused = refusal(book, replace(approve_device(DEVICE, number=2), valid_from=SUMMER))

    assert refused == ("registration-boundary", "/valid_from", "R75")


def test_of_a_device_that_was_handed_over_refusals_are_raised_in_this_order() -> None:
    book = devices_book()
    own = replace(register(uid("own"), GSRNS[3]), measurement_body=GENERATOR)
    decide_and_apply(book, own)
    decide_and_apply(book, replace(approve_device(uid("own")), valid_until=ms("2026-01-01")))
    decide_and_apply(book, hand_over(uid("own"), version=2, effective_from=ms("2026-01-01")))
    worst = replace(approve_device(uid("own"), number=2, automatic_wh=1), valid_from=JANUARY)
    not_taken = refusal(book, worst)
    decide_and_apply(book, take_over(uid("own")))
    later = replace(worst, valid_from=ms("2026-01-01") + 1)
    at_once = replace(worst, valid_from=ms("2026-01-01"))

    assert [not_taken, *(refusal(book, step) for step in (worst, later, at_once))] == [
        ("invalid-state-transition", "", "R75"),
        ("registration-boundary", "/valid_from", "R73"),
        ("registration-boundary", "/valid_from", "R75"),
        ("separation-of-duties", "/automatic_wh", "R8"),
    ]
    assert decide_and_apply(book, replace(at_once, automatic_wh=0)).puts
    assert book.state.device(uid("own")).organisation == RIVAL


@pytest.mark.parametrize(
    ("start", "end", "is_covered"),
    [
        (APPROVE.valid_from, APPROVE.valid_until, True),
        (APPROVE.valid_from, APPROVE.valid_from + 1, True),
        (APPROVE.valid_from, APPROVE.valid_from, False),
        (APPROVE.valid_from - 1, APPROVE.valid_until, False),
        (APPROVE.valid_from, APPROVE.valid_until + 1, False),
    ],
)
def test_a_registration_covers_what_lies_within_it_and_is_not_empty(
    start: int, end: int, *, is_covered: bool
) -> None:
    versions = devices_book().state.registrations(DEVICE)

    if is_covered:
        assert in_force(versions, start, end) == versions[0]
    else:
        with pytest.raises(RefusalError, match="registration-boundary"):
            in_force(versions, start, end)


def test_a_device_without_an_approved_version_has_none_in_force() -> None:
    versions = devices_book().state.registrations(REGISTERED_DEVICE)

    with pytest.raises(RefusalError, match="device-not-eligible"):
        in_force(versions, JANUARY, JANUARY + 1)


def test_a_period_across_two_versions_has_none_of_them() -> None:
    book = revised()
    decide_and_apply(book, replace(approve_device(DEVICE, number=2), valid_from=SUMMER))
    versions = book.state.registrations(DEVICE)

    with pytest.raises(RefusalError, match="registration-boundary"):
        in_force(versions, SUMMER - 1, SUMMER + 1)

    assert [item.attributes for item in versions] == [HASH, OTHER_HASH]

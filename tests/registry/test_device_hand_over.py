"""Hand a device over: to another generator, from an instant on, without a gap (R75)."""

from dataclasses import replace

import pytest
from builders import (
    BUYER,
    DEVICE,
    GENERATOR,
    GENERATOR_ACCOUNT,
    HAND_OVER,
    JANUARY,
    METERING,
    OFFICER,
    OTHER_HASH,
    REGISTERED_DEVICE,
    RIVAL,
    RIVAL_ACCOUNT,
    SECOND_OFFICER,
    STRANGER,
    UNKNOWN,
    Book,
    approve,
    approve_device,
    day,
    day_span,
    decide_and_apply,
    deregister,
    devices_book,
    hand_over,
    measure,
    ms,
    refusal,
    request,
    review_device,
    revise,
    suspend,
    take_over,
    uid,
)

from app.registry.devices import Registration, in_force
from app.registry.operations.issue_request import IssueRequest

HANDED = hand_over(DEVICE, version=2)
END = ms("2028-01-01")


def versions(book: Book) -> list[Registration]:
    return book.state.registrations(DEVICE)


def wanted(name: str, number: int, *, by: str) -> IssueRequest:
    """Return a party's request for one day of the wind farm, into its own account."""
    account = GENERATOR_ACCOUNT if by == GENERATOR else RIVAL_ACCOUNT
    return replace(request(uid(name), number, number), by=by, account=account)


def handed(*, effective_from: int = HAND_OVER) -> Book:
    """Return a registry in which the rival has the wind farm from an instant on."""
    book = devices_book()
    decide_and_apply(book, replace(HANDED, effective_from=effective_from))
    decide_and_apply(book, take_over(DEVICE))
    approval = replace(approve_device(DEVICE, number=2), valid_from=effective_from)
    decide_and_apply(book, approval)
    return book


def test_what_is_handed_over_differs_in_its_registrant_alone_and_is_not_taken_yet() -> None:
    book = devices_book()
    (before,), device = versions(book), book.state.device(DEVICE)

    rows = decide_and_apply(book, HANDED)

    waiting = replace(
        before,
        number=2,
        organisation=RIVAL,
        state="submitted",
        valid_from=HAND_OVER,
        is_taken=False,
    )
    assert rows.puts == (waiting, replace(device, version=3))
    assert waiting.measurement_body == METERING
    assert device.organisation == GENERATOR


def test_of_a_registrant_that_reports_itself_the_next_one_does_too() -> None:
    book = devices_book()
    decide_and_apply(book, replace(revise(DEVICE, version=2), measurement_body=GENERATOR))
    decide_and_apply(book, replace(approve_device(DEVICE, number=2), valid_from=JANUARY + 1))

    decide_and_apply(book, hand_over(DEVICE, version=4))

    assert versions(book)[-1].measurement_body == RIVAL


def test_the_version_in_force_is_handed_over_and_one_that_waits_is_replaced() -> None:
    book = devices_book()
    decide_and_apply(book, revise(DEVICE, version=2))

    decide_and_apply(book, hand_over(DEVICE, version=3))

    assert [item.state for item in versions(book)] == ["approved", "superseded", "submitted"]
    assert versions(book)[-1].attributes != OTHER_HASH


def test_a_second_hand_over_takes_the_place_of_one_that_nobody_approved() -> None:
    book = devices_book()
    decide_and_apply(book, HANDED)

    decide_and_apply(book, hand_over(DEVICE, version=3, effective_from=END))

    assert refusal(book, take_over(DEVICE)) == ("invalid-state-transition", "", "R73")
    assert decide_and_apply(book, take_over(DEVICE, number=3)).puts


def test_a_suspended_device_may_change_hands() -> None:
    book = devices_book()
    decide_and_apply(book, suspend(DEVICE))

    assert decide_and_apply(book, hand_over(DEVICE, version=3)).puts


@pytest.mark.parametrize(
    ("effective_from", "is_within"),
    [(JANUARY, False), (JANUARY + 1, True), (END, True), (END + 1, False)],
)
def test_it_changes_hands_within_the_version_in_force(
    effective_from: int, *, is_within: bool
) -> None:
    asked = replace(HANDED, effective_from=effective_from)
    book = devices_book()

    if is_within:
        assert decide_and_apply(book, asked).puts
    else:
        assert refusal(book, asked) == ("registration-boundary", "/effective_from", "R75")


@pytest.mark.parametrize("to", [GENERATOR, BUYER, METERING])
def test_only_another_generator_takes_a_device(to: str) -> None:
    refused = refusal(devices_book(), replace(HANDED, to=to))

    assert refused == ("recipient-not-mandated", "/to", "R75")


def test_after_it_was_approved_each_instant_has_the_registrant_of_its_time() -> None:
    book = handed()

    before, after = versions(book)
    assert before.valid_until == after.valid_from == HAND_OVER
    assert in_force(versions(book), HAND_OVER - 1, HAND_OVER).organisation == GENERATOR
    assert in_force(versions(book), HAND_OVER, HAND_OVER + 1).organisation == RIVAL
    assert book.state.device(DEVICE).organisation == RIVAL


def test_production_is_requested_by_the_registrant_of_its_time() -> None:
    book = handed(effective_from=day(5))
    decide_and_apply(book, measure(day_span(4)))
    decide_and_apply(book, measure(day_span(5)))

    theirs = [wanted("old's", 5, by=GENERATOR), wanted("new's", 4, by=RIVAL)]
    own = [wanted("old's", 4, by=GENERATOR), wanted("new's", 5, by=RIVAL)]

    assert [refusal(book, step) for step in theirs] == [("not-registrant", "", "R26")] * 2
    decide_and_apply(book, *own)
    decide_and_apply(book, *(approve(step.issuance) for step in own))
    issued = [book.state.issuance(step.issuance) for step in own]
    assert [item.account for item in issued] == [GENERATOR_ACCOUNT, RIVAL_ACCOUNT]
    assert [item.registration for item in issued] == [1, 2]


def test_a_period_across_the_instant_is_requested_by_nobody() -> None:
    book = handed(effective_from=day(5))
    decide_and_apply(book, measure(day_span(4)))
    decide_and_apply(book, measure(day_span(5)))

    for by, account in ((GENERATOR, GENERATOR_ACCOUNT), (RIVAL, RIVAL_ACCOUNT)):
        across = replace(request(uid("across"), 4, 5), by=by, account=account)
        assert refusal(book, across) == ("registration-boundary", "", "R3")


def test_the_carry_goes_with_the_device() -> None:
    book = handed(effective_from=day(1))
    decide_and_apply(book, measure(day_span(0, 1_600_000)))
    decide_and_apply(book, measure(day_span(1, 1_600_000)))

    for name, number, by in (("old's", 0, GENERATOR), ("new's", 1, RIVAL)):
        asked = wanted(name, number, by=by)
        decide_and_apply(book, asked)
        decide_and_apply(book, approve(asked.issuance))

    assert [book.state.issuance(uid(name)).quantity for name in ("old's", "new's")] == [1, 2]
    assert book.state.device(DEVICE).carried_wh == 200_000


def test_the_new_registrant_describes_the_device_from_then_on_and_the_old_one_does_not() -> None:
    book = handed()
    revision = revise(DEVICE, version=4)

    assert refusal(book, revision) == ("not-registrant", "", "R26")
    assert decide_and_apply(book, replace(revision, by=RIVAL)).puts


def test_until_it_is_approved_everything_stays_with_the_old_registrant() -> None:
    book = devices_book()
    decide_and_apply(book, HANDED)
    decide_and_apply(book, take_over(DEVICE))

    assert book.state.device(DEVICE).organisation == GENERATOR
    assert in_force(versions(book), HAND_OVER, HAND_OVER + 1).organisation == GENERATOR


def test_the_old_registrant_takes_a_hand_over_back_by_describing_the_device_anew() -> None:
    book = devices_book()
    decide_and_apply(book, HANDED)

    decide_and_apply(book, revise(DEVICE, version=3))

    assert [item.state for item in versions(book)] == ["approved", "superseded", "submitted"]
    assert versions(book)[-1].organisation == GENERATOR


def test_a_change_of_hands_is_verified_and_approved_by_two_persons_like_any_version() -> None:
    book = devices_book()
    decide_and_apply(book, HANDED)
    decide_and_apply(book, review_device(DEVICE, number=2, person=OFFICER))
    decide_and_apply(book, take_over(DEVICE))
    approval = replace(approve_device(DEVICE, number=2), valid_from=HAND_OVER)

    alone = refusal(book, replace(approval, person=OFFICER))

    assert alone == ("separation-of-duties", "", "R8")
    assert decide_and_apply(book, replace(approval, person=SECOND_OFFICER)).puts


def test_refusals_are_raised_in_this_order() -> None:
    book = devices_book()
    worst = replace(hand_over(UNKNOWN, version=9, to=UNKNOWN, effective_from=0), by=STRANGER)
    admitted = replace(worst, by=RIVAL)
    known = replace(admitted, device=REGISTERED_DEVICE)
    own = replace(known, by=GENERATOR)
    approved = replace(own, device=DEVICE)
    fresh = replace(approved, version=2)
    to_a_buyer = replace(fresh, to=BUYER)
    to_a_generator = replace(fresh, to=RIVAL)

    steps = [worst, admitted, known, own, approved, fresh, to_a_buyer, to_a_generator]

    assert [refusal(book, step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("not-found", "/device", ""),
        ("not-registrant", "", "R26"),
        ("device-not-eligible", "", "R3"),
        ("stale-version", "/version", "R78"),
        ("not-found", "/to", ""),
        ("recipient-not-mandated", "/to", "R75"),
        ("registration-boundary", "/effective_from", "R75"),
    ]


def test_what_has_left_is_not_handed_over() -> None:
    book = devices_book()
    decide_and_apply(book, deregister(DEVICE))

    assert refusal(book, hand_over(DEVICE, version=3)) == ("device-not-eligible", "", "R3")

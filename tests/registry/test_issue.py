"""Issue: exactly what the rules compute, numbered for good, with frozen windows."""

from dataclasses import fields, replace
from itertools import pairwise

import pytest
from builders import (
    APPROVED_REQUEST,
    AUTOMATIC_DEVICE,
    BUYER_ACCOUNT,
    DEVICE,
    FACE_VALUE_WH,
    GENERATOR,
    GENERATOR_ACCOUNT,
    GSRNS,
    HASH,
    ISSUED,
    ISSUING_BODY,
    NOW,
    OFFICER,
    ORIGIN,
    PENDING_REQUEST,
    REGISTERED_DEVICE,
    RETIRE,
    STRANGER,
    TRANSFER,
    UNKNOWN,
    Book,
    approve_device,
    approved_request,
    compose_issue,
    day,
    day_gap,
    day_span,
    decide_and_apply,
    devices_book,
    issue_days,
    measure,
    measured_book,
    ms,
    ready_book,
    refusal,
    register,
    request,
    two_domains,
    uid,
)
from hypothesis import given
from hypothesis import strategies as st

from app.ledger.encoding import INTEGER_MAX
from app.registry.domains import Domain
from app.registry.errors import RefusalError
from app.registry.issuances import Issuance, Request
from app.registry.measurements import Span
from app.registry.operations.issue import Issue
from app.registry.ranges import Bundle
from app.registry.state import follow_id
from app.registry.windows import TOLERANCE_MS

MISMATCH = ("issuance-mismatch", "", "R4")
IMPLAUSIBLE = ("issuance-mismatch", "", "R39")
JANUARY = uid("January")


def carrying_book(carried_wh: int, *energies_wh: int) -> Book:
    book = measured_book(*energies_wh)
    book.state.add(replace(book.state.device(DEVICE), carried_wh=carried_wh))
    return book


def holdings(book: Book, issuance: str) -> list[tuple[int, int, str, str]]:
    bundles = book.state.bundles.of_issuance(issuance)
    return [(bundle.first, bundle.last, bundle.account, bundle.state) for bundle in bundles]


def test_the_worked_example_gives_four_certificates_and_carries_the_rest() -> None:
    book = carrying_book(700_000, 3_400_250)

    issuance = issue_days(book, JANUARY, 0, 0)

    assert (issuance.carried_in_wh, issuance.energy_wh) == (700_000, 3_400_250)
    assert (issuance.quantity, issuance.carried_out_wh) == (4, 100_250)
    assert issuance.number_first.endswith("000000000000000000001")
    assert book.state.domain("DK").next_number.endswith("000000000000000000005")
    assert book.state.device(DEVICE).carried_wh == 100_250


def test_the_worked_example_splits_one_from_the_rest_and_retires_the_rest_unsplit() -> None:
    book = carrying_book(700_000, 3_400_250)
    issue_days(book, JANUARY, 0, 0)

    decide_and_apply(book, replace(TRANSFER, items=None, quantity=1))
    split = holdings(book, JANUARY)
    decide_and_apply(book, replace(RETIRE, quantity=3))

    assert split == [
        (1, 1, BUYER_ACCOUNT, "active"),
        (2, 4, GENERATOR_ACCOUNT, "active"),
    ]
    assert holdings(book, JANUARY) == [
        (1, 1, BUYER_ACCOUNT, "active"),
        (2, 4, GENERATOR_ACCOUNT, "retired"),
    ]


@pytest.mark.parametrize(
    ("carried_wh", "energy_wh", "quantity", "carried_out_wh"),
    [
        (0, FACE_VALUE_WH, 1, 0),
        (0, 2 * FACE_VALUE_WH - 1, 1, FACE_VALUE_WH - 1),
        (FACE_VALUE_WH - 1, 1, 1, 0),
        (FACE_VALUE_WH - 1, FACE_VALUE_WH, 1, FACE_VALUE_WH - 1),
        (999_999, 1_999_999, 2, 999_998),
    ],
)
def test_nothing_is_rounded_up(
    carried_wh: int, energy_wh: int, quantity: int, carried_out_wh: int
) -> None:
    issuance = issue_days(carrying_book(carried_wh, energy_wh), JANUARY, 0, 0)

    assert (issuance.quantity, issuance.carried_out_wh) == (quantity, carried_out_wh)


@given(
    energies_wh=st.lists(st.integers(0, 24_000_000), min_size=1, max_size=12),
    cuts=st.sets(st.integers(1, 11)),
)
def test_no_watt_hour_is_lost_or_made_however_periods_are_cut(
    energies_wh: list[int], cuts: set[int]
) -> None:
    book = measured_book(*energies_wh)
    days = len(energies_wh)
    bounds = [0, *sorted(cut for cut in cuts if cut < days), days]

    for first, end in pairwise(bounds):
        carried_wh = book.state.device(DEVICE).carried_wh
        if carried_wh + sum(energies_wh[first:end]) < FACE_VALUE_WH:
            asked = request(uid(f"{first}"), first, end - 1)
            assert refusal(book, asked)[0] == "below-face-value"
        else:
            issue_days(book, uid(f"{first}"), first, end - 1)

    issuances = list(book.state.all(Issuance))
    issued_wh = sum(issuance.energy_wh for issuance in issuances)
    quantity = sum(issuance.quantity for issuance in issuances)
    spans = book.state.spans_within(DEVICE, day(0), day(days))
    assert issued_wh == sum(span.energy_wh for span in spans if span.issuance)
    assert issued_wh == quantity * FACE_VALUE_WH + book.state.device(DEVICE).carried_wh
    assert 0 <= book.state.device(DEVICE).carried_wh < FACE_VALUE_WH
    assert book.state.domain("DK").issued == quantity


def test_an_issue_freezes_what_held_when_it_was_issued() -> None:
    book = carrying_book(700_000, 3_400_250, 5)
    decide_and_apply(book, request(JANUARY, 0, 1))
    book.state.add(approved_request(JANUARY, 0, 1))
    book.index = 77

    operation = compose_issue(book, JANUARY, cause=uid("approval"))
    change = operation.decide(book.state, book.at)

    assert operation == Issue(
        id=follow_id(uid("approval"), "issue"),
        origin=ORIGIN,
        by=ISSUING_BODY,
        issuance=JANUARY,
        device=DEVICE,
        account=GENERATOR_ACCOUNT,
        spans=(day(0), day(1)),
        period_start=day(0),
        period_end=day(2),
        energy_wh=3_400_255,
        carried_in_wh=700_000,
        carried_out_wh=100_255,
        face_value_wh=FACE_VALUE_WH,
        quantity=4,
        number_first="571234567" + "000000000000000000001",
        transfer_until=ms("2026-01-03"),
        retire_until=ms("2026-07-03"),
        code_lists="eecs-1",
        attributes=HASH,
    )
    assert change.puts[0] == Issuance(
        id=JANUARY,
        device=DEVICE,
        domain="DK",
        account=GENERATOR_ACCOUNT,
        period_start=day(0),
        period_end=day(2),
        energy_wh=3_400_255,
        carried_in_wh=700_000,
        carried_out_wh=100_255,
        face_value_wh=FACE_VALUE_WH,
        quantity=4,
        number_first="571234567" + "000000000000000000001",
        transfer_until=ms("2026-01-03"),
        retire_until=ms("2026-07-03"),
        code_lists="eecs-1",
        attributes=HASH,
        index=77,
        registration=1,
    )
    assert not change.moves
    assert not change.follows


def test_an_issue_marks_request_device_domain_and_spans_and_opens_one_bundle() -> None:
    book = measured_book(FACE_VALUE_WH, 3)
    decide_and_apply(book, request(JANUARY, 0, 1))
    book.state.add(approved_request(JANUARY, 0, 1))
    index = book.index

    rows = decide_and_apply(book, compose_issue(book, JANUARY))

    issuance, asked, device, domain, *spans = rows.puts
    assert isinstance(issuance, Issuance)
    assert asked == replace(approved_request(JANUARY, 0, 1), state="issued")
    assert device == replace(book.state.device(DEVICE), carried_wh=3)
    assert isinstance(domain, Domain)
    assert domain.issued == 1
    assert [span.issuance for span in spans if isinstance(span, Span)] == [JANUARY, JANUARY]
    assert rows.opened == (
        Bundle(JANUARY, 1, 1, GENERATOR_ACCOUNT, "active", book.height, day(0), index),
    )
    assert not rows.closed


def test_gaps_are_not_named_as_spans_but_are_issued_with_the_period() -> None:
    book = devices_book()
    decide_and_apply(book, measure(day_span(5), day_span(7), gaps=[day_gap(6, 6)]))

    issue_days(book, JANUARY, 5, 7)

    spans = book.state.spans_within(DEVICE, day(5), day(8))
    assert [(span.gap, span.issuance) for span in spans] == [
        ("", JANUARY),
        ("meter-failure", JANUARY),
        ("", JANUARY),
    ]


def test_numbers_continue_across_devices_and_are_never_used_again() -> None:
    book = devices_book()
    decide_and_apply(book, approve_device(REGISTERED_DEVICE))
    devices = [DEVICE, AUTOMATIC_DEVICE, REGISTERED_DEVICE]
    for device in devices:
        days = [day_span(number, 2_700_000) for number in range(3)]
        decide_and_apply(book, measure(*days, device=device))

    for number in range(3):
        for device in devices:
            asked = request(uid(f"{device} {number}"), number, number, device=device)
            decide_and_apply(book, asked)
            if device != AUTOMATIC_DEVICE:
                book.state.add(approved_request(asked.issuance, number, number, device=device))
                decide_and_apply(book, compose_issue(book, asked.issuance, cause=asked.id))
            refused = request(uid(f"again {device} {number}"), number, number, device=device)
            assert refusal(book, refused)[0] == "double-issuance"

    issuances = list(book.state.all(Issuance))
    firsts = [int(issuance.number_first) for issuance in issuances]
    assert len(issuances) == 9
    assert firsts[0] == 571234567_000000000000000000001
    assert firsts[1:] == [
        first + issuance.quantity
        for first, issuance in zip(firsts[:-1], issuances[:-1], strict=True)
    ]
    assert sum(issuance.quantity for issuance in issuances) == 3 * 8
    assert {len(issuance.number_first) for issuance in issuances} == {30}


def test_each_domain_numbers_for_itself() -> None:
    book = devices_book(two_domains())
    norwegian = uid("Norwegian device")
    decide_and_apply(book, replace(register(norwegian, GSRNS[3]), domain="NO"))
    decide_and_apply(book, approve_device(norwegian))
    for device in (DEVICE, norwegian):
        decide_and_apply(book, measure(day_span(0), day_span(1), device=device))

    numbers = [
        issue_days(book, uid(f"{device} {number}"), number, number, device=device).number_first
        for number in (0, 1)
        for device in (DEVICE, norwegian)
    ]

    assert numbers == [
        "571234567" + "000000000000000000001",
        "700000001" + "000000000000000000001",
        "571234567" + "000000000000000000011",
        "700000001" + "000000000000000000011",
    ]


NAMES = [field.name for field in fields(Issue)]
FORGERIES: dict[str, list[tuple[object, tuple[str, str, str]]]] = {
    "origin": [("registry.example/other", MISMATCH)],
    "by": [
        (GENERATOR, ("forbidden-role", "", "R8")),
        (STRANGER, ("unknown-organisation", "", "")),
    ],
    "issuance": [
        (UNKNOWN, ("not-found", "/issuance", "")),
        (PENDING_REQUEST, ("request-already-decided", "", "")),
        (ISSUED, ("request-already-decided", "", "")),
        (uid("the other approved request"), MISMATCH),
    ],
    "device": [(AUTOMATIC_DEVICE, MISMATCH), (UNKNOWN, MISMATCH)],
    "account": [(BUYER_ACCOUNT, MISMATCH)],
    "spans": [((), MISMATCH), ((day(1),), MISMATCH), ((day(2), day(3)), MISMATCH)],
    "period_start": [(day(2) - 1, MISMATCH), (day(1), MISMATCH)],
    "period_end": [(day(3) + 1, MISMATCH), (day(4), MISMATCH)],
    "energy_wh": [(10_000_001, MISMATCH), (11_000_000, MISMATCH)],
    "carried_in_wh": [(1, MISMATCH), (1_000_000, MISMATCH)],
    "carried_out_wh": [(1, MISMATCH), (1_000_000, MISMATCH)],
    "face_value_wh": [(999_999, MISMATCH), (1, MISMATCH)],
    "quantity": [(9, MISMATCH), (11, MISMATCH)],
    "number_first": [
        ("571234567" + "000000000000000000010", MISMATCH),
        ("571234567" + "000000000000000000012", MISMATCH),
        ("571234568" + "000000000000000000011", MISMATCH),
    ],
    "transfer_until": [(ms("2025-12-01"), IMPLAUSIBLE), (ms("2026-02-01"), IMPLAUSIBLE)],
    "retire_until": [(ms("2026-06-01"), IMPLAUSIBLE), (ms("2026-08-01"), IMPLAUSIBLE)],
    "code_lists": [("eecs-2", MISMATCH)],
    "attributes": [("cd" * 32, MISMATCH)],
    "person": [(OFFICER, MISMATCH)],
}


@pytest.mark.parametrize(
    ("member", "value", "expected"),
    [(member, *case) for member, cases in FORGERIES.items() for case in cases],
)
def test_a_forged_issue_is_refused(
    member: str, value: object, expected: tuple[str, str, str]
) -> None:
    book = ready_book()
    book.state.add(approved_request(uid("the other approved request"), 3, 3))
    genuine = compose_issue(book, APPROVED_REQUEST)
    assert genuine.decide(book.state, book.at).puts

    forged = Issue(**{name: getattr(genuine, name) for name in NAMES} | {member: value})

    assert refusal(book, forged) == expected


def test_every_member_but_the_id_is_forged_once() -> None:
    assert sorted([*FORGERIES, "id"]) == sorted(NAMES)


def test_an_issue_is_refused_the_second_time() -> None:
    book = ready_book()
    genuine = compose_issue(book, APPROVED_REQUEST)
    decide_and_apply(book, genuine)

    assert refusal(book, genuine) == ("request-already-decided", "", "")


def test_an_issue_composed_before_another_one_no_longer_fits() -> None:
    book = ready_book()
    genuine = compose_issue(book, APPROVED_REQUEST)
    issue_days(book, uid("in between"), 3, 3)

    assert refusal(book, genuine) == MISMATCH


def test_production_is_issued_until_its_certificates_could_no_longer_be_retired() -> None:
    book = ready_book()
    book.state.add(replace(book.state.find(Request, APPROVED_REQUEST), is_late=True))
    genuine = compose_issue(book, APPROVED_REQUEST)

    book.time_ms = genuine.retire_until - TOLERANCE_MS - 1
    assert genuine.decide(book.state, book.at).puts
    book.time_ms += 1
    assert refusal(book, genuine) == ("issue-window-closed", "", "R11")


def test_as_much_energy_as_a_leaf_can_state_is_issued_and_no_watt_hour_more() -> None:
    book = devices_book()
    book.state.add(replace(book.state.registration(DEVICE, 1), capacity_w=INTEGER_MAX))
    spans = (day_span(0, INTEGER_MAX - 1), day_span(1, 1), day_span(2, 1))
    decide_and_apply(book, measure(*spans))
    book.state.add(approved_request(JANUARY, 0, 1))

    most = compose_issue(book, JANUARY)
    assert most.plain()["energy_wh"] == INTEGER_MAX
    assert most.decide(book.state, book.at).puts

    book.state.add(approved_request(JANUARY, 0, 2))
    with pytest.raises(RefusalError) as caught:
        compose_issue(book, JANUARY)
    assert caught.value.code == "invalid-quantity"


def test_what_is_not_requested_cannot_be_composed() -> None:
    with pytest.raises(RefusalError) as caught:
        compose_issue(ready_book(), UNKNOWN)

    assert (caught.value.code, caught.value.pointer) == ("not-found", "/issuance")


def test_refusals_are_raised_in_this_order() -> None:
    book = ready_book()
    genuine = compose_issue(book, APPROVED_REQUEST)
    worst = replace(
        genuine, by=STRANGER, issuance=UNKNOWN, quantity=9, transfer_until=genuine.period_end
    )
    admitted = replace(worst, by=GENERATOR)
    by_issuing_body = replace(worst, by=ISSUING_BODY)
    decided = replace(by_issuing_body, issuance=ISSUED)
    undecided = replace(by_issuing_body, issuance=APPROVED_REQUEST)
    computed = replace(undecided, quantity=genuine.quantity)

    steps = [worst, admitted, by_issuing_body, decided, undecided, computed]

    assert [refusal(book, step) for step in steps] == [
        ("unknown-organisation", "", ""),
        ("forbidden-role", "", "R8"),
        ("not-found", "/issuance", ""),
        ("request-already-decided", "", ""),
        MISMATCH,
        IMPLAUSIBLE,
    ]
    book.time_ms = genuine.retire_until
    book.state.add(replace(book.state.find(Span, (DEVICE, day(2))), issuance=ISSUED))
    assert refusal(book, undecided)[0] == "issue-window-closed"
    book.time_ms = NOW
    assert refusal(book, undecided)[0] == "double-issuance"
    assert book.state.find(Request, APPROVED_REQUEST).state == "approved"

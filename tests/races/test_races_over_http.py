"""Clients of several servers want the same certificates: nobody gets what another has."""

from collections import Counter
from itertools import pairwise

import pytest

from app.registry.ranges import Range
from tests.races.http_arena import Arena, Stall, counted, ranges_of, won
from tests.scenario import account

pytest_plugins = ["tests.races.http_fixtures"]
pytestmark = pytest.mark.race

LANES = 6
NOT_ENOUGH = "409 insufficient-balance"
NOT_HOLDER = "403 not-holder"
UNKNOWN = "404 not-found"
RETIRED = "409 already-retired"


def test_no_more_is_retired_by_quantity_than_an_account_holds(arena: Arena) -> None:
    stall = arena.stall()
    lanes = [[stall.seller.retire(quantity=2) for _ in range(4)] for _ in range(LANES)]

    answers = arena.race(*lanes)

    assert counted(answers) == {"accepted": 12, NOT_ENOUGH: 4 * LANES - 12}
    assert sum(last - first + 1 for first, last in ranges_of(answers)) == 24
    arena.must_share(stall, retired=24)
    arena.must_be_sound()


def test_transfers_and_retirements_never_take_more_than_there_is(arena: Arena) -> None:
    stall = arena.stall()
    seller, buyer = stall.seller, stall.buyer
    moves = [[seller.move(buyer.account, quantity=3) for _ in range(3)] for _ in range(3)]
    retirements = [[seller.retire(quantity=3) for _ in range(3)] for _ in range(3)]

    answers = arena.race(*moves, *retirements)

    assert counted(answers) == {"accepted": 8, NOT_ENOUGH: 10}
    moved = 3 * counted(answers[:3])["accepted"]
    assert arena.holdings(buyer) == Counter(active=moved)
    arena.must_share(stall, active=moved, retired=24 - moved)
    arena.must_be_sound()


def test_named_certificates_are_retired_once(arena: Arena) -> None:
    stall = arena.stall()
    pairs = [stall.range(at, at + 1) for at in range(1, 25, 2)]
    orders = (pairs, pairs, pairs[::-1], pairs[6:] + pairs[:6])

    answers = arena.race(*([stall.seller.retire(pair) for pair in order] for order in orders))

    assert counted(answers) == {"accepted": 12, RETIRED: 36}
    assert ranges_of(answers) == [(pair.first, pair.last) for pair in pairs]
    arena.must_share(stall, retired=24)
    arena.must_be_sound()


def test_parts_of_one_bundle_are_all_retired_at_the_same_moment(arena: Arena) -> None:
    stall = arena.stall()
    lanes = [
        [stall.seller.retire(stall.range(at)) for at in range(first, 25, LANES)]
        for first in range(1, LANES + 1)
    ]

    answers = arena.race(*lanes)

    assert counted(answers) == {"accepted": 24}
    assert ranges_of(answers) == [(at, at) for at in range(1, 25)]
    arena.must_share(stall, retired=24)
    arena.must_be_sound()


def test_one_range_is_moved_or_retired_and_never_both(arena: Arena) -> None:
    stalls = [arena.stall() for _ in range(3)]
    moves = [stall.seller.move(stall.buyer.account, stall.range(1, 24)) for stall in stalls]
    retirements = [stall.seller.retire(stall.range(1, 24)) for stall in stalls]
    again = [stall.seller.move(stall.buyer.account, stall.range(1, 24)) for stall in stalls]

    answers = arena.race(moves, retirements, again, retirements[::-1])

    for at, stall in enumerate(stalls):
        told = [answers[0][at], answers[1][at], answers[2][at], answers[3][-1 - at]]
        is_moved = told[0].is_accepted or told[2].is_accepted
        refused = Counter(answer.outcome for answer in told if not answer.is_accepted)
        if is_moved:
            assert refused == {NOT_HOLDER: 3}
            arena.must_share(stall, active=24)
            assert arena.holdings(stall.buyer) == Counter(active=24)
        else:
            assert refused == {RETIRED: 2}
            assert sorted(answer.is_replayed for answer in won(told)) == [False, True]
            arena.must_share(stall, retired=24)
    arena.must_be_sound()


def parts_at_the_boundary(stall: Stall) -> list[Range]:
    n = stall.quantity
    return [
        stall.range(1),
        stall.range(1, n - 1),
        stall.range(2, n),
        stall.range(n),
        stall.range(1, n),
    ]


def overlap(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] <= other[1] and other[0] <= one[1]


def test_splits_at_the_boundary_leave_no_certificate_twice_and_none_over(arena: Arena) -> None:
    stalls = [arena.stall() for _ in range(4)]
    lanes = [
        [stall.seller.retire(parts_at_the_boundary(stall)[part]) for stall in stalls]
        for part in range(5)
    ]

    answers = arena.race(*lanes)

    for at, stall in enumerate(stalls):
        told = [lane[at] for lane in answers]
        taken = ranges_of([told])
        assert taken
        assert all(before[1] < after[0] for before, after in pairwise(taken))
        for part, answer in zip(parts_at_the_boundary(stall), told, strict=True):
            if not answer.is_accepted:
                assert answer.outcome == RETIRED
                assert any(overlap((part.first, part.last), item) for item in taken)
        retired = sum(last - first + 1 for first, last in taken)
        arena.must_share(stall, retired=retired, active=24 - retired)
    arena.must_be_sound()


def test_quantities_at_the_boundary_leave_what_nobody_could_take(arena: Arena) -> None:
    stalls = [arena.stall() for _ in range(4)]
    quantities = (1, 23, 24, 23, 1)
    lanes = [
        [stall.seller.move(stall.buyer.account, quantity=quantity) for stall in stalls]
        for quantity in quantities
    ]

    answers = arena.race(*lanes)

    for at, stall in enumerate(stalls):
        told = [lane[at] for lane in answers]
        moved = sum(answer.json["quantity"] for answer in won(told))
        assert arena.holdings(stall.buyer) == Counter(active=moved)
        assert {answer.outcome for answer in told} <= {"accepted", NOT_ENOUGH}
        assert all(
            quantity > 24 - moved
            for quantity, answer in zip(quantities, told, strict=True)
            if not answer.is_accepted
        )
        arena.must_share(stall, active=24)
    arena.must_be_sound()


def test_a_hot_account_that_many_pay_in_and_out_loses_nothing(arena: Arena) -> None:
    stall = arena.stall(days=2)
    hot = stall.seller
    own = [account(arena.registry, hot.id) for _ in range(8)]
    for to in own:
        assert arena.ask(hot.move(to, quantity=4)).is_accepted
    lanes = [
        [
            call
            for _ in range(5)
            for call in (hot.move(hot.account, quantity=2, source=mine), hot.move(mine, quantity=2))
        ]
        for mine in own
    ]

    answers = arena.race(*lanes)

    assert counted(answers) == {"accepted": 80}
    assert arena.holdings(hot) == Counter(active=16)
    assert [arena.holdings(hot, mine) for mine in own] == [Counter(active=4)] * 8
    places = {answer.json["operation"]["index"] for lane in answers for answer in lane}
    assert len(places) == 80
    arena.must_be_sound()


def test_nobody_moves_or_retires_what_is_anothers_while_it_changes_hands(arena: Arena) -> None:
    stall = arena.stall()
    seller, buyer = stall.seller, stall.buyer
    thief = arena.stall().seller
    whole = stall.range(1, 24)
    parts = [stall.range(at, at + 3) for at in range(1, 25, 4)]
    steal = [
        call
        for part in parts
        for call in (
            thief.move(thief.account, part, source=seller.account),
            thief.move(buyer.account, part),
            thief.retire(part, source=seller.account),
            thief.retire(part),
        )
    ]

    answers = arena.race(
        [seller.move(buyer.account, part) for part in parts],
        steal,
        [buyer.retire(part) for part in parts],
        [thief.retire(whole), thief.retire(whole, source=buyer.account)],
    )

    assert counted(answers[:1]) == {"accepted": 6}
    assert set(counted([answers[1], answers[3]])) <= {NOT_HOLDER, UNKNOWN, "409 not-whitelisted"}
    assert set(counted([answers[2]])) <= {"accepted", NOT_HOLDER, UNKNOWN}
    retired = 4 * len(won(answers[2]))
    assert arena.holdings(thief) == Counter(active=24)
    assert arena.holdings(seller) == Counter()
    arena.must_share(stall, active=24 - retired, retired=retired)
    arena.must_be_sound()


def test_a_transfer_to_the_account_that_gives_changes_nothing(arena: Arena) -> None:
    stall = arena.stall()
    seller = stall.seller
    selfish = [
        seller.move(seller.account, quantity=24),
        seller.move(seller.account, stall.range(1)),
    ]

    answers = arena.race(*(selfish for _ in range(4)), [seller.retire(quantity=1)])

    assert counted(answers[:4]) == {"422 invalid-target-account": 8}
    assert counted(answers[4:]) == {"accepted": 1}
    arena.must_share(stall, active=23, retired=1)
    arena.must_be_sound()

"""Ranges and bundles: splits, merges and what lies beside them, to the ordinal."""

from itertools import pairwise
from random import Random

import pytest
from builders import uid
from hypothesis import given
from hypothesis import strategies as st

from app.registry.ranges import (
    ACTIVE,
    OFFERED,
    RETIRED,
    Bundle,
    Bundles,
    Move,
    Range,
    longest_runs,
)

ONE, TWO = sorted([uid("one"), uid("two")])
A, B = "account a", "account b"
HEIGHT = 7


def bundle(
    first: int, last: int, account: str = A, state: str = ACTIVE, issuance: str = ONE
) -> Bundle:
    return Bundle(issuance, first, last, account, state, 1, 0, 0)


def move(first: int, last: int, to: str = B, state: str = ACTIVE, issuance: str = ONE) -> Move:
    return Move(issuance, first, last, A, ACTIVE, to, state)


def back(first: int, last: int) -> Move:
    return Move(ONE, first, last, B, ACTIVE, A, ACTIVE)


def holding(*held: Bundle) -> Bundles:
    bundles = Bundles()
    for item in held:
        bundles.add(item)
    return bundles


def plain(bundles: list[Bundle]) -> list[tuple[int, int, str]]:
    return [(item.first, item.last, item.account) for item in bundles]


def quantity_of(issuance: str) -> int:
    return {ONE: 30, TWO: 3}[issuance]


def test_a_range_is_written_as_its_address_and_counts_both_ends() -> None:
    assert str(Range(ONE, 3, 5)) == f"{ONE}:3-5"
    assert bundle(3, 5).quantity == 3
    assert bundle(4, 4).quantity == 1


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (1, 1, [(1, 1, B), (2, 10, A)]),
        (10, 10, [(1, 9, A), (10, 10, B)]),
        (1, 9, [(1, 9, B), (10, 10, A)]),
        (2, 10, [(1, 1, A), (2, 10, B)]),
        (1, 10, [(1, 10, B)]),
        (5, 5, [(1, 4, A), (5, 5, B), (6, 10, A)]),
        (2, 9, [(1, 1, A), (2, 9, B), (10, 10, A)]),
    ],
    ids=["first", "last", "all but last", "all but first", "all", "middle", "all but ends"],
)
def test_a_move_splits_a_bundle_at_its_ends(
    first: int, last: int, expected: list[tuple[int, int, str]]
) -> None:
    bundles = holding(bundle(1, 10))

    bundles.move(move(first, last))
    moved = plain(bundles.of_issuance(ONE))
    closed, opened = bundles.settle(HEIGHT)

    assert moved == plain(opened) == expected
    assert closed == [bundle(1, 10)]
    assert {item.from_height for item in opened} == {HEIGHT}


def test_a_move_over_several_bundles_cuts_only_the_outer_ones() -> None:
    bundles = holding(bundle(1, 4), bundle(5, 6), bundle(7, 10))

    bundles.move(move(3, 8))
    closed, opened = bundles.settle(HEIGHT)

    assert plain(opened) == [(1, 2, A), (3, 8, B), (9, 10, A)]
    assert closed == [bundle(1, 4), bundle(5, 6), bundle(7, 10)]


def test_only_neighbours_of_one_holder_and_one_state_merge() -> None:
    bundles = holding(
        bundle(1, 2, B), bundle(3, 4), bundle(5, 6, A, RETIRED), bundle(8, 9, B), bundle(10, 10)
    )

    bundles.move(move(3, 4))
    bundles.move(move(10, 10))
    closed, opened = bundles.settle(HEIGHT)

    assert plain(opened) == [(1, 4, B), (8, 10, B)]
    assert plain(closed) == [(3, 4, A), (10, 10, A), (1, 2, B), (8, 9, B)]
    assert bundle(5, 6, A, RETIRED) in bundles.of_issuance(ONE)


def test_of_two_offers_beside_each_other_each_keeps_its_own() -> None:
    offered = [bundle(1, 2, A, OFFERED)._replace(offer=name) for name in ("x", "y")]
    one, other = offered[0], offered[1]._replace(first=3, last=4)
    bundles = holding(one, other, bundle(5, 6))

    bundles.move(move(5, 5, to=A, state=OFFERED)._replace(offer="y"))
    closed, opened = bundles.settle(HEIGHT)

    merged = other._replace(last=5, from_height=HEIGHT)
    assert opened == [merged, bundle(6, 6)._replace(from_height=HEIGHT)]
    assert sorted(closed) == [other, bundle(5, 6)]
    assert (bundles.of_offer("x"), bundles.of_offer("y")) == ([one], [merged])
    assert bundles.of_offer("z") == []


def test_an_offer_holds_bundles_of_several_issuances_in_order() -> None:
    bundles = holding(bundle(1, 9), bundle(1, 3, issuance=TWO))

    for offered in (move(2, 2, issuance=TWO), move(8, 9), move(1, 2)):
        bundles.move(offered._replace(to_account=A, to_state=OFFERED, offer="x"))
    bundles.move(move(8, 9, to=A)._replace(from_state=OFFERED))

    assert [item[:3] for item in bundles.of_offer("x")] == [(ONE, 1, 2), (TWO, 2, 2)]


def test_a_merge_stops_at_the_next_holder_on_either_side() -> None:
    bundles = holding(
        bundle(1, 2), bundle(3, 4, B), bundle(5, 6), bundle(7, 8, B), bundle(9, 10), bundle(11, 12)
    )

    bundles.move(move(5, 6))
    closed, opened = bundles.settle(HEIGHT)

    assert plain(opened) == [(3, 8, B)]
    assert plain(closed) == [(5, 6, A), (3, 4, B), (7, 8, B)]
    assert plain(bundles.of_issuance(ONE)) == [(1, 2, A), (3, 8, B), (9, 10, A), (11, 12, A)]


def test_what_is_retired_merges_with_what_was_retired_before() -> None:
    bundles = holding(bundle(1, 4, A, RETIRED), bundle(5, 9), bundle(10, 12, A, RETIRED))

    bundles.move(move(5, 6, to=A, state=RETIRED))
    bundles.move(move(9, 9, to=A, state=RETIRED))
    _, opened = bundles.settle(HEIGHT)

    assert [(*item[1:3], item.state) for item in opened] == [
        (1, 6, RETIRED),
        (7, 8, ACTIVE),
        (9, 12, RETIRED),
    ]
    assert [item.first for item in bundles.oldest(A)] == [7]


def test_what_has_moved_on_is_no_longer_among_an_accounts_oldest() -> None:
    bundles = holding(bundle(1, 10))

    bundles.move(move(1, 4))
    held = [[item.first for item in bundles.oldest(account)] for account in (A, B)]
    bundles.move(move(5, 10))

    assert held == [[5], [1]]
    assert list(bundles.oldest(A)) == []
    assert [item.first for item in bundles.oldest(B)] == [1, 5]


def test_nothing_merges_before_the_group_is_decided() -> None:
    bundles = holding(bundle(1, 2, B), bundle(3, 4))

    bundles.move(move(3, 4))

    assert plain(bundles.of_issuance(ONE)) == [(1, 2, B), (3, 4, B)]


def test_the_same_ordinals_of_two_issuances_never_merge() -> None:
    bundles = holding(bundle(1, 2), bundle(3, 4, B, issuance=TWO))

    bundles.move(move(1, 2))
    _, opened = bundles.settle(HEIGHT)

    assert opened == [bundle(1, 2, B)._replace(from_height=HEIGHT)]


def test_what_is_as_it_was_at_the_end_of_a_group_keeps_its_row() -> None:
    bundles = holding(bundle(1, 10))
    for part in ((1, 3), (5, 5)):
        bundles.move(move(*part))
    for part in ((1, 3), (5, 5)):
        bundles.move(back(*part))

    closed, opened = bundles.settle(HEIGHT)

    assert closed == opened == []
    assert list(bundles) == [bundle(1, 10)]


def test_what_is_a_part_of_what_it_was_gets_a_new_row() -> None:
    bundles = holding(bundle(1, 10))
    bundles.move(move(1, 10))
    bundles.move(back(1, 9))

    closed, opened = bundles.settle(HEIGHT)

    assert closed == [bundle(1, 10)]
    assert plain(opened) == [(1, 9, A), (10, 10, B)]


def test_a_group_settles_what_it_changed_and_the_next_one_starts_anew() -> None:
    bundles = holding(bundle(1, 10))
    bundles.move(move(1, 4))
    bundles.settle(HEIGHT)

    assert bundles.settle(HEIGHT + 1) == ([], [])
    bundles.move(move(5, 10))
    closed, opened = bundles.settle(HEIGHT + 2)

    assert plain(closed) == [(5, 10, A), (1, 4, B)]
    assert opened == [bundle(1, 10, B)._replace(from_height=HEIGHT + 2)]


def test_a_new_issuance_is_opened_at_the_height_of_its_group() -> None:
    bundles = holding(bundle(1, 2, issuance=TWO))
    bundles.open(bundle(1, 5)._replace(from_height=-1))
    bundles.move(move(2, 3))

    closed, opened = bundles.settle(HEIGHT)

    assert closed == []
    assert plain(opened) == [(1, 1, A), (2, 3, B), (4, 5, A)]


def test_rows_are_opened_in_order_of_issuance_and_ordinal() -> None:
    bundles = holding(bundle(1, 9, issuance=TWO), bundle(1, 9))
    bundles.move(move(5, 5, issuance=TWO))
    bundles.move(move(5, 5))

    _, opened = bundles.settle(HEIGHT)

    assert [(item.issuance, item.first) for item in opened] == [
        (ONE, 1),
        (ONE, 5),
        (ONE, 6),
        (TWO, 1),
        (TWO, 5),
        (TWO, 6),
    ]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        (1, 1, [(1, 4)]),
        (4, 4, [(1, 4)]),
        (4, 5, [(1, 4), (5, 5)]),
        (5, 5, [(5, 5)]),
        (6, 7, []),
        (7, 8, [(8, 9)]),
        (1, 99, [(1, 4), (5, 5), (8, 9)]),
        (9, 99, [(8, 9)]),
        (10, 99, []),
    ],
)
def test_the_bundles_that_overlap_a_range_cover_it(
    first: int, last: int, expected: list[tuple[int, int]]
) -> None:
    bundles = holding(bundle(8, 9), bundle(1, 4), bundle(5, 5, B))

    found = bundles.covering(Range(ONE, first, last))

    assert [(item.first, item.last) for item in found] == expected
    assert not bundles.covering(Range(TWO, first, last))


def test_the_bundles_behind_an_unknown_stretch_are_found_too() -> None:
    bundles = holding(bundle(4, 5), bundle(8, 9))

    assert bundles.covering(Range(ONE, 1, 9)) == [bundle(4, 5), bundle(8, 9)]
    assert bundles.covering(Range(ONE, 1, 4)) == [bundle(4, 5)]
    assert bundles.covering(Range(ONE, 1, 3)) == []


def test_a_bundle_is_taken_in_once_even_when_its_pieces_have_moved_on() -> None:
    bundles = holding(bundle(1, 10), bundle(1, 10))
    bundles.move(move(1, 4))
    bundles.add(bundle(1, 10))
    bundles.move(move(5, 10))
    bundles.add(bundle(1, 10))

    closed, opened = bundles.settle(HEIGHT)

    assert plain(opened) == [(1, 10, B)]
    assert closed == [bundle(1, 10)]


def test_unknown_neighbours_are_the_ordinals_beside_what_changed() -> None:
    bundles = holding(bundle(4, 9), bundle(20, 29), bundle(30, 30), bundle(1, 2, issuance=TWO))

    assert bundles.unknown_neighbours(quantity_of) == []
    bundles.move(move(5, 6))
    bundles.move(move(20, 29))
    bundles.move(move(1, 1, issuance=TWO))

    unknown = sorted(bundles.unknown_neighbours(quantity_of))
    assert unknown == [(ONE, 3), (ONE, 10), (ONE, 19), (TWO, 3)]
    bundles.add(bundle(1, 3))
    bundles.add(bundle(10, 19))
    assert bundles.unknown_neighbours(quantity_of) == [(TWO, 3)]


def test_before_the_first_and_behind_the_last_ordinal_there_are_no_neighbours() -> None:
    bundles = holding(bundle(1, 30), bundle(3, 3, issuance=TWO))

    bundles.move(move(30, 30))
    bundles.move(move(3, 3, issuance=TWO))

    assert bundles.unknown_neighbours(quantity_of) == [(TWO, 2)]


def test_of_an_account_the_active_bundles_are_known_by_age() -> None:
    old = bundle(1, 1, issuance=TWO)._replace(period_start=-1, issued_index=9)
    early = bundle(5, 6)._replace(issued_index=1)
    bundles = holding(bundle(3, 4, B), bundle(8, 9)._replace(issued_index=1), early, old)
    bundles.add(bundle(1, 1, A, RETIRED))
    bundles.add(bundle(2, 2)._replace(issued_index=2))

    assert [item.first for item in bundles.oldest(A)] == [1, 5, 8, 2]
    assert [item.first for item in bundles.oldest(B)] == [3]
    assert list(bundles.oldest("nobody")) == []


moves = st.builds(
    Move,
    issuance=st.sampled_from([ONE, TWO]),
    first=st.integers(1, 40),
    last=st.just(0),
    from_account=st.sampled_from([A, B]),
    from_state=st.just(ACTIVE),
    to_account=st.sampled_from([A, B]),
    to_state=st.sampled_from([ACTIVE, RETIRED]),
)


@given(singles=st.lists(moves, unique_by=lambda single: single[:2]), seed=st.randoms())
def test_however_moves_are_cut_and_ordered_their_longest_runs_are_the_same(
    singles: list[Move], seed: Random
) -> None:
    single = [item._replace(last=item.first) for item in singles]

    runs = longest_runs(single)

    seed.shuffle(single)
    assert longest_runs(single) == longest_runs(runs) == runs
    assert sorted(single) == sorted(
        run._replace(first=ordinal, last=ordinal)
        for run in runs
        for ordinal in range(run.first, run.last + 1)
    )
    for before, after in pairwise(runs):
        assert before[:2] < after[:2]
        is_adjacent = before.issuance == after.issuance and before.last + 1 == after.first
        assert not is_adjacent or before[3:] != after[3:]


@pytest.mark.parametrize(
    "second",
    [
        move(5, 6),
        move(4, 6, state=RETIRED),
        move(4, 6, to=A),
        move(4, 6, issuance=TWO),
        move(4, 6)._replace(from_account=B),
        move(4, 6)._replace(from_state="offered"),
        move(4, 6)._replace(offer="x"),
    ],
    ids=[
        "a hole",
        "another state",
        "another holder",
        "another issuance",
        "from B",
        "from offer",
        "into offer",
    ],
)
def test_moves_that_differ_or_do_not_touch_stay_two_rows(second: Move) -> None:
    first = move(1, 3)

    assert longest_runs([second, first]) == (first, second)
    assert longest_runs([move(4, 6), first]) == (move(1, 6),)

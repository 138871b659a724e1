"""Netting: no watt-hour that was drawn or is owed is certified, and none that was given is lost."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.registry.measurements import Interval
from app.services.netting import Balance, Flow, net

ENERGIES = st.integers(0, 10**6)
SPANS = st.lists(
    st.lists(st.tuples(ENERGIES, ENERGIES), min_size=1, max_size=6), min_size=1, max_size=5
)
BALANCES = st.builds(Balance, deficit_wh=ENERGIES, adjustment_wh=st.integers(-(10**6), 10**6))


def flows(energies: list[tuple[int, int]], *, first: int = 0) -> list[Flow]:
    """Return intervals one after another with what was given and drawn in each."""
    return [Flow(at, at + 1, given, drawn) for at, (given, drawn) in enumerate(energies, first)]


def left(intervals: list[Interval]) -> list[int]:
    return [item.energy_wh for item in intervals]


def test_what_only_gives_needs_no_word_and_owes_nothing() -> None:
    intervals, entry, after = net(flows([(5, 0), (0, 0), (7, 0)]), Balance())

    assert left(intervals) == [5, 0, 7]
    assert entry is None
    assert after == Balance()


def test_what_is_drawn_is_taken_from_the_same_interval_and_what_is_not_covered_from_the_next() -> (
    None
):
    intervals, entry, after = net(flows([(10, 4), (1, 6), (3, 0), (9, 0)]), Balance())

    assert left(intervals) == [6, 0, 0, 7]
    assert entry is not None
    assert (entry.gross_wh, entry.deducted_wh, entry.energy_wh) == (23, 10, 13)
    assert after == Balance()


def test_a_deficit_is_covered_first_then_an_adjustment_is_paid_then_energy_is_left() -> None:
    owing = Balance(deficit_wh=3, adjustment_wh=4)

    intervals, entry, after = net(flows([(2, 0), (3, 0), (5, 0)]), owing)

    assert left(intervals) == [0, 0, 3]
    assert entry is not None
    assert (entry.deficit_in_wh, entry.adjusted_wh, entry.deficit_out_wh) == (3, 4, 0)
    assert after == Balance()


def test_energy_issued_too_little_is_not_given_by_netting() -> None:
    credit = Balance(adjustment_wh=-9)

    intervals, entry, after = net(flows([(5, 0)]), credit)

    assert (left(intervals), entry, after) == ([5], None, credit)


def test_a_span_that_only_draws_hands_all_of_it_on() -> None:
    intervals, entry, after = net(flows([(0, 4), (0, 5)]), Balance(adjustment_wh=2))

    assert left(intervals) == [0, 0]
    assert entry is not None
    assert (entry.adjusted_wh, entry.deficit_out_wh) == (0, 9)
    assert after == Balance(deficit_wh=9, adjustment_wh=2)


@given(SPANS, BALANCES)
def test_energy_is_neither_made_nor_lost_from_span_to_span(
    spans: list[list[tuple[int, int]]], balance: Balance
) -> None:
    for energies in spans:
        before = balance
        intervals, entry, balance = net(flows(energies), before)

        given_wh, drawn_wh = map(sum, zip(*energies, strict=True))
        settled_wh = before.deficit_wh - balance.deficit_wh
        paid_wh = before.adjustment_wh - balance.adjustment_wh
        assert sum(left(intervals)) == given_wh - drawn_wh - settled_wh - paid_wh
        assert min(left(intervals)) >= 0
        assert balance.deficit_wh >= 0
        assert 0 <= paid_wh <= max(before.adjustment_wh, 0)
        if entry is not None:
            assert entry.energy_wh == sum(left(intervals))
            assert (entry.gross_wh, entry.deducted_wh) == (given_wh, drawn_wh)
        else:
            assert (drawn_wh, balance) == (0, before)


@given(SPANS, BALANCES)
def test_each_entry_takes_in_the_deficit_that_the_one_before_carried_on(
    spans: list[list[tuple[int, int]]], balance: Balance
) -> None:
    first = balance
    carried = [(balance.deficit_wh, balance.deficit_wh)]
    for energies in spans:
        _, entry, balance = net(flows(energies), balance)
        if entry is not None:
            carried.append((entry.deficit_in_wh, entry.deficit_out_wh))
        else:
            carried.append((balance.deficit_wh, balance.deficit_wh))

    assert all(before[1] == after[0] for before, after in pairwise(carried))
    assert carried[0][0] == first.deficit_wh
    assert carried[-1][1] == balance.deficit_wh


@given(SPANS, BALANCES)
def test_nothing_is_left_while_something_is_owed(
    spans: list[list[tuple[int, int]]], balance: Balance
) -> None:
    for energies in spans:
        for number, energy in enumerate(energies):
            intervals, _, balance = net(flows([energy], first=number), balance)

            if left(intervals) != [0]:
                assert balance.deficit_wh == 0
                assert balance.adjustment_wh <= 0


@given(SPANS, BALANCES)
def test_it_makes_no_difference_how_intervals_are_parted_into_spans(
    spans: list[list[tuple[int, int]]], balance: Balance
) -> None:
    whole, _, after = net(flows([energy for span in spans for energy in span]), balance)

    parts: list[int] = []
    for energies in spans:
        intervals, _, balance = net(flows(energies), balance)
        parts += left(intervals)

    assert parts == left(whole)
    assert balance == after

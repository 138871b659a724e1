"""Apportioning: what the sources get makes up the whole, watt-hour for watt-hour."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.registry.fuels import WHOLE_BP, FuelShares
from app.registry.measurements import Interval
from app.services.apportioning import PartReport, WholeSpan, apportion, share_of
from app.services.netting import Balance
from tests.scenario import DAY_MS, HOUR_MS

WOOD, GAS, OIL = "wood", "gas", "oil"
ENERGIES = st.lists(st.integers(0, 10**7), min_size=1, max_size=24)
DAYS = st.lists(ENERGIES, min_size=1, max_size=4)
SPLITS = st.tuples(st.integers(1, WHOLE_BP - 2), st.integers(1, WHOLE_BP - 2)).filter(
    lambda split: sum(split) < WHOLE_BP
)


def span(number: int, *energies: int) -> WholeSpan:
    """Return a day of hours."""
    start = number * DAY_MS
    intervals = [
        Interval(start + at * HOUR_MS, start + (at + 1) * HOUR_MS, energy_wh)
        for at, energy_wh in enumerate(energies)
    ]
    return WholeSpan(start, intervals[-1].end, sum(energies), intervals, "measured", "")


def gap(number: int) -> WholeSpan:
    return WholeSpan(number * DAY_MS, (number + 1) * DAY_MS, 0, (), "measured", "meter-fault")


def shares(first: int, last: int, **basis_points: int) -> FuelShares:
    return FuelShares("boiler", first * DAY_MS, last * DAY_MS, tuple(basis_points.items()))


def parted(
    spans: list[WholeSpan], *declared: FuelShares, **balances: Balance
) -> dict[str, list[PartReport]]:
    """Return the reports of each source."""
    known = {WOOD: Balance(), GAS: Balance(), OIL: Balance(), **balances}
    found: dict[str, list[PartReport]] = {}
    for report in apportion(spans, declared, known):
        found.setdefault(report.part, []).append(report)
    return found


def energies(reports: list[PartReport]) -> list[int]:
    return [day.energy_wh for report in reports for day in report.days]


@given(ENERGIES, st.fractions(0, 1))
def test_a_share_is_met_exactly_and_no_interval_gives_more_than_it_had(
    energies_wh: list[int], part: float
) -> None:
    intervals = span(0, *energies_wh).intervals
    share_wh = int(sum(energies_wh) * part)

    found = share_of(intervals, share_wh)

    assert sum(item.energy_wh for item in found) == share_wh
    assert all(
        0 <= item.energy_wh <= whole.energy_wh + 1
        for item, whole in zip(found, intervals, strict=True)
    )
    assert [item[:2] for item in found] == [whole[:2] for whole in intervals]


@given(DAYS, SPLITS)
def test_the_sources_of_every_span_make_up_the_whole(
    days: list[list[int]], split: tuple[int, int]
) -> None:
    spans = [span(number, *of_day) for number, of_day in enumerate(days)]
    wood, gas = split
    declared = shares(0, len(days), wood=wood, gas=gas, oil=WHOLE_BP - wood - gas)

    found = parted(spans, declared)

    of_parts = [energies(reports) for reports in found.values()]
    assert found.keys() == {WOOD, GAS, OIL}
    assert [sum(of_span) for of_span in zip(*of_parts, strict=True)] == [
        item.energy_wh for item in spans
    ]
    assert all(
        item.energy_wh >= 0
        for reports in found.values()
        for report in reports
        for day in report.days
        for item in day.intervals
    )


def test_a_part_has_the_spans_and_gaps_of_the_whole() -> None:
    found = parted([span(0, 1, 2), gap(1), span(2, 3)], shares(0, 3, wood=6000, gas=4000))

    for (report,) in found.values():
        assert [(day.start, day.end) for day in report.days] == [
            (0, 2 * HOUR_MS),
            (2 * DAY_MS, 2 * DAY_MS + HOUR_MS),
        ]
        assert [(item.start, item.end, item.reason) for item in report.gaps] == [
            (DAY_MS, 2 * DAY_MS, "meter-fault")
        ]


def test_a_span_that_no_declaration_covers_whole_is_nobodys() -> None:
    spans = [span(number, 10) for number in range(4)]

    found = parted(spans, shares(0, 1, wood=10_000), shares(2, 3, wood=1, gas=9_999))

    starts = {
        part: [day.start // DAY_MS for report in reports for day in report.days]
        for part, reports in found.items()
    }
    assert starts == {WOOD: [0, 2], GAS: [2]}


def test_what_a_source_owes_is_paid_by_that_source_alone() -> None:
    spans = [span(0, 100), span(1, 100)]

    found = parted(spans, shares(0, 2, wood=5000, gas=5000), wood=Balance(adjustment_wh=70))

    (wood,) = found[WOOD]
    entry = wood.days[0].netting
    assert (energies(found[WOOD]), energies(found[GAS])) == ([0, 30], [50, 50])
    assert entry is not None
    assert (entry.gross_wh, entry.adjusted_wh) == (50, 50)


def test_years_of_spans_and_gaps_are_parted_into_reports_that_hold_them() -> None:
    spans = [gap(number) if number % 200 > 60 else span(number, number) for number in range(900)]

    found = parted(spans, shares(0, 900, wood=10_000))[WOOD]

    covered = sorted(
        [(day.start // DAY_MS, day.start // DAY_MS + 1) for item in found for day in item.days]
        + [(it.start // DAY_MS, it.end // DAY_MS) for item in found for it in item.gaps]
    )
    assert all(before[1] == after[0] for before, after in pairwise(covered))
    assert (covered[0][0], covered[-1][1]) == (0, 900)
    assert all(report.days and len(report.gaps) < 100 for report in found)


def test_nothing_but_gaps_is_not_reported() -> None:
    assert parted([gap(0), gap(1)], shares(0, 2, wood=10_000)) == {}

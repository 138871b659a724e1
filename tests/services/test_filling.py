"""Filling: whatever is reported of a device fits the leaf of its operation."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

import pytest

from app.ledger.encoding import INTEGER_MAX, encode
from app.ledger.leaves import LEAF_BYTES_MAX, OperationLeaf
from app.ledger.times import TIME_MAX_MS
from app.registry.fields import plain_members
from app.registry.measurements import (
    FINDINGS,
    NEGATIVE,
    NIGHT_SUN,
    OVER_CAPACITY,
    QUALITIES,
    SUBSTITUTED,
    DeclaredFinding,
    DeclaredGap,
    DeclaredQuality,
    Interval,
    MeasuredSpan,
    Netting,
)
from app.registry.reports import ENTRIES_MOST
from app.services import filling
from app.services.filling import Filled, Filling
from app.services.measure import Day, measured
from tests.scenario import DAY_MS, new_id

LONGEST_WORD = "x" * 64
LONGEST_ORIGIN = "o" * 200
LAST_MS = TIME_MAX_MS - DAY_MS
MOST_WH = INTEGER_MAX // 2


def plain_day(number: int) -> Day:
    start = LAST_MS - (1000 - number) * DAY_MS
    return Day(start, start + DAY_MS, (Interval(start, start + DAY_MS, 1),))


def worst_day(number: int) -> Day:
    """Return a day of which everything that can be said must be said, in long numbers."""
    day = plain_day(number)
    return replace(
        day,
        intervals=(Interval(day.start, day.end, MOST_WH),),
        quality=SUBSTITUTED,
        findings=((NEGATIVE, MOST_WH), (NIGHT_SUN, MOST_WH)),
        netting=Netting(
            start=day.start,
            gross_wh=INTEGER_MAX,
            deducted_wh=INTEGER_MAX,
            adjusted_wh=INTEGER_MAX,
            deficit_in_wh=INTEGER_MAX,
            deficit_out_wh=INTEGER_MAX,
        ),
    )


def gap(first: int, last: int, reason: str = LONGEST_WORD) -> DeclaredGap:
    return DeclaredGap(start=plain_day(first).start, end=plain_day(last).start, reason=reason)


def daily(first: int, last: int) -> list[DeclaredGap]:
    return [gap(number, number + 1) for number in range(first, last)]


def leaf_bytes(filled: Filled) -> int:
    asked = measured(
        id=new_id(),
        origin=LONGEST_ORIGIN,
        by=new_id(),
        person=new_id(),
        part_of=new_id(),
        device=new_id(),
        capacity_w=1,
        days=filled.days,
        gaps=filled.gaps,
    )
    return len(OperationLeaf(asked.operation.plain(), cause=new_id()).encode())


def entries(found: Sequence[Filled]) -> list[tuple[int, int]]:
    days = [(day.start, day.end) for filled in found for day in filled.days]
    return sorted([*days, *((item.start, item.end) for filled in found for item in filled.gaps)])


def added(days: Sequence[Day]) -> list[Filled]:
    made = Filling()
    return [filled for day in days for filled in made.add(day)] + list(made.finish())


@pytest.mark.parametrize(
    ("entry", "bytes_most"),
    [
        (
            MeasuredSpan(
                start=LAST_MS,
                end=TIME_MAX_MS,
                energy_wh=INTEGER_MAX,
                count=INTEGER_MAX,
                root="0" * 64,
            ),
            filling.SPAN_BYTES,
        ),
        (DeclaredGap(start=LAST_MS, end=TIME_MAX_MS, reason=LONGEST_WORD), filling.GAP_BYTES),
        (
            DeclaredFinding(start=LAST_MS, code=max(FINDINGS, key=len), count=INTEGER_MAX),
            filling.FINDING_BYTES,
        ),
        (
            DeclaredQuality(start=LAST_MS, quality=max(QUALITIES, key=len)),
            filling.QUALITY_BYTES,
        ),
        (worst_day(0).netting, filling.NETTING_BYTES),
    ],
)
def test_an_entry_takes_no_more_of_a_leaf_than_is_reckoned(entry: object, bytes_most: int) -> None:
    comma = 1

    assert len(encode(plain_members(entry))) + comma == bytes_most


@pytest.mark.parametrize("make", [plain_day, worst_day])
def test_every_report_fits_its_leaf_and_is_as_full_as_it_may_be(make: Callable[[int], Day]) -> None:
    days = [make(number) for number in range(300)]

    found = added(days)

    assert [day for filled in found for day in filled.days] == days
    assert max(map(leaf_bytes, found)) <= LEAF_BYTES_MAX
    assert min(map(leaf_bytes, found[:-1])) > LEAF_BYTES_MAX // 2
    assert all(len(filled.days) <= ENTRIES_MOST for filled in found)


def test_no_list_of_an_operation_is_longer_than_it_may_be() -> None:
    for day in (plain_day, worst_day):
        for filled in added([day(number) for number in range(300)]):
            findings = sum(len(item.findings) + 1 for item in filled.days)

            assert max(findings, len(filled.days), len(filled.gaps)) <= ENTRIES_MOST


def test_gaps_between_days_fit_with_the_day_that_follows_them() -> None:
    made = Filling()
    found = list(made.add(worst_day(0)))
    found += made.declare(daily(1, 400))
    found += made.add(worst_day(400))
    found += made.finish()

    assert [len(filled.days) for filled in found] == [1, 1]
    assert max(map(leaf_bytes, found)) <= LEAF_BYTES_MAX
    assert entries(found)[0][0] == worst_day(0).start
    assert all(before[1] == after[0] for before, after in pairwise(entries(found)))


def test_gaps_after_the_last_day_are_given_with_it() -> None:
    made = Filling()
    found = [filled for number in range(20) for filled in made.add(worst_day(number))]
    found += made.declare(daily(20, 400), is_last=True)
    found += made.finish()

    assert entries(found)[-1][1] == worst_day(400).start
    assert max(map(leaf_bytes, found)) <= LEAF_BYTES_MAX
    assert all(filled.days for filled in found)


def test_gaps_without_a_day_are_not_given() -> None:
    made = Filling()

    assert [*made.declare(daily(0, 3)), *made.finish()] == []


def test_a_report_begins_with_what_is_first_in_it() -> None:
    days_first, gaps_first = Filling(), Filling()
    list(days_first.add(plain_day(1)))
    list(days_first.declare([gap(2, 3)]))
    list(gaps_first.declare([gap(0, 1)]))
    list(gaps_first.add(plain_day(1)))

    assert [item.start for item in days_first.finish()] == [plain_day(1).start]
    assert [item.start for item in gaps_first.finish()] == [plain_day(0).start]


def test_a_span_over_capacity_was_reckoned_with_before_it_is_found() -> None:
    filled = added([worst_day(number) for number in range(300)])[0]

    asked = measured(
        id=new_id(),
        origin="o",
        by=new_id(),
        device=new_id(),
        capacity_w=1,
        days=filled.days,
    ).operation

    codes = {finding["code"] for finding in asked.plain()["findings"]}
    assert codes == {NEGATIVE, NIGHT_SUN, OVER_CAPACITY}

"""The oldest bundles of an account, as far as a group's quantities reach."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Select, bindparam, func, literal_column, select

from app.registry.operation import Wanted
from app.registry.ranges import ACTIVE, RANGES_MAX
from app.storage.dialects import Parameters
from app.storage.rows import BUNDLE_COLUMNS
from app.storage.tables import bundles, issuances

ONE: ColumnElement[int] = literal_column("1", BigInteger)
"""Written into the statement: a bound 1 would be one more parameter to name."""


def oldest(until: ColumnElement[Any]) -> Select[Any]:
    """Select an account's oldest active bundles, window open, until a quantity is reached."""
    held = (
        select(*BUNDLE_COLUMNS)
        .join(issuances, issuances.c.id == bundles.c.issuance)
        .where(
            bundles.c.account == bindparam("account"),
            bundles.c.state == literal_column(f"'{ACTIVE}'"),
            bundles.c.to_height.is_(None),
            until > bindparam("time_ms"),
        )
        .order_by(bundles.c.period_start, bundles.c.issued_index, bundles.c.first)
        .limit(bindparam("most"))
        .offset(literal_column("0"))
        .subquery("held")
    )
    quantity = held.c.last - held.c.first + ONE
    order = (held.c.period_start, held.c.issued_index, held.c.first)
    before = func.sum(quantity).over(order_by=order, rows=(None, 0)) - quantity
    reached = select(held, before.label("before")).subquery("reached")
    columns = [reached.c[column.name] for column in BUNDLE_COLUMNS]
    return (
        select(*columns, *issuances.c)
        .join(issuances, issuances.c.id == reached.c.issuance)
        .where(reached.c.before < bindparam("wanted"))
    )


def quantities(wanted: list[Wanted], time_ms: int) -> Iterator[tuple[bool, Parameters]]:
    """Yield, for each account whose oldest are asked for, how much leaves it in this group."""
    totals: Counter[str] = Counter()
    counts: Counter[str] = Counter()
    for item in wanted:
        totals[item.account] += item.quantity
        counts[item.account] += 1
    for account, is_transfer in {(i.account, i.is_transfer) for i in wanted if not i.is_named}:
        yield (
            is_transfer,
            {
                "account": account,
                "time_ms": time_ms,
                "wanted": totals[account],
                "most": (RANGES_MAX + 1) * counts[account],
            },
        )

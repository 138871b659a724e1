"""Read a layout from its JSON text; a mistake is refused at its member."""

import json
from typing import Literal

from app.layouts.amount_members import read_amount
from app.layouts.errors import LayoutError
from app.layouts.layout import (
    DIRECTIONS,
    QUALITIES,
    Expected,
    Layout,
    Table,
    ValueColumn,
)
from app.layouts.members import LIST_MAX, Members
from app.layouts.time_members import read_time

JSON_MAX = 256 * 1024
NAME_MAX = 60
SKIP_LINES_MAX = 1000
SEPARATORS = (",", ";", "\t", "|")
_FORMS: tuple[Literal["long", "wide"], ...] = ("long", "wide")
_NAME_SIGNS = frozenset("abcdefghijklmnopqrstuvwxyz0123456789-")


def parse_layout(*, text: str) -> Layout:
    """Return the layout that a JSON text declares. Raises LayoutError."""
    if len(text) > JSON_MAX:
        raise LayoutError(pointer="", reason=f"a layout has up to {JSON_MAX} characters")
    try:
        value = json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        reason = error.reason if isinstance(error, LayoutError) else "this is no JSON"
        raise LayoutError(pointer="", reason=reason) from error
    return _layout(Members(value))


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    value = dict(pairs)
    if len(value) < len(pairs):
        raise LayoutError(pointer="", reason="a member is there twice")
    return value


def _no_constant(_text: str) -> object:
    raise LayoutError(pointer="", reason="this is no JSON")


def _layout(members: Members) -> Layout:
    if members.has("$schema"):
        members.text("$schema")
    form = members.choice("form", _FORMS)
    values, periods = (_values(members), ()) if form == "long" else ((), _periods(members))
    layout = Layout(
        name=_name(members),
        title=members.text("title"),
        notes=members.texts("notes"),
        form=form,
        is_sorted=members.flag("sorted"),
        series=members.texts("series"),
        constant=members.texts("constant"),
        only=members.each("only", _expected) if members.has("only") else (),
        table=_table(members),
        time=read_time(members, form=form),
        amount=read_amount(members),
        values=values,
        periods=periods,
        direction=members.choice("direction", DIRECTIONS) if members.has("direction") else None,
        directions=members.mapped("direction_column", "directions", DIRECTIONS),
        quality=members.choice("quality", QUALITIES, "measured"),
        qualities=members.mapped("quality_column", "qualities", QUALITIES),
    )
    members.close()
    _check_columns(layout, members)
    _check_directions(layout, members)
    _check_amount(layout, members)
    return layout


def _name(members: Members) -> str:
    name = members.text("name")
    if len(name) > NAME_MAX or not _NAME_SIGNS.issuperset(name) or name.strip("-") != name:
        raise members.error("name", f"up to {NAME_MAX} of a-z, 0-9 and - are wanted here")
    return name


def _expected(value: object, pointer: str) -> Expected:
    members = Members(value, pointer)
    expected = Expected(
        column=members.text("column", least=0),
        values=frozenset(members.texts("values", least=1)),
        is_skipped=members.choice("otherwise", ("refuse", "skip"), "refuse") == "skip",
    )
    members.close()
    return expected


def _values(members: Members) -> tuple[ValueColumn, ...]:
    if members.has("value"):
        return (ValueColumn(column=members.text("value", least=0)),)
    found = members.each("values", _value)
    if not found:
        raise members.error("values", "a column is wanted here")
    return found


def _value(value: object, pointer: str) -> ValueColumn:
    members = Members(value, pointer)
    column = members.text("column", least=0)
    has_own = members.has("direction")
    direction = members.choice("direction", DIRECTIONS) if has_own else None
    members.close()
    return ValueColumn(column=column, direction=direction)


def _periods(members: Members) -> tuple[str, ...]:
    value = members.take("periods")
    if isinstance(value, list):
        return Members({"periods": value}).texts("periods", least=1)
    own = Members(value, members.pointer("periods"))
    prefix = own.text("prefix", "", least=0)
    first = own.number("first", least=0, most=LIST_MAX)
    last = own.number("last", least=0, most=LIST_MAX)
    own.close()
    if first is None or last is None or last < first:
        raise members.error("periods", "a list is wanted here, or a prefix, first and last")
    return tuple(f"{prefix}{number}" for number in range(first, last + 1))


def _table(members: Members) -> Table:
    comment = members.text("comment") if members.has("comment") else ""
    columns = members.texts("columns", least=1) if members.has("columns") else None
    return Table(
        encoding=members.choice("encoding", ("utf-8", "latin-1"), "utf-8"),
        separator=members.choice("separator", SEPARATORS, ","),
        skip_lines=members.number("skip_lines", least=0, most=SKIP_LINES_MAX) or 0,
        comment=comment,
        trim=members.flag("trim"),
        columns=columns,
        ignored=frozenset(members.texts("ignored")),
        ignore_other=members.flag("ignore_other"),
    )


def _check_columns(layout: Layout, members: Members) -> None:
    for name in layout.used_columns:
        if name in layout.table.ignored:
            raise members.error("ignored", f"column {name!r} is used")
        if layout.table.columns is not None and name not in layout.table.columns:
            raise members.error("columns", f"column {name!r} is not among them")
    measured = [*(item.column for item in layout.values), *layout.periods]
    if len(set(measured)) < len(measured) or set(measured) & set(layout.time.columns):
        raise members.error(
            "values" if layout.values else "periods", "a column is used twice or is one of times"
        )


def _check_directions(layout: Layout, members: Members) -> None:
    has_own = [item.direction is not None for item in layout.values]
    if any(has_own) and (not all(has_own) or layout.direction or layout.directions):
        raise members.error("values", "give each value a direction, or none and say it once")
    if any(has_own):
        named = [item.direction for item in layout.values]
        if len(set(named)) < len(named):
            raise members.error("values", "two columns have one direction")
    elif (layout.direction is None) == (layout.directions is None):
        raise members.error("direction", "say direction or direction_column, one of them")
    elif len(layout.values) > 1:
        raise members.error("values", "several columns need a direction each")
    if layout.amount.negative == "import" and layout.given_directions - {"production", "export"}:
        raise members.error("negative", "only production or export turns into import")


def _check_amount(layout: Layout, members: Members) -> None:
    amount, time = layout.amount, layout.time
    if amount.kind != "counter":
        return
    if layout.form == "wide" or time.place not in {"stamp", "date-and-clock"} or not time.is_end:
        raise members.error("kind", "a register is read at stamps that mark an end, in long form")
    if amount.negative != "refuse":
        raise members.error("negative", "a register is never negative")
    if amount.units is not None:
        raise members.error("unit_column", "a register has one unit")

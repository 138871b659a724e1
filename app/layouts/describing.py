"""Say in sentences what a layout declares, for whoever chooses one."""

from collections.abc import Iterator

from app.layouts.layout import DAY_S, Layout, Mapped

_PLACES = {
    "stamp": "column {0!r}",
    "date": "column {0!r}",
    "date-and-clock": "columns {0!r} and {1!r}",
    "date-and-period": "column {0!r} and the number of the period in {1!r}",
    "start-and-end": "columns {0!r} and {1!r}, start and end",
}
_NEGATIVE = {
    "refuse": "A negative value is refused.",
    "import": "A negative value counts as import.",
    "zero": "A negative value is taken as 0 Wh, and its sum is told.",
}


def describe(*, layout: Layout) -> tuple[str, ...]:
    """Return what a layout declares, a sentence each."""
    sentences = [*_rows(layout), *_times(layout), *_values(layout), *_labels(layout)]
    return (f"{layout.title}.", *sentences, *layout.notes)


def _rows(layout: Layout) -> Iterator[str]:
    row = "each reading" if layout.form == "long" else "each series and day"
    order = "sorted by series and time" if layout.is_sorted else "in any order"
    yield f"A row for {row}, {order}; cells are parted by {layout.table.separator!r}."
    series = ", ".join(layout.series)
    yield f"A series is told by {series}." if series else "The whole file is one series."
    for item in layout.only:
        fate = "passed over and counted" if item.is_skipped else "refused"
        yield f"A row whose {item.column} is not {' or '.join(sorted(item.values))} is {fate}."


def _times(layout: Layout) -> Iterator[str]:
    time = layout.time
    place = _PLACES[time.place].format(*time.columns)
    form = time.form
    pieces = form.date_separator.join({"y": "yyyy", "m": "mm", "d": "dd"}[x] for x in form.order)
    written = pieces if form.kind == "local" else form.kind
    yield f"Times stand in {place}, written {written}; local days are those of {time.zone}."
    if time.interval_s is None:
        yield "Each row says how long its interval is."
    elif time.interval_s == DAY_S:
        yield "An interval is a local day."
    else:
        mark = "end" if time.is_end else "start"
        yield f"An interval is {time.interval_s} seconds long; its time marks its {mark}."
    if time.is_midnight_the_end:
        yield "00:00 is the end of the day that it names."
    if time.is_standard:
        yield "Stamps keep standard time all year."
    if time.is_repeated_in_order:
        yield "Where the clock goes back, the first of two like stamps is the earlier one."


def _values(layout: Layout) -> Iterator[str]:
    amount = layout.amount
    named = [item.column for item in layout.values] or [layout.periods[0], layout.periods[-1]]
    joint = " and " if layout.values else " to "
    unit = amount.unit or f"the unit of {_column(amount.units)}"
    kind = {"energy": "energy", "power": "average power", "counter": "register readings"}
    yield f"Values stand in {joint.join(named)}: {kind[amount.kind]} in {unit}."
    yield _NEGATIVE[amount.negative]
    if amount.decimals is not None:
        yield f"They are meant to {amount.decimals} decimals; what is beyond is rounded off."
    if amount.is_carried:
        yield "What is less than a watt-hour is carried over to the next reading."
    else:
        yield "A value that is no whole number of watt-hours is refused."
    if amount.register_digits is not None:
        yield f"The register starts again after {amount.register_digits} digits."


def _labels(layout: Layout) -> Iterator[str]:
    for item in layout.values:
        if item.direction is not None:
            yield f"{item.column} is {item.direction}."
    if layout.direction is not None:
        yield f"All of it is {layout.direction}."
    if layout.directions is not None:
        yield f"The direction stands in {_column(layout.directions)}."
    quality = layout.quality if layout.qualities is None else f"told by {_column(layout.qualities)}"
    yield f"Its quality is {quality}."


def _column(mapped: Mapped | None) -> str:
    return "" if mapped is None else repr(mapped.column)

"""Times of a local clock, and when an interval begins that is stamped with one."""

from datetime import date, datetime, timedelta
from typing import TypeVar

from app.layouts.layout import DAY_S, Form, Time
from app.layouts.local_days import FIRST_YEAR, LAST_YEAR, Wall

Starts = int | tuple[int, ...]
"""An instant in UTC milliseconds; or all that the local clock shows so, which may be none."""

Known = TypeVar("Known")

_CACHE_MAX = 20_000
_HOURS, _SIXTY = 24, 60
_COMPACT_DATE = 8


def read_date(text: str, form: Form) -> date | None:
    """Return the date of a text; None where it is none."""
    if form.date_separator:
        pieces = text.split(form.date_separator)
    else:
        cuts = (0, 4, 6, 8) if form.order == "ymd" else (0, 2, 4, 8)
        pieces = [text[cuts[at] : cuts[at + 1]] for at in range(3)]
        pieces += [text[_COMPACT_DATE:]] if len(text) > _COMPACT_DATE else []
    if len(pieces) != len(form.order) or not all(map(_is_digits, pieces)):
        return None
    named = dict(zip(form.order, pieces, strict=True))
    if len(named["y"]) != len("2024") or not FIRST_YEAR <= int(named["y"]) <= LAST_YEAR:
        return None
    try:
        return date(int(named["y"]), int(named["m"]), int(named["d"]))
    except ValueError:
        return None


def read_clock(text: str, form: Form) -> int | None:
    """Return the seconds since midnight that a text shows, up to 24:00; None where it is none."""
    if form.clock == "hm":
        pieces = [text[:2], text[2:]] if len(text) == len("0000") else []
    else:
        pieces = text.split(":")
    if form.clock == "h:m:s" and len(pieces) == len("hms"):
        whole, _, fraction = pieces[2].partition(".")
        pieces[2] = whole if not fraction.strip("0") else ""
    is_whole = len(pieces) == len(form.clock.replace(":", "")) and all(map(_is_digits, pieces))
    if not is_whole or any(len(piece) > len("00") for piece in pieces):
        return None
    hours, minutes, seconds = (int(piece) for piece in [*pieces, "0", "0"][:3])
    found_s = (hours * _SIXTY + minutes) * _SIXTY + seconds
    return None if hours > _HOURS or max(minutes, seconds) >= _SIXTY or found_s > DAY_S else found_s


def _is_digits(text: str) -> bool:
    return text.isascii() and text.isdigit()


class LocalStamps:
    """Stamps of a local clock, whole in one column or in two."""

    def __init__(self, time: Time) -> None:
        """Take what the layout says of time."""
        self._time = time
        self._wall = Wall(time.zone, is_standard=time.is_standard)
        self._dates: dict[str, tuple[date, int | None] | None] = {}
        self._clocks: dict[str, int | None] = {}

    def one(self, text: str, *, is_end: bool) -> Starts | None:
        """Return when the interval begins whose stamp is a text; None where it is none."""
        form = self._time.form
        if form.between:
            day, _, clock = text.partition(form.between)
        else:
            day, clock = text[:_COMPACT_DATE], text[_COMPACT_DATE:]
        return self.two(day, clock, is_end=is_end)

    def two(self, day_text: str, clock_text: str, *, is_end: bool) -> Starts | None:
        """Return when the interval begins whose date and clock are texts; None for no time."""
        found = self._date(day_text)
        second = self._second(clock_text)
        if found is None or second is None:
            return None
        day, midnight_ms = found
        if is_end and second == 0 and self._time.is_midnight_the_end:
            second = DAY_S
        length_s = (self._time.interval_s or 0) if is_end else 0
        if midnight_ms is not None and length_s <= second < DAY_S + length_s:
            return midnight_ms + (second - length_s) * 1000
        return self._searched(day, second, length_s) if second < DAY_S or is_end else None

    def _date(self, text: str) -> tuple[date, int | None] | None:
        try:
            return self._dates[text]
        except KeyError:
            day = read_date(text, self._time.form)
            found = None if day is None else (day, self._wall.midnight_ms(day))
            _remember(self._dates, text, found)
            return found

    def _second(self, text: str) -> int | None:
        try:
            return self._clocks[text]
        except KeyError:
            second = read_clock(text, self._time.form)
            _remember(self._clocks, text, second)
            return second

    def _searched(self, day: date, second: int, length_s: int) -> Starts:
        """Return when an interval begins that ends at this time, or whose start plus length does.

        Around a change of the clock some files write an end as the clock shows it, others as the
        start's time plus the length; each is told by what else is in the file.
        """
        shown = datetime.combine(day, datetime.min.time()) + timedelta(seconds=second)
        ends_ms = self._wall.instants(shown)
        found = {end_ms - length_s * 1000 for end_ms in ends_ms}
        if length_s:
            found.update(self._wall.instants(shown - timedelta(seconds=length_s)))
        return found.pop() if len(found) == 1 else tuple(sorted(found))


def _remember(known: dict[str, Known], text: str, value: Known) -> None:
    if len(known) >= _CACHE_MAX:
        known.clear()
    known[text] = value

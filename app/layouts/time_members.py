"""Members of a layout that say where times stand and what they mean."""

from datetime import UTC, timedelta, timezone, tzinfo
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from app.layouts.layout import DAY_S, Form, Time
from app.layouts.members import Members

HOUR_S = 3600
INTERVAL_LEAST_S = 60
OFFSET_LENGTH = len("+00:00")
_KINDS: tuple[Literal["iso", "epoch-seconds", "epoch-milliseconds"], ...] = (
    "iso",
    "epoch-seconds",
    "epoch-milliseconds",
)
_NO_ZONES = ("right/", "posix/")
"""Copies of the database that some machines have, one of them with leap seconds."""
_CLOCKS = ("h", "h:m", "h:m:s", "hm")
_SEPARATORS = ("-", "/", ".", " ", "")
_ORDERS = ("ymd", "dmy", "mdy")
_COLUMNS: dict[tuple[str, ...], Literal["stamp", "date-and-clock", "date-and-period"]] = {
    ("stamp",): "stamp",
    ("date", "clock"): "date-and-clock",
    ("date", "period"): "date-and-period",
}


def read_time(members: Members, *, form: Literal["long", "wide"]) -> Time:
    """Take the member time. Raises LayoutError."""
    own = Members(members.take("time"), members.pointer("time"))
    interval_s = _interval_s(own)
    place, columns = _place(own, form, interval_s)
    time = Time(
        zone=_zone(own),
        interval_s=interval_s,
        place=place,
        columns=columns,
        form=_form(own),
        is_end=own.choice("marks", ("start", "end"), "start") == "end",
        is_repeated_in_order=own.choice("repeated", ("refuse", "in-order"), "refuse") != "refuse",
        is_standard=own.choice("naive", ("clock", "standard"), "clock") == "standard",
        is_midnight_the_end=own.choice("midnight", ("starts", "ends"), "starts") == "ends",
    )
    own.close()
    _check(own, time)
    return time


def _interval_s(own: Members) -> int | None:
    value = own.number("interval", least=INTERVAL_LEAST_S, most=DAY_S)
    if value is not None and value != DAY_S and HOUR_S % value:
        raise own.error("interval", "seconds that divide an hour are wanted here, or 86400")
    return value


def _place(
    own: Members, form: str, interval_s: int | None
) -> tuple[
    Literal["stamp", "date-and-clock", "date-and-period", "start-and-end", "date"], tuple[str, ...]
]:
    if form == "wide" or interval_s == DAY_S:
        if form == "wide" and interval_s == DAY_S:
            raise own.error("interval", "a row of a wide file is a day and has shorter periods")
        return "date", (own.text("date", least=0),)
    if own.has("start"):
        return "start-and-end", (own.text("start", least=0), own.text("end", least=0))
    for names, place in _COLUMNS.items():
        if all(own.has(name) for name in names):
            return place, tuple(own.text(name, least=0) for name in names)
    raise own.error("stamp", "say stamp, or date and clock, date and period, or start and end")


def _zone(own: Members) -> tzinfo:
    text = own.text("zone")
    if text == "UTC":
        return UTC
    if text[0] in "+-":
        return _fixed(own, text)
    if "/" not in text or text.startswith(_NO_ZONES):
        raise own.error("zone", "a zone has a name such as Europe/Copenhagen")
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise own.error("zone", "no such zone") from error


def _fixed(own: Members, text: str) -> tzinfo:
    hours, minutes = text[1:3], text[4:]
    is_offset = len(text) == OFFSET_LENGTH and text[3] == ":" and (hours + minutes).isascii()
    if not is_offset or not (hours + minutes).isdigit() or int(hours) > 18 or int(minutes) > 59:  # noqa: PLR2004 hours and minutes of an offset
        raise own.error("zone", "an offset is written +09:00")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(offset if text[0] == "+" else -offset)


def _form(own: Members) -> Form:
    if not own.has("form"):
        return Form(kind="local")
    value = own.take("form")
    for kind in _KINDS:
        if value == kind:
            return Form(kind=kind)
    pieces = Members(value, own.pointer("form"))
    form = Form(
        kind="local",
        order=pieces.choice("order", _ORDERS, "ymd"),
        date_separator=pieces.choice("date_separator", _SEPARATORS, "-"),
        clock=pieces.choice("clock", _CLOCKS, "h:m"),
        between=pieces.choice("between", (" ", "T", "  ", ""), " "),
    )
    pieces.close()
    if form.date_separator == form.between and form.date_separator:
        raise pieces.error("between", "this parts the date already")
    return form


def _check(own: Members, time: Time) -> None:
    is_local = time.form.kind == "local"
    if not is_local and time.place not in {"stamp", "start-and-end"}:
        raise own.error("form", "only a stamp, or start and end, has this form")
    if time.interval_s is None and (time.place != "start-and-end" or is_local):
        raise own.error("interval", "only start and end with an offset of their own go without")
    has_clock = is_local and time.place in {"stamp", "date-and-clock", "start-and-end"}
    if (time.is_standard or time.is_repeated_in_order) and not has_clock:
        name = "naive" if time.is_standard else "repeated"
        raise own.error(name, "this is for stamps of a local clock")
    if time.is_end and (time.place in {"start-and-end", "date", "date-and-period"}):
        raise own.error("marks", "this is for stamps")
    if time.is_midnight_the_end and not (has_clock and time.is_end):
        raise own.error("midnight", "this is for stamps of a local clock that mark an end")

"""Profiles: from which readings an issuance was made, and certificates come, to the Wh."""

from collections.abc import Iterator
from typing import Any
from uuid import UUID

from flask import Response
from marshmallow import Schema, fields

from app.api.answers import instant, text, uuid, whole
from app.api.csv_answers import FormatQuerySchema, csv_answer, either, is_csv
from app.api.door import Door
from app.http.access import ANY_KEY, caller
from app.http.context import context
from app.http.paging import Whole
from app.ledger.times import format_time
from app.registry.errors import RefusalError
from app.reporting.issuances import find_issuance, held_ranges
from app.reporting.readings import (
    carried_from,
    find_made,
    intervals_of,
    reports_of,
    spans_of_issuance,
)
from app.reporting.rows import Row
from app.services.profile import Slice, carried, own, profile

door = Door("profiles", "From which readings certificates come.")

_SLICES = ("start", "end", "energy_wh", "carried")
_READINGS = ("start", "end", "energy_wh", "quality", "span", "report")


class ProfileQuerySchema(FormatQuerySchema):
    """Which certificates of the issuance."""

    first = Whole(least=1, metadata={"description": "First ordinal; by default 1."})
    last = Whole(least=1, metadata={"description": "Last ordinal; by default the last there is."})


class SliceSchema(Schema):
    """Energy of a reading, or of the part of it that these certificates cover."""

    start = instant("From.")
    end = instant("Until.")
    energy_wh = whole("Energy in Wh.")
    carried = fields.Boolean(
        required=True,
        metadata={"description": "Whether an issuance before carried it over."},
    )


class ProfileSchema(Schema):
    """What certificates `first` to `last` come from; its energy is theirs, exactly."""

    issuance = uuid("The issuance.")
    device = uuid("The device.")
    first = whole("First ordinal.")
    last = whole("Last ordinal.")
    face_value_wh = whole("Energy of one certificate, Wh.")
    energy_wh = whole("Energy of all of them, Wh.")
    profile = fields.List(fields.Nested(SliceSchema), required=True)


class ReadingSchema(Schema):
    """One reading."""

    start = instant("From.")
    end = instant("Until.")
    energy_wh = whole("Net energy in Wh.")


class NettingSchema(Schema):
    """How a span's energy follows from what its meter said, Wh."""

    gross_wh = whole("What was given.")
    deducted_wh = whole("What was drawn: import, auxiliaries, pumping.")
    adjusted_wh = whole("What was owed and paid.")
    deficit_in_wh = whole("What was not covered before.")
    deficit_out_wh = whole("What is not covered after.")


class IssuedSpanSchema(Schema):
    """Measured energy of a stretch of time, or a declared gap, that was issued."""

    start = instant("From.")
    end = instant("Until.")
    energy_wh = whole("Net energy in Wh.")
    root = text("Merkle root of its interval leaves, hexadecimal; empty for a gap.")
    gap = text("Why there are no readings; empty where there are.")
    quality = text("How its readings came about.")
    report = uuid("The operation that reported it.", is_null=True)
    netting = fields.Nested(
        NettingSchema,
        required=True,
        allow_none=True,
        metadata={"description": "Null where nothing was deducted."},
    )
    readings = fields.List(fields.Nested(ReadingSchema), required=True)


class IssuedSpansSchema(Schema):
    """From which readings an issuance was made, besides what it carried in."""

    issuance = uuid("The issuance.")
    device = uuid("The device.")
    energy_wh = whole("Measured energy, Wh.")
    carried_in_wh = whole("Energy carried in, Wh.")
    spans = fields.List(fields.Nested(IssuedSpanSchema), required=True)


@door.view(
    "/issuances/<uuid:issuance>/profile",
    may=[ANY_KEY],
    answer=ProfileSchema,
    query=ProfileQuerySchema,
    refuses=["not-found", "not-holder", "invalid-number-range", "profile-not-kept"],
    gives=either(ProfileSchema),
)
def show_profile(
    issuance: UUID, *, first: int = 1, last: int | None = None, format: str | None = None
) -> Response | dict[str, Any]:
    """Show when certificates were produced: by who sees the issuance, or holds these of it.

    Certificate k covers the k-th face value of the readings in order, carried energy first.
    """
    made = _made(issuance)
    end = made["quantity"] if last is None else last
    _must_be_shown(made, first, end)
    face_value_wh = made["face_value_wh"]
    slices = list(profile(_slices(made, first), first=first, last=end, face_value_wh=face_value_wh))
    if is_csv(format):
        rows = (_plain(item, is_text=True) for item in slices)
        return csv_answer(_SLICES, rows, name=f"profile-{issuance}")
    return {
        "issuance": made["id"],
        "device": made["device"],
        "first": first,
        "last": end,
        "face_value_wh": face_value_wh,
        "energy_wh": (end - first + 1) * face_value_wh,
        "profile": [_plain(item) for item in slices],
    }


@door.view(
    "/issuances/<uuid:issuance>/intervals",
    may=[ANY_KEY],
    answer=IssuedSpansSchema,
    query=FormatQuerySchema,
    refuses=["not-found", "profile-not-kept"],
    gives=either(IssuedSpansSchema),
)
def show_intervals(issuance: UUID, *, format: str | None = None) -> Response | dict[str, Any]:
    """Show from which readings an issuance was made, with quality, netting and report."""
    made = _made(issuance)
    if find_issuance(context().storage, made["id"], viewer=caller().viewer) is None:
        raise _not_found()
    spans = list(_spans(made))
    if is_csv(format):
        return csv_answer(_READINGS, _lines(spans), name=f"intervals-{issuance}")
    return {
        "issuance": made["id"],
        "device": made["device"],
        "energy_wh": made["energy_wh"],
        "carried_in_wh": made["carried_in_wh"],
        "spans": spans,
    }


def _made(issuance: UUID) -> Row:
    """Return an issuance that was made. Raises RefusalError not-found."""
    found = find_made(context().storage, str(issuance))
    if found is None:
        raise _not_found()
    return found


def _not_found() -> RefusalError:
    return RefusalError("not-found", "no such issuance")


def _must_be_shown(made: Row, first: int, last: int) -> None:
    """Refuse what the caller may not see; who holds a part learns nothing of the rest."""
    storage, viewer = context().storage, caller().viewer
    if viewer is not None and find_issuance(storage, made["id"], viewer=viewer) is None:
        _must_be_held(held_ranges(storage, made["id"], viewer=viewer), first, last)
    if not first <= last <= made["quantity"]:
        raise RefusalError(
            "invalid-number-range", "not a range of this issuance", rule="R18", pointer="/last"
        )


def _must_be_held(held: list[tuple[int, int]], first: int, last: int) -> None:
    """Refuse a range that is not wholly held: as if it were not there, where none of it is."""
    if not any(begin <= last and first <= end for begin, end in held):
        raise _not_found()
    reached = first - 1
    for begin, end in held:
        if begin <= reached + 1:
            reached = max(reached, end)
    if reached < last:
        raise RefusalError("not-holder", "name a range that you hold", rule="R26")


def _slices(made: Row, first: int) -> Iterator[Slice]:
    """Yield all that an issuance was made of, in order: what it carried in, then its own."""
    if made["carried_in_wh"]:
        yield from _carried(made, first)
    yield from own(intervals_of(_kept(made)))


def _carried(made: Row, first: int) -> Iterator[Slice]:
    carried_wh = made["carried_in_wh"]
    if first > 1:  # it is less than one certificate: when it was produced does not matter
        yield Slice(made["period_start"], made["period_start"], carried_wh, is_carried=True)
        return
    source = carried_from(context().storage, made)
    if source is None:
        raise _not_kept()
    yield from carried(intervals_of(_kept(source)), carried_wh)


def _kept(made: Row) -> list[Row]:
    """Return an issuance's spans with their readings. Raises RefusalError profile-not-kept."""
    found = spans_of_issuance(context().storage, made)
    kept_wh = sum(item.energy_wh for item in intervals_of(found))
    if kept_wh != made["energy_wh"]:
        raise _not_kept()
    return found


def _not_kept() -> RefusalError:
    return RefusalError(
        "profile-not-kept",
        "all of its certificates were withdrawn, and its readings are free to be corrected",
        rule="R22",
    )


def _spans(made: Row) -> Iterator[dict[str, Any]]:
    rows = _kept(made)
    starts = [row["start"] for row in rows]
    told = reports_of(context().storage, made["device"], starts, before=made["index"])
    for row in rows:
        report, netting = told.get(row["start"], (None, None))
        readings = [item._asdict() for item in intervals_of([row])]
        yield {**row, "report": report, "netting": netting, "readings": readings}


def _lines(spans: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for span in spans:
        for item in span["readings"]:
            times = {name: format_time(item[name]) for name in ("start", "end")}
            said = {"span": format_time(span["start"]), "report": span["report"]}
            yield {**item, **times, **said, "quality": span["quality"]}


def _plain(item: Slice, *, is_text: bool = False) -> dict[str, Any]:
    start, end = (format_time(at) if is_text else at for at in item[:2])
    return {"start": start, "end": end, "energy_wh": item.energy_wh, "carried": item.is_carried}

"""Meter files: exports as they are, read by an installed layout, checked or reported at once."""

from collections.abc import Mapping
from functools import partial
from http import HTTPStatus
from io import BytesIO
from typing import Any

import orjson
from flask import Response, g, request
from marshmallow import Schema, fields

from app.api.answers import RECORDED_HEADERS, text
from app.api.door import WRITES, Door, idempotent
from app.http.access import ANY_KEY, PUBLIC, caller
from app.http.context import Context, context
from app.http.idempotency import REPLAYED, idempotency_key
from app.http.paging import Form
from app.http.problems import Complaint, InvalidBodyError, ProblemError
from app.layouts.describing import describe
from app.layouts.errors import LayoutError, MeterFileError
from app.layouts.findings import SeriesKey
from app.layouts.layout import Layout
from app.layouts.tallies import FileTally
from app.registry.errors import RefusalError
from app.registry.operations.measure import Measure
from app.registry.organisations import GENERATOR, MEASUREMENT_BODY
from app.reporting.metered import find_measured
from app.services.credentials import WRITE
from app.services.files import (
    Imported,
    check_file,
    digest_of,
    import_file,
    open_file,
    period_of,
    plain_tally,
)
from app.services.importing import Importer, Reporter
from app.services.metering import Metered
from app.services.meters import LAYOUT

CSV = "text/csv"
GZIP = "application/gzip"

door = Door("meter files", "Exports of meter data as they are.")


class LayoutSchema(Schema):
    """A layout that meter files may be read by."""

    name = text("Its name.")
    reads = fields.List(
        fields.String(), required=True, metadata={"description": "What it reads, in sentences."}
    )


class LayoutsSchema(Schema):
    """The layouts that are installed."""

    layouts = fields.List(fields.Nested(LayoutSchema), required=True)


class FileQuerySchema(Schema):
    """By which layout a file is read."""

    layout = Form(LAYOUT, required=True, metadata={"description": "An installed layout."})


class ImportQuerySchema(FileQuerySchema):
    """By which layout a file is read, and whose it is."""

    device = Form(
        r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9]{18}",
        metadata={
            "description": "Id or GSRN of the device, where the file has one series; otherwise "
            "its series are the meters that are known."
        },
    )


class FileSchema(Schema):
    """What a file says: every line and every value is accounted for."""

    file = fields.Dict(required=True, metadata={"description": "Lines, series, findings, sums."})


class ImportedSchema(FileSchema):
    """What a file says, and what became of it, device by device."""

    devices = fields.Dict(required=True, metadata={"description": "Results by device."})
    unknown_meters = fields.List(
        fields.Dict(), required=True, metadata={"description": "Series that are no known device."}
    )


_FILE = {"schema": {"type": "string", "format": "binary", "description": "The file as it is."}}
_TAKES = {CSV: _FILE, GZIP: _FILE}
_REFUSES = ("malformed-csv", "unsupported-media-type", "not-found")


@door.view("/layouts", may=[PUBLIC], answer=LayoutsSchema)
def show_layouts() -> dict[str, Any]:
    """List the layouts that meter files may be read by."""
    return {
        "layouts": [
            {"name": layout.name, "reads": list(describe(layout=layout))}
            for layout in context().layouts.sound()
        ]
    }


@door.view(
    "/measurement-files/check",
    may=[ANY_KEY],
    answer=FileSchema,
    query=FileQuerySchema,
    method="POST",
    refuses=_REFUSES,
    takes=_TAKES,
)
def check_measurement_file(*, layout: str) -> dict[str, Any]:
    """Say what would be read of a file; nothing is recorded."""
    found = _layout(layout)
    return {"file": plain_tally(_checked(_body(), found))}


@door.view(
    "/measurement-files",
    may=[GENERATOR, MEASUREMENT_BODY],
    scope=WRITE,
    answer=ImportedSchema,
    query=ImportQuerySchema,
    method="POST",
    status=HTTPStatus.OK,
    refuses=[*WRITES, *_REFUSES, "duplicate-report", "invalid-field"],
    headers={REPLAYED: RECORDED_HEADERS[REPLAYED]},
    parameters=idempotent(),
    takes=_TAKES,
)
def import_measurement_file(*, layout: str, device: str | None = None) -> Response:
    """Report a file's readings, device by device, each refused or left out for a reason.

    A file of which nothing is left is imported once; until then it goes on when it is sent again.
    """
    stream, key, opened = _body(), idempotency_key(), context()
    found, by = _layout(layout), caller().organisation
    digest = digest_of(stream)
    before = opened.files.find(by, digest)
    if before is not None:
        return _again(before, key)
    tally = _checked(stream, found)
    devices = _devices(opened, found, tally, device)
    importer = _importer(opened, found, devices=devices, seed=digest)
    imported = import_file(open_file(stream, found), importer)
    g.refused_items = _refused(imported)
    if imported.is_done:
        kept = orjson.dumps({"key": key, "imported": imported.plain}).decode()
        opened.files.add(by, digest, layout=found.name, tally=kept)
    return _answer(imported.plain)


def _importer(
    opened: Context,
    layout: Layout,
    *,
    devices: Mapping[SeriesKey, Metered],
    seed: str,
) -> Importer:
    """Return what reports a file's readings for the caller."""
    who = caller()
    return Importer(
        record=partial(opened.group.submit, organisation=who.organisation),
        reporter=Reporter(
            origin=opened.origin, by=who.organisation, person=who.key.person, seed=seed
        ),
        devices=devices,
        now_ms=opened.storage.look([])[1],
        are_negatives_flagged=layout.amount.negative == "zero",
    )


def _layout(name: str) -> Layout:
    try:
        return context().layouts.find(name)
    except (KeyError, LayoutError) as error:
        raise RefusalError("not-found", "no such layout", pointer="/layout") from error


def _body() -> BytesIO:
    if request.mimetype not in _TAKES:
        raise ProblemError("unsupported-media-type", f"{CSV} or {GZIP} is read here")
    return BytesIO(request.get_data(cache=False))


def _checked(stream: BytesIO, layout: Layout) -> FileTally:
    """Return what a file says. Raises ProblemError where it is refused as a whole."""
    try:
        return check_file(stream, layout)
    except MeterFileError as error:
        raise ProblemError("malformed-csv", f"{error.code}: {error}.") from error


def _devices(
    opened: Context, layout: Layout, tally: FileTally, device: str | None
) -> dict[SeriesKey, Metered]:
    """Return the devices of a file's series, as far as the caller reports on them."""
    if device is None:
        named = opened.meters.devices(layout=layout.name, series=list(tally.series))
    else:
        named = dict.fromkeys(tally.series, device)
        if len(named) > 1:
            detail = f"the file has {len(named)} series"
            raise InvalidBodyError([Complaint("invalid-field", detail, "", "/device")])
    asked = {*named.values(), *([device] if device else [])}
    rows = find_measured(opened.storage, asked, *period_of(tally))
    known = {name: Metered.of(*found) for name, found in rows.items()}
    own = {name: item for name, item in known.items() if _reports(item)}
    if device is not None and device not in own:
        raise RefusalError("not-found", "no such device", pointer="/device")
    return {series: own[name] for series, name in named.items() if name in own}


def _reports(metered: Metered) -> bool:
    return any(item.measurement_body == caller().organisation for item in metered.versions)


def _refused(imported: Imported) -> list[tuple[str, str | None, RefusalError]]:
    """Return what the trail has to keep of a file."""
    return [
        (item.id, Measure.type, item.refusal)
        for result in imported.importer.results.values()
        for item in result.refused
    ]


def _again(before: tuple[str, str], key: str) -> Response:
    """Return the first answer to who sends the same request; refuse the file to any other."""
    kept = orjson.loads(before[1])
    if kept.get("key") != key:
        raise RefusalError("duplicate-report", "this file was imported before")
    answer = _answer(kept["imported"])
    answer.headers[REPLAYED] = "true"
    return answer


def _answer(body: dict[str, Any]) -> Response:
    return Response(orjson.dumps(body), mimetype="application/json")

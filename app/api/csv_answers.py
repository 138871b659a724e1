"""CSV answers: reports as RFC 4180 lines, streamed, and safe to be opened in a spreadsheet."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from io import StringIO
from typing import Any

from flask import Response, request
from marshmallow import Schema, fields
from marshmallow.validate import OneOf

JSON, CSV = "application/json", "text/csv"
ROWS_AT_ONCE = 1_000
_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What a spreadsheet may take for the beginning of a formula."""

Row = Mapping[str, Any]


class FormatQuerySchema(Schema):
    """In which form an answer is given."""

    format = fields.String(
        validate=OneOf(("csv", "json")),
        metadata={"description": "csv or json; by default as Accept says, else json."},
    )


def is_csv(format: str | None) -> bool:
    """Say whether the caller wants CSV: by the query, or else by Accept."""
    if format is not None:
        return format == "csv"
    return request.accept_mimetypes.best_match([JSON, CSV], JSON) == CSV


def either(schema: type[Schema]) -> dict[str, Any]:
    """Return what a view's `gives` says of an answer that is JSON or CSV."""
    content = {JSON: {"schema": schema}, CSV: {"schema": {"type": "string"}}}
    return {"200": {"description": "In the form that is asked for.", "content": content}}


def csv_answer(columns: Sequence[str], rows: Iterable[Row], *, name: str) -> Response:
    """Return rows as a file, written while they are read."""
    answer = Response(_lines(columns, rows), mimetype=CSV)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return answer


def all_rows(rows: Callable[[Any, int], Sequence[Row]], *, key: str) -> Iterator[Row]:
    """Yield every row of a list that is read by cursor and limit, without an open connection."""
    cursor = None
    while found := rows(cursor, ROWS_AT_ONCE):
        yield from found
        cursor = found[-1][key]


def cell(value: object) -> object:
    """Return what stands in a cell; text that looks like a formula is made plain text."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str) and value.startswith(_FORMULAS):
        return f"'{value}"
    return value


def _lines(columns: Sequence[str], rows: Iterable[Row]) -> Iterator[str]:
    yield _line(columns)
    for row in rows:
        yield _line([cell(row[column]) for column in columns])


def _line(cells: Sequence[object]) -> str:
    written = StringIO()
    csv.writer(written).writerow(cells)
    return written.getvalue()

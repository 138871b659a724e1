"""CSV reports: lines of readings as the members that a JSON report would have."""

import csv
from itertools import zip_longest
from re import compile as pattern
from typing import Any

from app.http.problems import ProblemError

COLUMNS = ("device", "start", "end", "energy_wh", "gap")
"""In this order; `gap` says why a line has no energy, and the column may be left out."""
LINE_MAX = 300
_WHOLE = pattern(r"0|-?[1-9][0-9]{0,18}")


def read_report(body: bytes) -> dict[str, Any]:
    """Return a report's members. Raises ProblemError malformed-csv, naming the line."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise _malformed(1, "not UTF-8") from error
    lines = text.splitlines()
    header, *rows = _rows(lines)
    if tuple(header) not in {COLUMNS, COLUMNS[:-1]}:
        raise _malformed(1, f"the columns are {','.join(COLUMNS)}")
    if not rows:
        raise _malformed(2, "there is no reading")
    for number, row in enumerate(rows, 2):
        if len(row) != len(header) or len(lines[number - 1]) > LINE_MAX:
            raise _malformed(number, f"not {len(header)} columns, or too long")
    return _members(rows)


def _rows(lines: list[str]) -> list[list[str]]:
    reader = csv.reader(lines, strict=True)
    try:
        return list(reader) or [[]]
    except csv.Error as error:
        raise _malformed(reader.line_num, "not CSV (RFC 4180)") from error


def _members(rows: list[list[str]]) -> dict[str, Any]:
    device = rows[0][0]
    intervals: list[dict[str, Any]] = []
    gaps: list[dict[str, Any]] = []
    for number, row in enumerate(rows, 2):
        named = dict(zip_longest(COLUMNS, row, fillvalue=""))
        if named["device"] != device:
            raise _malformed(number, "a report is of one device")
        period = {"start": named["start"], "end": named["end"]}
        if named["gap"]:
            if named["energy_wh"]:
                raise _malformed(number, "a gap has no energy")
            gaps.append({**period, "reason": named["gap"]})
        else:
            intervals.append({**period, "energy_wh": _energy(named["energy_wh"], number)})
    return {"device": device, "intervals": intervals} | ({"gaps": gaps} if gaps else {})


def _energy(text: str, number: int) -> int:
    if not _WHOLE.fullmatch(text):
        raise _malformed(number, "energy_wh is a whole number of Wh")
    return int(text)


def _malformed(number: int, detail: str) -> ProblemError:
    return ProblemError("malformed-csv", f"Line {number}: {detail}.")

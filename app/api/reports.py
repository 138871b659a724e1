"""Reports: what was issued, from which readings, and what devices carry; as JSON or CSV."""

from typing import Any

from flask import Response
from marshmallow import Schema, fields

from app.api.answers import PageByIdQuerySchema, instant, next_cursor, page, text, uuid, whole
from app.api.csv_answers import FormatQuerySchema, all_rows, csv_answer, either, is_csv
from app.api.door import Door
from app.api.instant import Moment
from app.api.issuances import numbers
from app.http.access import ANY_KEY, caller
from app.http.context import context
from app.ledger.times import format_time
from app.reporting.balances import list_balances
from app.reporting.issuances import list_sources
from app.reporting.issued import Produced, issued_by_month
from app.reporting.rows import Row

door = Door("reports", "Sums and lists, as JSON or CSV.")


class ReportQuerySchema(FormatQuerySchema, PageByIdQuerySchema):
    """Which page; CSV has all of it."""


class IssuedQuerySchema(FormatQuerySchema):
    """Which production."""

    production_from = Moment(metadata={"description": "Produced at or after."})
    production_to = Moment(metadata={"description": "Produced before."})


class IssuedRowSchema(Schema):
    """What was issued for a month of production."""

    month = text("Month in which production ended, of the time zone.")
    timezone = text("The domain's time zone.")
    domain = text("Code of the domain.")
    country = text("The domain's country (ISO 3166-1).")
    energy_source = text("Energy source code, as it was when produced.")
    issuances = whole("How many issuances.")
    measured_wh = whole("Measured energy, Wh, without what was carried in.")
    quantity = whole("Certificates issued.")
    energy_wh = whole("Energy of these certificates, Wh.")
    withdrawn = whole("How many of them were withdrawn.")


class IssuedSchema(Schema):
    """What was issued, by month, domain and source."""

    issued = fields.List(fields.Nested(IssuedRowSchema), required=True)


class BalanceSchema(Schema):
    """What a device carries on, has not covered, and owes."""

    device = uuid("The device.")
    gsrn = text("Its GSRN.")
    domain = text("Code of its domain.")
    organisation = uuid("Its registrant.")
    state = text("registered, approved, suspended or deregistered.")
    carried_wh = whole("Energy issued but not yet a whole certificate, Wh.")
    deficit_wh = whole("Import that production has not covered yet, Wh.")
    adjustment_wh = whole("Energy that was issued too much and is owed, Wh.")


class BalancesSchema(Schema):
    """A page of balances, by device."""

    balances = fields.List(fields.Nested(BalanceSchema), required=True)
    next = next_cursor()


class IssuanceSourceSchema(Schema):
    """An issuance and what it was made from."""

    id = uuid("The issuance.")
    device = uuid("The device.")
    gsrn = text("The device's GSRN.")
    domain = text("Code of the domain.")
    period_start = instant("Produced from.")
    period_end = instant("Produced until.")
    spans = whole("Measured spans; none are left of what was wholly withdrawn.")
    readings = whole("Readings in them.")
    energy_wh = whole("Measured energy, Wh.")
    carried_in_wh = whole("Energy carried in, Wh.")
    carried_out_wh = whole("Energy carried out, Wh.")
    face_value_wh = whole("Energy of one certificate, Wh.")
    quantity = whole("Certificates issued.")
    number_first = text("Number of the first certificate.")
    number_last = text("Number of the last certificate.")
    withdrawn = whole("How many of them were withdrawn.")


class IssuanceSourcesSchema(Schema):
    """A page of issuances with what they were made from, by id."""

    issuances = fields.List(fields.Nested(IssuanceSourceSchema), required=True)
    next = next_cursor()


@door.view(
    "/reports/issued",
    may=[ANY_KEY],
    answer=IssuedSchema,
    query=IssuedQuerySchema,
    gives=either(IssuedSchema),
)
def report_issued(
    *,
    format: str | None = None,
    production_from: int | None = None,
    production_to: int | None = None,
) -> Response | dict[str, Any]:
    """Sum up what was issued by month of production, domain and source: own, or all."""
    produced = Produced(since=production_from, until=production_to)
    rows = issued_by_month(context().storage, viewer=caller().viewer, produced=produced)
    if is_csv(format):
        return csv_answer(tuple(IssuedRowSchema().fields), rows, name="issued")
    return {"issued": rows}


@door.view(
    "/reports/balances",
    may=[ANY_KEY],
    answer=BalancesSchema,
    query=ReportQuerySchema,
    gives=either(BalancesSchema),
)
def report_balances(
    *, limit: int, cursor: str | None = None, format: str | None = None
) -> Response | dict[str, Any]:
    """List carry, deficit and adjustment of own devices, or of all."""
    storage, viewer = context().storage, caller().viewer

    def read(behind: str | None, most: int) -> list[Row]:
        return list_balances(storage, viewer=viewer, cursor=behind, limit=most)

    if is_csv(format):
        rows = all_rows(read, key="device")
        return csv_answer(tuple(BalanceSchema().fields), rows, name="balances")
    return page("balances", read(cursor, limit + 1), limit=limit, key="device")


@door.view(
    "/reports/issuances",
    may=[ANY_KEY],
    answer=IssuanceSourcesSchema,
    query=ReportQuerySchema,
    gives=either(IssuanceSourcesSchema),
)
def report_issuances(
    *, limit: int, cursor: str | None = None, format: str | None = None
) -> Response | dict[str, Any]:
    """List from which readings what was issued: own, or all."""
    storage, viewer = context().storage, caller().viewer

    def read(behind: str | None, most: int) -> list[Row]:
        rows = list_sources(storage, viewer=viewer, cursor=behind, limit=most)
        return [{**row, **numbers(row), "readings": int(row["readings"] or 0)} for row in rows]

    if is_csv(format):
        rows = map(_timed, all_rows(read, key="id"))
        return csv_answer(tuple(IssuanceSourceSchema().fields), rows, name="issuances")
    return page("issuances", read(cursor, limit + 1), limit=limit, key="id")


def _timed(row: Row) -> Row:
    times = {name: format_time(row[name]) for name in ("period_start", "period_end")}
    return {**row, **times}

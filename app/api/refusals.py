"""Refusals: the audit trail of writes that were refused."""

from typing import Any

from marshmallow import Schema, fields

from app.api.answers import PageByIdQuerySchema, instant, next_cursor, page, text, uuid, whole
from app.api.door import Door
from app.http.access import ANY_KEY, caller
from app.http.context import context
from app.services.refusals import Refused

door = Door("refusals", "Writes that were refused (R63).")


class RefusalSchema(Schema):
    """A write that was refused."""

    id = uuid("Its id, in order of time.")
    refused_at = instant("When.")
    organisation = uuid("Who asked.")
    request = text("Id of the request.")
    operation = uuid("Id that the operation would have had.", is_null=True)
    type = text("The verb.", is_null=True)
    status = whole("HTTP status.")
    code = text("The problem's code.")
    rule = text("The rule, or empty.")
    pointer = text("JSON pointer to the member it was about, or empty.")


class RefusalsSchema(Schema):
    """A page of refusals, the newest first."""

    refusals = fields.List(fields.Nested(RefusalSchema), required=True)
    next = next_cursor()


@door.view("/refusals", may=[ANY_KEY], answer=RefusalsSchema, query=PageByIdQuerySchema)
def show_refusals(*, limit: int, cursor: str | None = None) -> dict[str, Any]:
    """List what the caller was refused; auditors and the issuing body see all."""
    rows = context().refusals.list(organisation=caller().viewer, before=cursor, limit=limit + 1)
    plain = [Refused._make(row)._asdict() for row in rows]
    return page("refusals", plain, limit=limit, key="id")

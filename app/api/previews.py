"""Previews: what a request for certificates would give now; nothing is written."""

from typing import Any

from marshmallow import Schema, fields

from app.api.answers import instant, whole
from app.api.door import BODIES, Door
from app.api.issuing import PLANNING, REQUEST, NewIssuance, requested
from app.api.members import body_schema
from app.api.verbs import asking
from app.http.context import context
from app.services.preview import preview_issuance

door = Door("previews", "What issuing would give.")


class WaitingSpanSchema(Schema):
    """Measured energy whose finding the issuing body has not accepted."""

    start = instant("From.")
    end = instant("Until.")
    energy_wh = whole("Energy in Wh.")


class PlanSchema(Schema):
    """What a request would give now, as if findings that are open were accepted."""

    energy_wh = whole("Measured energy of the period, Wh.")
    carried_in_wh = whole("Energy carried from earlier issuances, Wh.")
    carried_out_wh = whole("Energy that would be carried on, Wh.")
    face_value_wh = whole("Energy of one certificate, Wh.")
    quantity = whole("Certificates.")
    transfer_until = instant("Until when they could be transferred.")
    retire_until = instant("Until when they could be retired.")
    findings = fields.List(
        fields.Nested(WaitingSpanSchema),
        required=True,
        metadata={"description": "Spans to be accepted before anything is issued."},
    )
    is_automatic = fields.Boolean(
        required=True, metadata={"description": "Whether a request would be issued at once."}
    )
    needs_second_person = fields.Boolean(
        required=True, metadata={"description": "Whether two persons would decide (R8, R11)."}
    )


@door.view(
    "/issuances/preview",
    may=REQUEST.may,
    answer=PlanSchema,
    body=body_schema(NewIssuance),
    method="POST",
    refuses=[*BODIES, *PLANNING],
)
def preview(members: dict[str, Any]) -> dict[str, Any]:
    """Compute what a request would give now, or why it would be refused; nothing is written."""
    opened = context()
    operation = requested(asking("preview"), NewIssuance(**members))
    return preview_issuance(opened.storage, operation, calendar=opened.calendar)

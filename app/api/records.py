"""Records: what the vault holds of parties, as far as the caller may read it."""

from collections.abc import Iterable
from typing import Any

from marshmallow import Schema, fields

from app.api.answers import text
from app.http.access import caller
from app.http.context import context
from app.registry.organisations import ISSUING_BODY
from app.reporting.records import find_erased


class RecordSchema(Schema):
    """A commitment with its record, which its own organisation and the issuing body may read."""

    commitment = text("Commitment to its record, hexadecimal.")
    record = fields.Dict(
        required=True, allow_none=True, metadata={"description": "Its names, where visible."}
    )
    erased = fields.Boolean(
        required=True, metadata={"description": "Whether its record was erased (GDPR Art. 17)."}
    )


def recorded(owners: Iterable[tuple[str, str]]) -> dict[str, dict[str, Any]]:
    """Return, by commitment, the members of RecordSchema; given organisations and commitments."""
    who = caller()
    commitments = {commitment: organisation for organisation, commitment in owners}
    visible = [
        commitment
        for commitment, organisation in commitments.items()
        if ISSUING_BODY in who.roles or organisation == who.organisation
    ]
    opened = context()
    records = opened.onboarding.records_of(visible)
    erased = find_erased(opened.storage, list(commitments))
    return {
        commitment: {
            "commitment": commitment,
            "record": records.get(commitment),
            "erased": commitment in erased,
        }
        for commitment in commitments
    }

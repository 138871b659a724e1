"""Erasures: records of the vault are erased, and their own organisations may take them along."""

from dataclasses import dataclass
from typing import Annotated, Any

from marshmallow import Schema, fields

from app.api.answers import (
    OperationLinkSchema,
    PageByNumberQuerySchema,
    leaf_of,
    link_of,
    link_of_row,
    next_cursor,
    page,
    text,
    uuid,
)
from app.api.door import Door
from app.api.recording import recording
from app.api.records import RecordSchema, recorded
from app.api.verbs import Asking, Verb
from app.http.access import ANY_KEY, caller
from app.http.context import context
from app.registry.errors import RefusalError
from app.registry.fields import Hash, Slug
from app.registry.operations.record_erase import RecordErase
from app.registry.organisations import AUDITOR, ISSUING_BODY, OPERATOR
from app.reporting.operations import list_operations
from app.reporting.records import find_erased, find_record
from app.services.credentials import ADMINISTER
from app.services.erasure import erasing
from app.services.record import Accepted, Asked

RECORD = "<string(length=64):record>"

door = Door("privacy", "Records of persons and organisations: taken along, and erased.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewErasure:
    """What is erased, and why."""

    record: Annotated[Hash, "Commitment to the record, hexadecimal."]
    reason: Annotated[Slug, "Why, as a word."]


def _erase(asking: Asking, body: NewErasure) -> Asked:
    """Return the operation; what the vault never held is not there."""
    opened = context()
    is_kept = bool(opened.onboarding.records_of([body.record]))
    if not is_kept and not find_erased(opened.storage, [body.record]):
        raise RefusalError("not-found", "no such record", pointer="/record")
    return erasing(RecordErase(**asking.common, record=body.record, reason=body.reason))


ERASE = Verb(
    name="record.erase",
    may=(ISSUING_BODY, OPERATOR),
    scope=ADMINISTER,
    body=NewErasure,
    make=_erase,
)


class ErasureSchema(Schema):
    """A record that was erased."""

    record = text("The commitment, which is all that is left.")
    reason = text("Why.")
    by = uuid("Who erased it.")
    operation = fields.Nested(OperationLinkSchema, required=True)


class ErasuresSchema(Schema):
    """A page of erasures, in the order of the log."""

    erasures = fields.List(fields.Nested(ErasureSchema), required=True)
    next = next_cursor()


class ExportSchema(RecordSchema):
    """All that is kept of somebody (GDPR Art. 15 and 20), and what proves it."""

    kind = text("organisation, person or beneficiary.")
    subject = uuid("The id of the organisation or person, or of the retirement.")
    organisation = uuid("The organisation whose record it is.")
    salt = text(
        "HMAC-SHA-256 under it of the record's canonical JSON is the commitment; hexadecimal.",
        is_null=True,
    )


def _erased(accepted: Accepted) -> dict[str, Any]:
    leaf = leaf_of(accepted.leaf)
    return _shown(leaf["operation"], link_of(accepted, leaf))


def _shown(asked: dict[str, Any], link: dict[str, Any]) -> dict[str, Any]:
    said = {name: asked[name] for name in ("record", "reason", "by")}
    return {**said, "operation": link}


recording(
    door,
    "/erasures",
    name="erase_record",
    about="Erase a record for good; its commitment stays on the log, linked to nobody.",
    verb=ERASE,
    answer=ErasureSchema,
    show=_erased,
    location="/v1/privacy/exports/{record}",
    refuses=["personal-data-not-allowed", "invalid-state-transition"],
)


@door.view(
    "/erasures",
    may=[AUDITOR, ISSUING_BODY, OPERATOR],
    answer=ErasuresSchema,
    query=PageByNumberQuerySchema,
)
def show_erasures(*, limit: int, cursor: int | None = None) -> dict[str, Any]:
    """List what was erased, in the order of the log."""
    rows = list_operations(
        context().storage, viewer=None, types=[ERASE.name], cursor=cursor, limit=limit + 1
    )
    shown = page("rows", rows, limit=limit, key="index")
    listed = [_shown(leaf_of(row["leaf"])["operation"], link_of_row(row)) for row in shown["rows"]]
    return {"erasures": listed, "next": shown["next"]}


@door.view(f"/privacy/exports/{RECORD}", may=[ANY_KEY], answer=ExportSchema, refuses=["not-found"])
def export_record(record: str) -> dict[str, Any]:
    """Take along all that is kept under an own commitment; the issuing body may read any."""
    who, opened = caller(), context()
    row = find_record(opened.storage, record)
    if row is None or not (ISSUING_BODY in who.roles or row["organisation"] == who.organisation):
        raise RefusalError("not-found", "no such record")
    found = opened.onboarding.opened([record]).get(record)
    said = recorded([(row["organisation"], record)])[record]
    return {**row, **said, "salt": None if found is None else found[0].hex()}

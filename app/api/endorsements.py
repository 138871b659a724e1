"""Endorsements: somebody's word, before it is asked for, for what another will ask for."""

from dataclasses import dataclass, replace
from typing import Annotated, Any
from uuid import UUID

from marshmallow import Schema, fields

from app.api import bulk
from app.api.answers import (
    OperationLinkSchema,
    PageByIdQuerySchema,
    leaf_of,
    link_of,
    next_cursor,
    page,
    text,
    uuid,
)
from app.api.door import Door
from app.api.recording import recording
from app.api.verbs import Asking, Verb
from app.http.access import ANY_KEY, EVERY_ROLE, caller
from app.http.context import context
from app.registry.errors import RefusalError
from app.registry.fields import ID, OBJECT, members_of, parse_members
from app.registry.operation import Operation, content_digest
from app.registry.operations.endorse import Endorse
from app.reporting.records import find_endorsement, list_endorsements
from app.services.record import Accepted, Asked

BY_ISSUING_BODY = frozenset({"withdraw", "measure.adjust"})
"""What the issuing body alone may ask for, with the word of its own second person or of holders."""
POINTER = "/operation"

door = Door("endorsements", "A second person's word, or a holder's consent.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEndorsement:
    """The operation that somebody else will ask for, exactly as its own body will say it.

    It holds for that content alone. Under `type` stands the verb; `endorsement` and `consents` may
    be left out; `id` is the operation's own id, where what it makes is found by that.
    """

    operation: Annotated[dict[str, Any], OBJECT, "Its type, and the members of its own body."]


def _endorse(asking: Asking, body: NewEndorsement) -> Asked:
    digest = content_digest(_endorsed(asking, dict(body.operation)))
    return Asked(Endorse(**asking.common, endorsement=asking.id, digest=digest))


def _endorsed(asking: Asking, members: dict[str, Any]) -> Operation:
    """Return the operation as the one who will ask for it makes it. Raises RefusalError."""
    verb = _verb(members.pop("type", None))
    by = asking.issuing_body if verb.name in BY_ISSUING_BODY else asking.organisation
    id_ = ID.parse(members.pop("id", asking.id), f"{POINTER}/id")
    if any(member.name == "endorsement" for member in members_of(verb.body)):
        members.setdefault("endorsement", asking.id)
    asks = replace(asking, id=id_, organisation=by, person=None)
    asked = _made(verb, asks, parse_members(verb.body, members, POINTER))
    if asked.attachments.vault:
        raise RefusalError(
            "unknown-operation",
            f"{verb.name} seals a record anew each time it is asked for",
            pointer=f"{POINTER}/type",
        )
    return asked.operation


def _verb(name: object) -> Verb:
    """Return a verb that can be endorsed. Raises RefusalError unknown-operation."""
    verb = bulk.VERBS.get(name) if isinstance(name, str) else None
    if verb is None:
        raise RefusalError("unknown-operation", "no such type", pointer=f"{POINTER}/type")
    return verb


def _made(verb: Verb, asks: Asking, body: Any) -> Asked:  # noqa: ANN401 - each verb's own
    """Return what a verb makes of a body, refusals told of where it stands in ours."""
    try:
        return verb.make(asks, body)
    except RefusalError as refusal:
        raise RefusalError(
            refusal.code,
            refusal.detail,
            rule=refusal.rule,
            pointer=f"{POINTER}{refusal.pointer}",
        ) from refusal


ENDORSE = Verb(name="endorse", may=EVERY_ROLE, body=NewEndorsement, make=_endorse)


class EndorsementSchema(Schema):
    """Somebody's word for an operation, named by its content."""

    id = uuid("The endorsement's id, which the operation names.")
    organisation = uuid("Whose word it is.")
    person = uuid("Who of it gave it, where that is told.", is_null=True)
    digest = text("SHA-256 of what is endorsed, hexadecimal.")


class EndorsedSchema(EndorsementSchema):
    """An endorsement as recorded."""

    operation = fields.Nested(OperationLinkSchema, required=True)


class EndorsementsSchema(Schema):
    """A page of endorsements, by id."""

    endorsements = fields.List(fields.Nested(EndorsementSchema), required=True)
    next = next_cursor()


def _given(accepted: Accepted) -> dict[str, Any]:
    leaf = leaf_of(accepted.leaf)
    asked = leaf["operation"]
    return {
        "id": asked["endorsement"],
        "organisation": asked["by"],
        "person": asked.get("person"),
        "digest": asked["digest"],
        "operation": link_of(accepted, leaf),
    }


recording(
    door,
    "/endorsements",
    name="endorse",
    about="Endorse what another person of the own organisation, or the issuing body, will ask for.",
    verb=ENDORSE,
    answer=EndorsedSchema,
    show=_given,
    location="/v1/endorsements/{id}",
    refuses=[
        "unknown-operation",
        "invalid-id",
        "unknown-organisation",
        "organisation-suspended",
    ],
)


@door.view("/endorsements", may=[ANY_KEY], answer=EndorsementsSchema, query=PageByIdQuerySchema)
def show_endorsements(*, limit: int, cursor: str | None = None) -> dict[str, Any]:
    """List own endorsements; auditors and the issuing body see all."""
    rows = list_endorsements(
        context().storage, viewer=caller().viewer, cursor=cursor, limit=limit + 1
    )
    return page("endorsements", rows, limit=limit, key="id")


@door.view(
    "/endorsements/<uuid:endorsement>",
    may=[ANY_KEY],
    answer=EndorsementSchema,
    refuses=["not-found"],
)
def show_endorsement(endorsement: UUID) -> dict[str, Any]:
    """Show an endorsement."""
    row = find_endorsement(context().storage, str(endorsement), viewer=caller().viewer)
    if row is None:
        raise RefusalError("not-found", "no such endorsement")
    return dict(row)

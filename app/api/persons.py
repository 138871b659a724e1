"""Persons: who acts for the caller's organisation; names lie in the vault, never on the log."""

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Any
from uuid import UUID

from marshmallow import Schema, fields

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
from app.api.instant import as_id
from app.api.recording import recording
from app.api.records import RecordSchema, recorded
from app.api.verbs import Asking, Verb
from app.http.access import ANY_KEY, EVERY_ROLE, caller
from app.http.context import context
from app.registry.errors import RefusalError
from app.registry.fields import Id
from app.registry.names import NAME
from app.registry.operations.person_add import PersonAdd
from app.registry.operations.person_remove import PersonRemove
from app.reporting.records import find_person, list_persons
from app.reporting.rows import Row
from app.services.credentials import ADMINISTER
from app.services.record import Accepted, Asked

door = Door("persons", "Who acts for an organisation.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPerson:
    """Somebody who will act for the caller's organisation; kept sealed beside the log.

    The person's id is computed from the Idempotency-Key, which should therefore be a random one.
    """

    name: Annotated[str, NAME, "The person's name."]
    contact: Annotated[str, NAME, "How to reach the person."] | None = None

    @property
    def record(self) -> dict[str, str]:
        """What the vault keeps."""
        return {"name": self.name} | ({"contact": self.contact} if self.contact else {})


@dataclass(frozen=True, slots=True, kw_only=True)
class Removal:
    """Who is removed."""

    person: Annotated[Id, "An own person."]


def _add(asking: Asking, body: NewPerson) -> Asked:
    commitment, attachments = asking.vault.commit(body.record)
    return Asked(PersonAdd(**asking.common, member=asking.id, record=commitment), attachments)


def _remove(asking: Asking, body: Removal) -> Asked:
    return Asked(PersonRemove(**asking.common, member=body.person))


ADD = Verb(name="person.add", may=EVERY_ROLE, scope=ADMINISTER, body=NewPerson, make=_add)
REMOVE = Verb(name="person.remove", may=EVERY_ROLE, scope=ADMINISTER, body=Removal, make=_remove)


class PersonSchema(RecordSchema):
    """A person; name and contact are shown to the own organisation and the issuing body."""

    id = uuid("The person's id, random and all that the log says of anybody.")
    organisation = uuid("For whom the person acts.")
    state = text("active or removed.")


class AddedPersonSchema(PersonSchema):
    """A person as recorded."""

    operation = fields.Nested(OperationLinkSchema, required=True)


class RemovedPersonSchema(Schema):
    """A person who was removed."""

    id = uuid("The person's id.")
    state = text("removed.")
    operation = fields.Nested(OperationLinkSchema, required=True)


class PersonsSchema(Schema):
    """A page of persons, by id."""

    persons = fields.List(fields.Nested(PersonSchema), required=True)
    next = next_cursor()


class PersonsQuerySchema(PageByIdQuerySchema):
    """Which persons."""

    organisation = fields.UUID(metadata={"description": "Whose persons; all visible by default."})


def _added(accepted: Accepted) -> dict[str, Any]:
    leaf = leaf_of(accepted.leaf)
    asked = leaf["operation"]
    row = {
        "id": asked["member"],
        "organisation": asked["by"],
        "record": asked["record"],
        "is_active": True,
    }
    return {**_shown([row])[0], "operation": link_of(accepted, leaf)}


def _removed(accepted: Accepted) -> dict[str, Any]:
    """Show who was removed; this process takes none of the person's keys from now on."""
    context().keys.forget()
    leaf = leaf_of(accepted.leaf)
    return {
        "id": leaf["operation"]["member"],
        "state": "removed",
        "operation": link_of(accepted, leaf),
    }


recording(
    door,
    "/persons",
    name="add_person",
    about="Add somebody who acts for the caller's organisation; keys are issued under `/v1/keys`.",
    verb=ADD,
    answer=AddedPersonSchema,
    show=_added,
    location="/v1/persons/{id}",
    refuses=["invalid-text", "unknown-organisation", "organisation-suspended", "id-in-use"],
)
recording(
    door,
    "/persons/<uuid:person>/remove",
    name="remove_person",
    about="Remove a person: from then on nothing is recorded in that name, and its keys are none.",
    verb=REMOVE,
    answer=RemovedPersonSchema,
    show=_removed,
    location="/v1/persons/{id}",
    status=HTTPStatus.OK,
    within=("person",),
    refuses=["unknown-organisation", "invalid-state-transition"],
)


@door.view("/persons", may=[ANY_KEY], answer=PersonsSchema, query=PersonsQuerySchema)
def show_persons(
    *, limit: int, cursor: str | None = None, organisation: UUID | None = None
) -> dict[str, Any]:
    """List own persons, removed ones too; auditors and the issuing body see all."""
    rows = list_persons(
        context().storage,
        viewer=caller().viewer,
        organisation=as_id(organisation),
        cursor=cursor,
        limit=limit + 1,
    )
    return page("persons", _shown(rows), limit=limit, key="id")


@door.view("/persons/<uuid:person>", may=[ANY_KEY], answer=PersonSchema, refuses=["not-found"])
def show_person(person: UUID) -> dict[str, Any]:
    """Show a person."""
    row = find_person(context().storage, str(person), viewer=caller().viewer)
    if row is None:
        raise RefusalError("not-found", "no such person")
    return _shown([row])[0]


def _shown(rows: Sequence[Row]) -> list[dict[str, Any]]:
    records = recorded((row["organisation"], row["record"]) for row in rows)
    return [
        {
            "id": row["id"],
            "organisation": row["organisation"],
            "state": "active" if row["is_active"] else "removed",
            **records[row["record"]],
        }
        for row in rows
    ]

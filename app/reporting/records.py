"""Records: whose the commitments on the log are, and which of them were erased."""

from collections.abc import Sequence

from sqlalchemy import literal, select, union_all

from app.reporting.rows import Row, after, fetch, fetch_one
from app.storage.storage import Storage
from app.storage.tables import (
    accounts,
    applications,
    endorsements,
    erasures,
    leaves,
    organisations,
    persons,
    retirements,
)

ORGANISATION, PERSON, BENEFICIARY = "organisation", "person", "beneficiary"


def find_leaves(storage: Storage, operations: Sequence[str]) -> dict[str, bytes]:
    """Return the leaves of operations, by id, whomever they concern."""
    query = select(leaves.c.operation, leaves.c.leaf).where(leaves.c.operation.in_(operations))
    return {row["operation"]: row["leaf"] for row in fetch(storage, query)}


def find_erased(storage: Storage, commitments: Sequence[str]) -> set[str]:
    """Return which of some records were erased."""
    query = select(erasures.c.record).where(erasures.c.record.in_(commitments))
    return {row["record"] for row in fetch(storage, query)} if commitments else set()


def find_record(storage: Storage, commitment: str) -> Row | None:
    """Return of whom a record is, and to which organisation it belongs."""
    found = union_all(
        select(
            literal(ORGANISATION).label("kind"),
            organisations.c.id.label("subject"),
            organisations.c.id.label("organisation"),
        ).where(organisations.c.record == commitment),
        select(
            literal(ORGANISATION), applications.c.organisation, applications.c.organisation
        ).where(applications.c.record == commitment),
        select(literal(PERSON), persons.c.id, persons.c.organisation).where(
            persons.c.record == commitment
        ),
        select(literal(BENEFICIARY), retirements.c.id, accounts.c.organisation)
        .join(accounts, accounts.c.id == retirements.c.account)
        .where(retirements.c.beneficiary == commitment),
    )
    return fetch_one(storage, select(found.subquery()))


def list_persons(
    storage: Storage,
    *,
    viewer: str | None,
    organisation: str | None,
    cursor: str | None,
    limit: int,
) -> list[Row]:
    """Return persons by id, those of an organisation where one is named."""
    query = select(persons).limit(limit)
    for only in filter(None, (viewer, organisation)):
        query = query.where(persons.c.organisation == only)
    return fetch(storage, after(query, [persons.c.id], cursor and [cursor]))


def find_person(storage: Storage, person: str, *, viewer: str | None) -> Row | None:
    """Return a person whom the viewer may see."""
    query = select(persons).where(persons.c.id == person)
    if viewer is not None:
        query = query.where(persons.c.organisation == viewer)
    return fetch_one(storage, query)


def list_endorsements(
    storage: Storage, *, viewer: str | None, cursor: str | None, limit: int
) -> list[Row]:
    """Return endorsements by id."""
    query = select(endorsements).limit(limit)
    if viewer is not None:
        query = query.where(endorsements.c.organisation == viewer)
    return fetch(storage, after(query, [endorsements.c.id], cursor and [cursor]))


def find_endorsement(storage: Storage, endorsement: str, *, viewer: str | None) -> Row | None:
    """Return an endorsement that the viewer may see."""
    query = select(endorsements).where(endorsements.c.id == endorsement)
    if viewer is not None:
        query = query.where(endorsements.c.organisation == viewer)
    return fetch_one(storage, query)

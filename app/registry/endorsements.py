"""Endorsements: whether a second person, or a holder, has given their word for an operation."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from app.registry.errors import RefusalError
from app.registry.operation import Operation, content_digest
from app.registry.organisations import Endorsement

if TYPE_CHECKING:
    from app.registry.state import State


def must_be_seconded(state: "State", operation: Operation, endorsement: str, *, code: str) -> None:
    """Refuse what no second person of the same organisation has endorsed (R8, R33).

    Both must be told by name: two keys of one nameless organisation are no two persons.
    """
    found = state.find(Endorsement, endorsement, pointer="/endorsement")
    is_other = found.person is not None and operation.person not in (None, found.person)
    if found.organisation != operation.by or not is_other:
        raise RefusalError(
            code, "another person of the same body endorses it", rule="R33", pointer="/endorsement"
        )
    if found.digest != content_digest(operation):
        raise RefusalError(code, "something else was endorsed", rule="R33", pointer="/endorsement")


def consenting(state: "State", operation: Operation, consents: Iterable[str]) -> set[str]:
    """Return the organisations that have endorsed exactly this operation (R34)."""
    digest = content_digest(operation)
    named = (
        state.find(Endorsement, consent, pointer=f"/consents/{at}")
        for at, consent in enumerate(consents)
    )
    return {found.organisation for found in named if found.digest == digest}

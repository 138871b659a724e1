"""The audit trail of refusals: kept by the set, listed from the newest, whatever is in it."""

import pytest

from app.registry.errors import RefusalError
from app.services.ids import new_id
from app.services.refusals import Refusals, Refused
from app.storage.engines import DBAPI_ERRORS
from app.storage.refusals import RefusalRows
from app.storage.storage import Storage
from tests.scenario import new_id as new_party


def refused(organisation: str, *, pointer: str = "", operation: str | None = None) -> Refused:
    return Refused(
        id=new_id(),
        refused_at=1_767_225_600_000,
        organisation=organisation,
        request="request-1",
        operation=operation,
        type=None if operation is None else "transfer",
        status=409,
        code="insufficient-balance",
        rule="R17",
        pointer=pointer,
    )


@pytest.fixture
def trail(storage: Storage) -> Refusals:
    return RefusalRows(storage.database)


def test_a_refusal_comes_back_as_it_was_kept(trail: Refusals) -> None:
    kept = [refused(new_party()), refused(new_party(), pointer="/items/0", operation=new_party())]

    trail.add(kept)

    assert trail.list(limit=10) == kept[::-1]


def test_nothing_refused_keeps_nothing(trail: Refusals) -> None:
    trail.add([])

    assert trail.list(limit=10) == []


def test_the_newest_come_first_however_they_were_added(trail: Refusals) -> None:
    made = [refused(new_party()) for _ in range(6)]

    trail.add([made[3], made[0]])
    trail.add([made[5], made[1], made[4], made[2]])

    assert [Refused._make(row).id for row in trail.list(limit=10)] == [row.id for row in made[::-1]]


def test_an_organisation_sees_its_own_only(trail: Refusals) -> None:
    mine, yours = new_party(), new_party()
    made = [refused(party) for party in (mine, yours, mine)]
    trail.add(made)

    listed = trail.list(organisation=mine, limit=10)

    assert listed == [made[2], made[0]]
    assert trail.list(organisation=new_party(), limit=10) == []


def test_pages_follow_one_another_without_gap_or_repetition(trail: Refusals) -> None:
    mine = new_party()
    made = [refused(mine if at % 2 else new_party()) for at in range(11)]
    trail.add(made)

    pages, before = [], None
    while page := trail.list(organisation=mine, before=before, limit=2):
        pages.append(len(page))
        before = Refused._make(page[-1]).id
    first = trail.list(before=made[5].id, limit=3)

    assert pages == [2, 2, 1]
    assert first == [made[4], made[3], made[2]]


def test_a_cursor_that_is_no_id_is_refused(trail: Refusals) -> None:
    with pytest.raises(RefusalError, match="invalid-id"):
        trail.list(before="newest", limit=1)


def test_what_a_caller_made_up_is_cut_and_marked_alike_in_both_databases(trail: Refusals) -> None:
    name = "a\x00b\x1b[2J\u202e" + "\ud800" + "x" * 400

    trail.add([refused(new_party(), pointer=f"/{name}")])

    (kept,) = trail.list(limit=1)
    assert Refused._make(kept).pointer == ("/a?b?[2J??" + "x" * 400)[:255].replace("?", "\ufffd")


def test_of_a_set_with_a_wrong_row_nothing_is_kept(trail: Refusals) -> None:
    row = refused(new_party())

    with pytest.raises(DBAPI_ERRORS):
        trail.add([refused(new_party()), row, row])

    assert trail.list(limit=10) == []

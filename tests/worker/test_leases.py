"""Leases on both databases: one holder, tokens that only grow, time by the database's clock."""

from collections.abc import Iterator
from time import sleep

import pytest

from app.services.leases import Lease, Leases
from app.storage.leases import LeaseRows
from app.storage.storage import Storage
from tests.worker.lively import Row, lease_row

LONG_MS = 3_600_000
SHORT_MS = 50


@pytest.fixture
def storage(database_url: str) -> Iterator[Storage]:
    """A database with tables and nothing in them."""
    made = Storage.of(database_url)
    made.prepare()
    yield made
    made.close()


@pytest.fixture
def rows(storage: Storage) -> LeaseRows:
    return LeaseRows(storage.database)


def row(storage: Storage) -> Row:
    found = lease_row(storage, "night")
    assert found is not None
    return found


def taken_over(rows: LeaseRows) -> int:
    """Wait until a short lease has run out; return the token of who takes it."""
    while (token := rows.take("night", "second", duration_ms=LONG_MS)) is None:
        sleep(SHORT_MS / 1000)
    return token


def test_a_free_lease_is_given_with_the_first_token(storage: Storage, rows: LeaseRows) -> None:
    assert lease_row(storage, "night") is None

    assert rows.take("night", "first", duration_ms=LONG_MS) == 1

    assert (row(storage).holder, row(storage).token) == ("first", 1)


def test_a_lease_is_not_given_to_another_while_it_is_held(
    storage: Storage, rows: LeaseRows
) -> None:
    rows.take("night", "first", duration_ms=LONG_MS)
    before = row(storage)

    assert rows.take("night", "second", duration_ms=LONG_MS) is None

    assert row(storage) == before


def test_a_renewal_keeps_the_token_and_lasts_longer(storage: Storage, rows: LeaseRows) -> None:
    rows.take("night", "first", duration_ms=LONG_MS)
    before = row(storage)

    assert rows.take("night", "first", duration_ms=2 * LONG_MS) == 1

    assert row(storage).expires_at >= before.expires_at + LONG_MS


def test_a_lease_that_ran_out_goes_to_another_under_the_next_token(
    storage: Storage, rows: LeaseRows
) -> None:
    rows.take("night", "first", duration_ms=SHORT_MS)
    ran_out_at = row(storage).expires_at

    assert taken_over(rows) == 2

    assert row(storage).holder == "second"
    assert row(storage).expires_at >= ran_out_at + LONG_MS
    assert rows.take("night", "first", duration_ms=LONG_MS) is None


def test_a_lease_that_ran_out_is_acquired_anew_even_by_its_last_holder(rows: LeaseRows) -> None:
    rows.take("night", "first", duration_ms=0)

    assert rows.take("night", "first", duration_ms=LONG_MS) == 2


def test_a_lease_that_was_given_back_is_free_and_its_token_grows(rows: LeaseRows) -> None:
    rows.take("night", "first", duration_ms=LONG_MS)

    rows.release("night", "first", token=1)

    assert rows.take("night", "second", duration_ms=LONG_MS) == 2


@pytest.mark.parametrize(("holder", "token"), [("first", 1), ("second", 1), ("first", 2)])
def test_only_its_holder_gives_a_lease_back(
    holder: str, token: int, storage: Storage, rows: LeaseRows
) -> None:
    rows.take("night", "first", duration_ms=0)
    rows.take("night", "second", duration_ms=LONG_MS)
    before = row(storage)

    rows.release("night", holder, token=token)

    assert row(storage) == before


def test_leases_of_two_names_are_two(rows: LeaseRows) -> None:
    assert rows.take("night", "first", duration_ms=LONG_MS) == 1

    assert rows.take("day", "second", duration_ms=LONG_MS) == 1


def test_a_holder_takes_and_gives_back_what_it_was_given(rows: LeaseRows) -> None:
    first, second = Leases(rows, holder="first"), Leases(rows, holder="second")

    given = first.take("night", duration_ms=LONG_MS)

    assert given == Lease("night", "first", 1)
    assert second.take("night", duration_ms=LONG_MS) is None
    first.release(given)
    assert second.take("night", duration_ms=LONG_MS) == Lease("night", "second", 2)

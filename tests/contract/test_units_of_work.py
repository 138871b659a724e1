"""The writing transaction: what it reads under the lock, and that nothing gets past its fences."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from app.factory import Registry
from app.ledger.blocks import EMPTY_HEAD, Head, Recorded, Signing
from app.registry.accounts import Account, Sender
from app.registry.attachments import Attachments
from app.registry.domains import Domain
from app.registry.operation import ACCOUNT, DOMAIN, SENDER, Read
from app.registry.operations.account_open import AccountOpen
from app.registry.organisations import Organisation
from app.registry.ranges import Bundle
from app.registry.state import Rows, State
from app.storage.engines import DBAPI_ERRORS
from app.storage.statements import Statements
from app.storage.storage import Storage
from app.storage.unit_of_work import StorageError, UnitOfWork
from tests.contract.bare_log import append, block_of, next_head, words, write
from tests.scenario import (
    ORIGIN,
    accept,
    account,
    market,
    new_id,
    organisation,
    transferring,
)

AUTHORITIES = ("north", "south")
ROOT = bytes(32)


def read_head(storage: Storage) -> Head:
    with storage.log() as log:
        return log.head


def all_leaves(storage: Storage) -> list[bytes]:
    with storage.log() as log:
        return list(log.leaves())


def test_a_new_database_has_the_head_of_an_empty_log(storage: Storage) -> None:
    with storage.unit() as unit:
        known = unit.begin(State())

        assert (unit.head, known) == (EMPTY_HEAD, {})


def test_a_unit_reads_the_database_clock(storage: Storage) -> None:
    with storage.unit() as unit:
        unit.begin(State())
        first_ms = unit.now_ms
    with storage.unit() as unit:
        unit.begin(State())

        assert 1_700_000_000_000 < first_ms <= unit.now_ms < first_ms + 60_000


def test_what_is_committed_is_the_next_units_head(storage: Storage) -> None:
    head = append(storage, words(0, 3))

    with storage.unit() as unit:
        unit.begin(State())

        assert unit.head == head == read_head(storage)
        assert head.size == 3


def test_what_is_not_committed_leaves_nothing(storage: Storage) -> None:
    before = append(storage, words(0, 3))

    with storage.unit() as unit:
        unit.begin(State())
        write(unit, words(3, 300))

    assert read_head(storage) == before
    assert all_leaves(storage) == words(0, 3)


def test_an_error_inside_a_unit_rolls_it_back(storage: Storage) -> None:
    before = append(storage, words(0, 3))

    with pytest.raises(ZeroDivisionError):
        _write_and_fail(storage)

    assert read_head(storage) == before
    assert append(storage, words(3, 3)).size == 6


def test_a_unit_says_which_operations_are_recorded_and_where(registry: Registry) -> None:
    owner = organisation(registry, "buyer")
    opening = AccountOpen(
        id=new_id(), origin=ORIGIN, by=owner, account=new_id(), organisation=owner
    )
    (opened,) = accept(registry, opening)
    missing = new_id()

    with registry.storage.unit() as unit:
        known = unit.begin(State(), ids=[opened.id, missing])

    assert known.keys() == {opened.id}
    assert known[opened.id] == Recorded(opened.index, opened.height, opened.leaf)


def test_a_unit_loads_what_is_named_with_its_owner_and_nothing_else(registry: Registry) -> None:
    owner = organisation(registry, "buyer")
    named, other = account(registry, owner), account(registry, owner)
    account(registry, organisation(registry, "buyer"))
    state = State()

    with registry.storage.unit() as unit:
        unit.begin(state, reads=[Read(ACCOUNT, named), Read(SENDER, (named, other))])

    assert [item.id for item in state.all(Account)] == [named]
    assert [item.id for item in state.all(Organisation)] == [owner]
    assert list(state.all(Sender)) == []
    assert state.registry.origin == registry.identity.origin


def test_domains_are_loaded_where_a_rule_looks_at_one(registry: Registry) -> None:
    with_domain, without = State(), State()

    with registry.storage.unit() as unit:
        unit.begin(with_domain, reads=[Read(DOMAIN, "NZ")])
    with registry.storage.unit() as unit:
        unit.begin(without, reads=[Read(ACCOUNT, new_id())])

    assert [item.key for item in with_domain.all(Domain)] == ["NZ"]
    assert list(without.all(Domain)) == []


def test_the_registry_itself_is_known_to_every_unit(registry: Registry) -> None:
    states = [State(), State()]

    for state in states:
        with registry.storage.unit() as unit:
            unit.begin(state)

    assert [state.registry.log_vkey for state in states] == [str(registry.identity.log_key)] * 2


def test_a_unit_whose_lock_was_lost_cannot_append(storage: Storage) -> None:
    append(storage, words(0, 3))
    database = storage.database
    with database.writing() as driver:
        stale = UnitOfWork(database, Statements(database), driver)
        stale.begin(State())
        driver.rollback()
        head = append(storage, words(3, 3))
        database.way.begin(driver)

        with pytest.raises((StorageError, *DBAPI_ERRORS)):
            write(stale, words(3, 2))

    assert read_head(storage) == head
    assert all_leaves(storage) == words(0, 6)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda head: replace(head, height=head.height + 4, size=head.size + 10),
        lambda head: replace(head, height=head.height - 1, size=head.size + 10),
    ],
    ids=["ahead", "behind"],
)
def test_the_head_row_fences_a_block_that_extends_another_head(
    storage: Storage, wrong: Callable[[Head], Head]
) -> None:
    before = append(storage, words(0, 3))

    with storage.unit() as unit:
        unit.begin(State())
        found = wrong(unit.head)
        unit.head = replace(found, edge=(ROOT,) * found.size.bit_count())
        old = unit.head
        new = next_head(old, words(50, 2))
        with pytest.raises(StorageError, match="not as they were read"):
            unit.write(
                head=new,
                block=replace(block_of(old, new), height=99),
                entries=[],
                rows=Rows((), (), ()),
                attachments=Attachments(),
                signing=Signing((), new.size, ROOT),
            )

    assert read_head(storage) == before


def test_a_bundle_that_is_not_open_cannot_be_closed(registry: Registry) -> None:
    made = market(registry)
    accept(
        registry,
        transferring(
            made.generator, source=made.generator_account, to=made.buyer_account, quantity=5
        ),
    )
    with registry.storage.log() as log:
        closed = next(bundle for bundle, to_height in log.bundles() if to_height is not None)
    before = read_head(registry.storage)

    with registry.storage.unit() as unit:
        unit.begin(State())
        again = closed._replace(first=2)
        with pytest.raises(StorageError, match="not as they were read"):
            write(
                unit,
                words(0, 2),
                rows=Rows((), (again,), ()),
                signing=Signing(_names(registry), before.size + 2, ROOT),
            )

    assert read_head(registry.storage) == before


def test_two_open_bundles_cannot_begin_at_one_ordinal(registry: Registry) -> None:
    made = market(registry)
    before = read_head(registry.storage)
    twin = Bundle(made.issuance, 1, 3, made.buyer_account, "active", before.height + 1, 0, 0)

    with registry.storage.unit() as unit:
        unit.begin(State())
        with pytest.raises(DBAPI_ERRORS):
            write(
                unit,
                words(0, 2),
                rows=Rows((), (), (twin,)),
                signing=Signing(_names(registry), before.size + 2, ROOT),
            )

    assert read_head(registry.storage) == before


@pytest.mark.parametrize("size", [2, 3])
def test_what_is_signed_grows(storage: Storage, size: int) -> None:
    before = append(storage, words(0, 3), signing=Signing(AUTHORITIES, 3, ROOT))

    with storage.unit() as unit:
        unit.begin(State())
        with pytest.raises(StorageError, match="already signed"):
            write(unit, words(3, 3), signing=Signing(AUTHORITIES, size, ROOT))

    assert read_head(storage) == before


def test_a_larger_size_may_be_signed(storage: Storage) -> None:
    append(storage, words(0, 3), signing=Signing(AUTHORITIES, 3, ROOT))

    head = append(storage, words(3, 3), signing=Signing(AUTHORITIES, 6, ROOT))

    assert read_head(storage) == head


def test_an_authority_that_was_never_enrolled_cannot_sign(storage: Storage) -> None:
    append(storage, words(0, 3), signing=Signing(AUTHORITIES, 3, ROOT))

    with storage.unit() as unit:
        unit.begin(State())
        with pytest.raises(StorageError, match="signed"):
            write(unit, words(3, 3), signing=Signing((*AUTHORITIES, "west"), 6, ROOT))


def test_a_document_and_a_vault_row_are_kept_once(registry: Registry) -> None:
    document = ("ab" * 32, b'{"name":"first"}')
    changed = (document[0], b'{"name":"second"}')

    for body in (document, changed):
        with registry.storage.unit() as unit:
            unit.begin(State())
            head = next_head(unit.head, words(0, 2))
            unit.write(
                head=head,
                block=block_of(unit.head, head),
                entries=[],
                rows=Rows((), (), ()),
                attachments=Attachments(documents=[body], vault=[body]),
                signing=Signing(_names(registry), head.size, ROOT),
            )
            unit.commit(height=head.height, header_hash=head.header_hash)

    with registry.storage.log() as log:
        assert log.document(document[0]) == document[1]


def _write_and_fail(storage: Storage) -> None:
    with storage.unit() as unit:
        unit.begin(State())
        write(unit, words(3, 3))
        raise ZeroDivisionError


def _names(registry: Registry) -> tuple[str, ...]:
    return tuple(member.name for member in registry.identity.authority_set.authorities)

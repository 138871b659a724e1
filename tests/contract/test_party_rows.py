"""Rows of parties: whom each leaf concerns, however many are written at once."""

import pytest

from app.audit.walk import Anchor, audit
from app.factory import Registry
from app.registry.operations.account_open import AccountOpen
from app.storage.unit_of_work import MANY
from tests.scenario import (
    ORIGIN,
    accept,
    accepting,
    account,
    automatic_device,
    issuing_body,
    market,
    measuring,
    new_id,
    offering,
    organisation,
    requesting,
)


def parties_at(registry: Registry, index: int) -> set[str]:
    with registry.storage.log() as log:
        return {organisation for organisation, at in log.party_rows() if at == index}


def test_sender_and_receiver_are_parties_of_an_offer_and_of_its_end(registry: Registry) -> None:
    made = market(registry)
    offer = offering(
        made.generator, source=made.generator_account, to=made.buyer_account, quantity=5
    )
    (offered,) = accept(registry, offer)
    (ended,) = accept(registry, accepting(made.buyer, offer.offer))

    both = {made.generator, made.buyer}
    assert parties_at(registry, offered.index) == parties_at(registry, ended.index) == both
    assert parties_at(registry, ended.index + 1) == set()


def test_what_follows_has_parties_of_its_own(registry: Registry) -> None:
    generator = organisation(registry, "generator")
    device, body = automatic_device(registry, generator)
    accept(registry, measuring(body, device))

    (asked,) = accept(registry, requesting(generator, device, account(registry, generator)))

    assert parties_at(registry, asked.index) == {generator}
    concerned = {generator, body, issuing_body(registry)}
    assert parties_at(registry, asked.follows[0].index) == concerned


def test_the_rows_are_in_order_of_organisation_and_leaf(registry: Registry) -> None:
    market(registry)

    with registry.storage.log() as log:
        rows = list(log.party_rows())

    assert rows == sorted(set(rows))
    assert all(type(organisation) is str and type(index) is int for organisation, index in rows)


@pytest.mark.parametrize("count", [MANY - 1, MANY, MANY + 1])
def test_a_group_of_any_size_has_a_row_for_each_of_its_leaves(
    registry: Registry, count: int
) -> None:
    owner = organisation(registry, "buyer")
    openings = [
        AccountOpen(id=new_id(), origin=ORIGIN, by=owner, account=new_id(), organisation=owner)
        for _ in range(count)
    ]

    outcomes = accept(registry, *openings)

    with registry.storage.log() as log:
        indexes = [index for organisation, index in log.party_rows() if organisation == owner]
        report = audit(log, anchor=Anchor(), tables=log)
    assert indexes[1:] == [item.index for item in outcomes]
    assert report.findings == []

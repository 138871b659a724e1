"""Rows of parties: whom each leaf concerns, however many are written at once."""

import pytest

from app.audit.walk import Anchor, audit
from app.factory import Registry
from app.registry.operations.account_open import AccountOpen
from app.registry.ranges import Range
from app.storage.unit_of_work import MANY
from tests.scenario import (
    MWH,
    ORIGIN,
    accept,
    accepting,
    account,
    adjusting,
    automatic_device,
    consented,
    correcting,
    issuing_body,
    market,
    measuring,
    new_id,
    offering,
    officers,
    organisation,
    passing,
    requesting,
    transferring,
    withdrawing,
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


def test_a_report_and_its_correction_concern_who_measures_and_who_is_measured(
    registry: Registry,
) -> None:
    generator = organisation(registry, "generator")
    device, body = automatic_device(registry, generator)

    (reported,) = accept(registry, measuring(body, device))
    (corrected,) = accept(registry, correcting(body, device, hour_wh=MWH // 2))
    (passed,) = accept(registry, passing(registry, device, 0))

    assert parties_at(registry, reported.index) == {generator, body}
    assert parties_at(registry, corrected.index) == {generator, body}
    assert parties_at(registry, passed.index) == {generator, body, issuing_body(registry)}


def test_a_withdrawal_concerns_who_holds_and_who_was_issued_to(registry: Registry) -> None:
    made, known = market(registry), officers(registry)
    between = {"source": made.generator_account, "to": made.buyer_account}
    accept(registry, transferring(made.generator, quantity=4, **between))
    word, operation = withdrawing(known, Range(made.issuance, 3, 6))
    consent, operation = consented(operation, by=made.buyer)

    given, consenting, withdrawn = accept(registry, word, consent, operation)

    assert parties_at(registry, given.index) == {known.body}
    assert parties_at(registry, consenting.index) == {made.buyer}
    assert parties_at(registry, withdrawn.index) == {known.body, made.generator, made.buyer}


def test_an_adjustment_concerns_whose_device_it_is(registry: Registry) -> None:
    made, known = market(registry), officers(registry)

    _, booked = accept(registry, *adjusting(known, made.device, energy_wh=20 * MWH))

    assert parties_at(registry, booked.index) == {known.body, made.generator}

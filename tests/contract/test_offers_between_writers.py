"""Offers through the gate on both databases: from what is loaded, kept, and written by another."""

from collections.abc import Iterator

import pytest

from app.audit.walk import Anchor, audit
from app.factory import Registry, open_registry
from app.registry.accounts import Account
from app.registry.errors import RefusalError
from app.registry.issuances import Issuance, Request
from app.registry.offers import Offer
from app.registry.operation import OFFER, REQUEST, Operation, Read
from app.registry.operations.issue_reject import IssueReject
from app.registry.operations.issue_withdraw import IssueWithdraw
from app.registry.ranges import Range
from app.registry.state import State
from app.services.record import Asked
from tests.scenario import (
    ORIGIN,
    Market,
    accept,
    accepting,
    closing,
    issuing_body,
    market,
    measuring,
    new_id,
    offering,
    requesting,
    transferring,
)

Held = dict[tuple[int, int], tuple[str, str, str | None]]


@pytest.fixture
def other(registry: Registry) -> Iterator[Registry]:
    """The same registry, as another process has it open."""
    with open_registry(registry.settings) as opened:
        yield opened


def code(registry: Registry, operation: Operation) -> str:
    (outcome,) = registry.record([Asked(operation)])
    return outcome.code if isinstance(outcome, RefusalError) else "accepted"


def held(registry: Registry) -> Held:
    """Return who holds what; nothing may be wrong with it."""
    with registry.storage.log() as log:
        report = audit(log, anchor=Anchor(), tables=log)
        bundles = [bundle for bundle, to_height in log.bundles() if to_height is None]
    assert report.findings == []
    assert sum(report.certificates.values()) == report.issued
    return {(b.first, b.last): (b.account, b.state, b.offer) for b in bundles}


def offered(registry: Registry, made: Market, first: int, last: int) -> str:
    offer = offering(
        made.generator,
        source=made.generator_account,
        to=made.buyer_account,
        items=[Range(made.issuance, first, last)],
    )
    accept(registry, offer)
    return offer.offer


def test_two_offers_beside_each_other_are_accepted_one_by_one(registry: Registry) -> None:
    made = market(registry)
    first, second = offered(registry, made, 1, 4), offered(registry, made, 5, 8)
    free = (made.generator_account, "active", None)

    before = held(registry)
    accept(registry, accepting(made.buyer, second))
    between = held(registry)
    accept(registry, accepting(made.buyer, first))

    assert before == {
        (1, 4): (made.generator_account, "offered", first),
        (5, 8): (made.generator_account, "offered", second),
        (9, 24): free,
    }
    assert between == before | {(5, 8): (made.buyer_account, "active", None)}
    assert held(registry) == {(1, 8): (made.buyer_account, "active", None), (9, 24): free}


def test_what_another_writer_did_with_an_offer_is_seen(registry: Registry, other: Registry) -> None:
    made = market(registry)
    offer = offered(registry, made, 1, 4)
    unknown = code(other, accepting(made.buyer, new_id()))

    recalled = code(other, closing(made.generator, offer, why="recalled"))
    late = code(registry, accepting(made.buyer, offer))

    assert (unknown, recalled, late) == ("not-found", "accepted", "offer-already-decided")
    assert held(registry) == {(1, 24): (made.generator_account, "active", None)}


def test_an_offer_that_a_process_keeps_in_memory_stays_true(registry: Registry) -> None:
    made = market(registry)
    offer = offered(registry, made, 1, 4)
    own = {"source": made.generator_account, "to": made.buyer_account}

    too_many = code(registry, transferring(made.generator, quantity=21, **own))
    accept(registry, closing(made.buyer, offer, why="rejected"))
    again = code(registry, closing(made.buyer, offer, why="rejected"))
    enough = code(registry, transferring(made.generator, quantity=21, **own))

    assert (too_many, again, enough) == (
        "insufficient-balance",
        "offer-already-decided",
        "accepted",
    )
    assert len(held(registry)) == 2


def test_offers_are_made_and_ended_in_one_group(registry: Registry) -> None:
    made = market(registry)
    taken, given = (
        offering(made.generator, source=made.generator_account, to=made.buyer_account, quantity=5)
        for _ in range(2)
    )

    outcomes = accept(
        registry,
        taken,
        given,
        accepting(made.buyer, taken.offer),
        closing(made.buyer, given.offer, why="rejected"),
    )

    assert len({outcome.height for outcome in outcomes}) == 1
    assert held(registry) == {
        (1, 5): (made.buyer_account, "active", None),
        (6, 24): (made.generator_account, "active", None),
    }


def test_an_offer_is_loaded_with_its_accounts_and_exactly_what_it_holds(
    registry: Registry,
) -> None:
    made = market(registry)
    offer = offered(registry, made, 3, 4)
    offered(registry, made, 5, 6)
    ended = offered(registry, made, 7, 8)
    accept(registry, accepting(made.buyer, ended))
    state = State()

    with registry.storage.unit() as unit:
        unit.begin(state, reads=[Read(OFFER, offer), Read(OFFER, ended), Read(OFFER, new_id())])

    assert {(item.id, item.state) for item in state.all(Offer)} == {
        (offer, "open"),
        (ended, "accepted"),
    }
    assert {item.id for item in state.all(Account)} == {made.generator_account, made.buyer_account}
    assert [item.id for item in state.all(Issuance)] == [made.issuance]
    assert [(item.first, item.last) for item in state.bundles] == [(3, 4)]
    assert state.bundles.of_offer(offer) == list(state.bundles)


def test_a_request_is_loaded_with_its_account_and_ended_by_another_writer(
    registry: Registry, other: Registry
) -> None:
    made = market(registry)
    accept(registry, measuring(made.generator, made.device, first=1, days=2))
    asked = [
        requesting(made.generator, made.device, made.generator_account, first=day) for day in (1, 2)
    ]
    accept(registry, *asked)
    state = State()
    with registry.storage.unit() as unit:
        unit.begin(state, reads=[Read(REQUEST, asked[0].issuance)])

    rejected = IssueReject(
        id=new_id(),
        origin=ORIGIN,
        by=issuing_body(registry),
        issuance=asked[0].issuance,
        reason="data-in-doubt",
    )
    withdrawn = IssueWithdraw(
        id=new_id(), origin=ORIGIN, by=made.generator, issuance=asked[1].issuance
    )
    codes = [code(other, rejected), code(other, withdrawn), code(registry, withdrawn)]

    assert [item.id for item in state.all(Account)] == [made.generator_account]
    assert codes == ["accepted"] * 3
    with registry.storage.log() as log:
        states = {item.issuance: item.state for item in log.entities(Request)}
    assert states == {
        made.issuance: "issued",
        asked[0].issuance: "rejected",
        asked[1].issuance: "withdrawn",
    }
    assert len(held(registry)) == 1

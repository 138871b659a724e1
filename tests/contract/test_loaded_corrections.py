"""A loaded State decides like a whole one of what is measured, issued, corrected and taken back.

Two writers record the groups by turns: what one keeps in memory, the other may have changed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import NamedTuple

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from app.audit.walk import Anchor, audit
from app.factory import Registry
from app.registry.errors import RefusalError
from app.registry.measurements import Netting
from app.registry.operation import Operation
from app.registry.operations.device_approve import DeviceApprove
from app.registry.operations.device_register import DeviceRegister
from app.registry.operations.issue_approve import IssueApprove
from app.registry.operations.issue_reject import IssueReject
from app.registry.operations.issue_request import IssueRequest
from app.registry.operations.issue_review import IssueReview
from app.registry.operations.issue_submit import IssueSubmit
from app.registry.operations.issue_withdraw import IssueWithdraw
from app.registry.operations.measure import Measure
from app.registry.ranges import Range
from app.services.record import Asked
from tests.audit.story import burn
from tests.contract.twin import Twin, decided, opened_twice
from tests.databases import Backend
from tests.scenario import (
    MWH,
    ORIGIN,
    PLENTY_WH,
    Market,
    Officers,
    accept,
    adjusting,
    approving,
    automatic_device,
    consented,
    correcting,
    market,
    measuring,
    new_id,
    officers,
    passing,
    registering,
    requesting,
    transferring,
    withdrawing,
)

VERBS = (
    "measure",
    "correct",
    "accept",
    "request",
    "draft",
    "submit",
    "verify",
    "approve",
    "reject",
    "withdraw request",
    "withdraw",
    "compensate",
    "adjust",
    "transfer",
)


class Wish(NamedTuple):
    """One operation to be: a day or a request by number, and how much."""

    verb: str
    place: int
    much: int


WISHES = st.builds(
    Wish, verb=st.sampled_from(VERBS), place=st.integers(0, 5), much=st.integers(0, 3)
)
GROUPS = st.lists(
    st.tuples(st.integers(0, 1), st.lists(WISHES, min_size=1, max_size=6)), min_size=2, max_size=7
)


DEFICIT = 3
"""How much a report is to say that gives nothing and leaves a deficit."""
Wanted = Sequence[Operation | Asked]


def owing(asked: Asked) -> Asked:
    """Return the report of a day without energy, which carries a deficit on."""
    operation = asked.operation
    assert isinstance(operation, Measure)
    entry = Netting(
        start=operation.spans[0].start,
        gross_wh=0,
        deducted_wh=5,
        adjusted_wh=0,
        deficit_in_wh=0,
        deficit_out_wh=5,
    )
    return replace(asked, operation=replace(operation, netting=(entry,)))


def asked_of(wanted: Wanted) -> list[Asked]:
    return [item if isinstance(item, Asked) else Asked(item) for item in wanted]


@dataclass
class Desk:
    """Who asks for what: a market, two officers, and the requests so far."""

    registry: Registry
    made: Market
    known: Officers
    requests: list[str] = field(default_factory=list)

    def operations(self, wish: Wish) -> Wanted:
        """Return what a wish asks for; some come with the words that they need."""
        if wish.verb in ("measure", "correct", "accept", "request", "draft", "adjust", "transfer"):
            return self._of_days(wish)
        issuance = self.requests[wish.place % len(self.requests)]
        if wish.verb in ("withdraw", "compensate"):
            return self._taking_back(wish, issuance)
        return (self._deciding(wish, issuance),)

    def _of_days(self, wish: Wish) -> Wanted:
        made, day, hour_wh = self.made, wish.place, (1 + wish.much) * MWH // 3
        if wish.verb == "measure":
            is_owing = wish.much == DEFICIT
            wh = 0 if is_owing else hour_wh
            asked = measuring(made.generator, made.device, first=day, hour_wh=wh)
            return (owing(asked) if is_owing else asked,)
        if wish.verb == "correct":
            return (correcting(made.generator, made.device, first=day, hour_wh=hour_wh),)
        if wish.verb == "accept":
            return (passing(self.registry, made.device, day),)
        if wish.verb == "adjust":
            return adjusting(self.known, made.device, first=day, energy_wh=24 * hour_wh)
        if wish.verb == "transfer":
            between = {"source": made.generator_account, "to": made.buyer_account}
            return (transferring(made.generator, quantity=1 + wish.much, **between),)
        return (self._requesting(wish),)

    def _requesting(self, wish: Wish) -> IssueRequest:
        made = self.made
        asked = requesting(
            made.generator,
            made.device,
            made.generator_account,
            first=wish.place,
            days=1 + wish.much // 2,
        )
        self.requests.append(asked.issuance)
        return replace(asked, draft=wish.verb == "draft" or None)

    def _deciding(self, wish: Wish, issuance: str) -> Operation:
        made, known = self.made, self.known
        who = (known.first, known.second, None, made.buyer)[wish.much]
        body = {"id": new_id(), "origin": ORIGIN, "issuance": issuance}
        if wish.verb == "submit":
            return IssueSubmit(**body, by=made.generator)
        if wish.verb == "withdraw request":
            return IssueWithdraw(**body, by=made.generator)
        if wish.verb == "verify":
            outcome = "referred" if wish.place == 5 else "verified"
            return IssueReview(**body, by=known.body, person=who, outcome=outcome, reason="seen")
        if wish.verb == "reject":
            return IssueReject(**body, by=known.body, reason="in-doubt")
        return IssueApprove(**body, by=known.body, person=who)

    def _taking_back(self, wish: Wish, issuance: str) -> Wanted:
        last = (2, 9, 24, 24)[wish.much]
        items = [Range(issuance, 1 + wish.place // 3, last)]
        word, operation = withdrawing(self.known, *items, compensates=wish.verb == "compensate")
        if wish.place % 2:
            consent, operation = consented(operation, by=self.made.buyer)
            return (word, consent, operation)
        return (word, operation)


def desk(registry: Registry) -> Desk:
    made = market(registry)
    return Desk(registry, made, officers(registry), [made.issuance])


def test_whoever_records_a_group_decides_it_like_a_whole_state(
    backend: Backend, tmp_path: Path
) -> None:
    homes = (tmp_path / str(number) for number in count())

    @settings(max_examples=15, deadline=None, phases=[Phase.explicit, Phase.reuse, Phase.generate])
    @given(groups=GROUPS)
    def holds(groups: list[tuple[int, list[Wish]]]) -> None:
        with opened_twice(backend, next(homes)) as writers:
            made, twin = desk(writers[0]), Twin(writers[0])
            for writer, wishes in groups:
                asked = [item for wish in wishes for item in asked_of(made.operations(wish))]
                expected = twin.decide([item.operation for item in asked])

                outcomes = writers[writer].record(asked)

                assert [decided(item) for item in outcomes] == expected
                twin.catch_up()
            with writers[0].storage.log() as log:
                report = audit(log, anchor=Anchor(), tables=log)
            assert report.findings == []

    holds()


def must_agree(registry: Registry, *groups: Wanted) -> list[str]:
    """Record groups; a twin must decide all of it alike. Return the codes of the last group."""
    twin = Twin(registry)
    for group in groups:
        asked = asked_of(group)
        expected = twin.decide([item.operation for item in asked])
        outcomes = registry.record(asked)
        assert [decided(item) for item in outcomes] == expected
    with registry.storage.log() as log:
        assert audit(log, anchor=Anchor(), tables=log).findings == []
    return [item.code if isinstance(item, RefusalError) else "" for item in outcomes]


def test_in_one_group_all_is_issued_moved_and_taken_back(registry: Registry) -> None:
    made = desk(registry)
    market_ = made.made
    asked = requesting(market_.generator, market_.device, market_.generator_account, first=1)
    word, operation = withdrawing(made.known, Range(asked.issuance, 1, 24))
    consent, operation = consented(operation, by=market_.buyer)
    group: Wanted = [
        measuring(market_.generator, market_.device, first=1),
        asked,
        IssueApprove(id=new_id(), origin=ORIGIN, by=made.known.body, issuance=asked.issuance),
        transferring(
            market_.generator,
            source=market_.generator_account,
            to=market_.buyer_account,
            quantity=30,
        ),
        word,
        consent,
        operation,
        correcting(market_.generator, market_.device, first=1, hour_wh=MWH // 2),
        passing(registry, market_.device, 1),
    ]

    assert must_agree(registry, group) == [""] * len(group)


def beside(
    registry: Registry, generator: str, *places: tuple[int, int]
) -> list[tuple[DeviceRegister, DeviceApprove]]:
    """Return registrations and approvals of stations at places in micro-degrees."""
    found = []
    for latitude, longitude in places:
        described = replace(registering(generator), latitude=latitude, longitude=longitude)
        found.append((described, approving(registry, described.device)))
    return found


PLACES = {
    "side by side": ((-40_900_000, 175_000_000), (-40_900_400, 175_000_000), True),
    "across the date line": ((-40_900_000, 180_000_000), (-40_900_000, -179_999_900), True),
    "round the pole": ((-89_999_950, 10_000_000), (-89_999_950, 10_000_100), True),
    "in other cells": ((-40_899_999, 175_000_000), (-40_900_001, 175_000_000), True),
    "far": ((-40_900_000, 175_000_000), (-40_900_600, 175_000_000), False),
}


@pytest.mark.parametrize("where", PLACES)
@pytest.mark.parametrize("grouped", [1, 2, 4])
def test_two_stations_in_one_place_are_noticed_however_they_are_grouped(
    where: str, grouped: int, registry: Registry
) -> None:
    *places, is_near = PLACES[where]
    generator = market(registry).generator
    (one, approved), (other, late) = beside(registry, generator, *places)
    order: Wanted = [one, approved, other, late]

    codes = must_agree(registry, *(order[at : at + grouped] for at in range(0, 4, grouped)))

    assert codes[-1] == ("near-duplicate" if is_near else "")


@pytest.mark.parametrize("grouped", [1, 3, 9])
def test_what_is_consumed_is_retired_however_it_is_grouped(
    grouped: int, registry: Registry
) -> None:
    made = market(registry)
    _, body = automatic_device(registry, made.generator)
    described = replace(
        registering(made.generator, measurement_body=body), dissemination="self_consumption"
    )
    asked = requesting(made.generator, described.device, made.generator_account)
    word, operation = withdrawing(officers(registry), Range(asked.issuance, 1, 1))
    order: Wanted = [
        described,
        approving(registry, described.device, automatic_wh=PLENTY_WH),
        measuring(body, described.device),
        asked,
        word,
        operation,
    ]

    codes = must_agree(
        registry, *(order[at : at + grouped] for at in range(0, len(order), grouped))
    )

    assert codes[-1] == "withdrawal-not-possible"


def test_parts_have_their_share_of_a_whole_that_was_loaded(registry: Registry) -> None:
    made = market(registry)
    _, body = automatic_device(registry, made.generator)
    whole, _, coal = burn(registry, made.generator, body)
    right, wrong = (
        replace(asked, operation=replace(asked.operation, part_of=whole))  # type: ignore[call-arg]
        for asked in (measuring(body, coal, hour_wh=MWH * tenths // 10) for tenths in (4, 6))
    )
    silent = measuring(body, coal, hour_wh=MWH * 4 // 10)

    codes = must_agree(registry, [wrong], [silent, right])

    assert codes == ["invalid-field", ""]


def test_a_holder_whose_account_was_never_loaded_consents(registry: Registry) -> None:
    made = desk(registry)
    market_ = made.made
    accept(
        registry,
        transferring(
            market_.generator,
            source=market_.generator_account,
            to=market_.buyer_account,
            quantity=10,
        ),
    )
    word, operation = withdrawing(made.known, Range(market_.issuance, 5, 12))
    consent, consented_ = consented(operation, by=market_.buyer)

    codes = must_agree(registry, [word, operation, consent], [consented_])

    assert codes == [""]

"""Many processes end the same offer: it ends once, and all agree how."""

from collections import Counter
from collections.abc import Sequence

import pytest

from app.audit.walk import Anchor, audit
from app.factory import open_registry
from app.registry.operations.transfer_offer import TransferOffer
from app.registry.ranges import Range
from app.services.record import Accepted
from app.settings import Settings
from tests.races.crew import SIZE, Answer, Crew
from tests.scenario import Market, accept, accepting, closing, market, offering, transferring

pytestmark = pytest.mark.race

OFFERS = 6
EACH = 4


def offered(settings: Settings) -> tuple[Market, list[str]]:
    """Make a market in which all is offered, in offers side by side."""
    with open_registry(settings) as registry:
        made = market(registry)
        offers = [offer_of(made, at) for at in range(OFFERS)]
        accept(registry, *offers)
    return made, [offer.offer for offer in offers]


def offer_of(made: Market, at: int) -> TransferOffer:
    part = Range(made.issuance, at * EACH + 1, (at + 1) * EACH)
    return offering(
        made.generator, source=made.generator_account, to=made.buyer_account, items=[part]
    )


def counted(answers: Sequence[Sequence[Answer]]) -> Counter[str]:
    return Counter(
        "accepted" if isinstance(answer, Accepted) else answer
        for of_process in answers
        for answer in of_process
    )


def held(settings: Settings) -> Counter[tuple[str, str]]:
    """Return how many each account holds in which state; nothing may be wrong with it."""
    found: Counter[tuple[str, str]] = Counter()
    with open_registry(settings) as registry, registry.storage.log() as log:
        report = audit(log, anchor=Anchor(), tables=log)
        for bundle, to_height in log.bundles():
            if to_height is None:
                found[bundle.account, bundle.state] += bundle.quantity
    assert report.findings == []
    assert found.total() == report.issued
    return found


def test_an_offer_is_accepted_or_recalled_and_never_both(crew: Crew, settings: Settings) -> None:
    made, offers = offered(settings)

    answers = crew.race(
        settings,
        [accepting(made.buyer, offer) for offer in offers],
        [closing(made.generator, offer, why="recalled") for offer in offers],
        [accepting(made.buyer, offer) for offer in reversed(offers)],
        [closing(made.generator, offer, why="recalled") for offer in reversed(offers)],
    )

    late = SIZE * OFFERS - OFFERS
    assert counted(answers) == {"accepted": OFFERS, "offer-already-decided": late}
    taken = counted([answers[0], answers[2]])["accepted"]
    assert held(settings) == Counter(
        {
            (made.buyer_account, "active"): EACH * taken,
            (made.generator_account, "active"): EACH * (OFFERS - taken),
        }
    )


def test_an_offer_that_many_accept_is_accepted_once(crew: Crew, settings: Settings) -> None:
    made, offers = offered(settings)
    asked = [[accepting(made.buyer, offer) for offer in offers] for _ in range(SIZE)]

    answers = crew.race(settings, *asked)

    late = (SIZE - 1) * OFFERS
    assert counted(answers) == {"accepted": OFFERS, "offer-already-decided": late}
    assert held(settings) == {(made.buyer_account, "active"): EACH * OFFERS}


def test_what_is_offered_is_not_transferred_at_the_same_moment(
    crew: Crew, settings: Settings
) -> None:
    with open_registry(settings) as registry:
        made = market(registry)
    between = {"source": made.generator_account, "to": made.buyer_account}
    offers = [[offer_of(made, at) for at in (first, first + 1)] for first in (0, 2)]
    moves = [[transferring(made.generator, quantity=12, **between)] for _ in range(2)]

    answers = crew.race(settings, *offers, *moves)

    found = held(settings)
    offered_now = counted(answers[:2])["accepted"] * EACH
    moved = counted(answers[2:])["accepted"] * 12
    assert found[made.generator_account, "offered"] == offered_now
    assert found[made.buyer_account, "active"] == moved
    assert offered_now + moved > 0

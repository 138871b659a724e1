"""Clients of several servers decide the same thing: it is decided once, and all agree how."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import pytest

from tests.api.parties import period
from tests.races.http_arena import Arena, Party, Stall, counted, must_be_one_answer, won
from tests.races.http_crew import Answer, Call
from tests.scenario import accept, automatic_device, measuring, requesting

pytest_plugins = ["tests.races.http_fixtures"]
pytestmark = pytest.mark.race

LANES = 6
DECIDED = "409 request-already-decided"
DOUBLE = "409 double-issuance"
OFFER_DECIDED = "409 offer-already-decided"
OFFERS = 6


def turned(calls: Sequence[Call], by: int) -> list[Call]:
    """Return calls in another order."""
    return [*calls[by:], *calls[:by]]


def answers_to(answers: Sequence[Sequence[Answer]], turns: Sequence[int]) -> list[list[Answer]]:
    """Return for each call what all lanes were answered, whatever their order."""
    straight = [
        [*lane[len(lane) - by :], *lane[: len(lane) - by]]
        for lane, by in zip(answers, turns, strict=True)
    ]
    return [list(told) for told in zip(*straight, strict=True)]


def measured(arena: Arena, reporter: str, device: str, *, first: int, days: int) -> None:
    accept(arena.registry, measuring(reporter, device, first=first, days=days))


def issuing(party: Party, device: str, *, first: int, days: int = 1) -> Call:
    body = {"device": device, "account": party.account, **period(first=first, days=days)}
    return party.post("/issuances", body)


def active(arena: Arena, party: Party) -> int:
    return arena.holdings(party)["active"]


def test_one_period_is_issued_once_however_many_runs_ask_for_it(arena: Arena) -> None:
    stall = arena.stall()
    seller = stall.seller
    device, metering = automatic_device(arena.registry, seller.id)
    measured(arena, metering, device, first=0, days=3)
    lanes = [
        turned([issuing(seller, device, first=day) for day in range(3)], by % 3)
        for by in range(LANES)
    ]

    answers = arena.race(*lanes)

    assert counted(answers) == {"accepted": 3, DOUBLE: 3 * (LANES - 1)}
    issued = [answer.json for lane in answers for answer in won(lane)]
    numbers = sorted((int(item["number_first"]), int(item["number_last"])) for item in issued)
    assert [last - first + 1 for first, last in numbers] == [24] * 3
    assert all(before[1] < after[0] for before, after in pairwise(numbers))
    assert active(arena, seller) == 24 + 3 * 24
    arena.must_be_sound()


def test_periods_that_overlap_are_issued_once(arena: Arena) -> None:
    stall = arena.stall()
    seller = stall.seller
    device, metering = automatic_device(arena.registry, seller.id)
    measured(arena, metering, device, first=0, days=3)

    answers = arena.race(*([issuing(seller, device, first=at % 2, days=2)] for at in range(LANES)))

    assert counted(answers) == {"accepted": 1, DOUBLE: LANES - 1}
    assert active(arena, seller) == 24 + 48
    arena.must_be_sound()


def test_a_request_is_approved_rejected_or_withdrawn_and_decided_once(arena: Arena) -> None:
    stall = arena.stall()
    seller, body = stall.seller, arena.body
    measured(arena, seller.id, stall.device, first=1, days=5)
    requests = [
        requesting(seller.id, stall.device, seller.account, first=day) for day in range(1, 6)
    ]
    accept(arena.registry, *requests)
    ids = [request.issuance for request in requests]
    lanes = [
        [body.post(f"/issuances/{item}/approve") for item in ids],
        [body.post(f"/issuances/{item}/approve") for item in reversed(ids)],
        [body.post(f"/issuances/{item}/reject", {"reason": "doubted"}) for item in ids],
        [seller.post(f"/issuances/{item}/withdraw") for item in reversed(ids)],
    ]

    answers = arena.race(*lanes)

    assert counted(answers) == {"accepted": 5, DECIDED: 15}
    approved = counted(answers[:2])["accepted"]
    states = [arena.ask(seller.get(f"/issuances/{item}")).json["state"] for item in ids]
    assert Counter(states)["issued"] == approved
    assert Counter(states)["rejected"] == counted([answers[2]])["accepted"]
    assert Counter(states)["withdrawn"] == counted([answers[3]])["accepted"]
    assert active(arena, seller) == 24 + 24 * approved
    arena.must_be_sound()


def test_two_requests_for_one_period_are_not_both_approved(arena: Arena) -> None:
    stall = arena.stall()
    seller, body = stall.seller, arena.body
    measured(arena, seller.id, stall.device, first=1, days=1)
    requests = [requesting(seller.id, stall.device, seller.account, first=1) for _ in range(4)]
    accept(arena.registry, *requests)

    answers = arena.race(*([body.post(f"/issuances/{item.issuance}/approve")] for item in requests))

    assert counted(answers) == {"accepted": 1, DOUBLE: 3}
    assert active(arena, seller) == 48
    arena.must_be_sound()


def offered(arena: Arena, stall: Stall) -> list[str]:
    """Offer all of a stall, in parts side by side; return the offers."""
    parts = [stall.range(at, at + 3) for at in range(1, 25, 4)]
    told = [arena.ask(stall.seller.offer(stall.buyer.account, part)) for part in parts]
    return [answer.json["id"] for answer in told]


def test_an_offer_is_accepted_or_recalled_and_never_both(arena: Arena) -> None:
    stall = arena.stall()
    seller, buyer = stall.seller, stall.buyer
    offers = offered(arena, stall)

    answers = arena.race(
        [buyer.post(f"/transfers/{offer}/accept") for offer in offers],
        [seller.post(f"/transfers/{offer}/recall") for offer in offers],
        [buyer.post(f"/transfers/{offer}/accept") for offer in reversed(offers)],
        [seller.post(f"/transfers/{offer}/recall") for offer in reversed(offers)],
        [buyer.post(f"/transfers/{offer}/reject") for offer in turned_offers(offers)],
    )

    assert counted(answers) == {"accepted": OFFERS, OFFER_DECIDED: 4 * OFFERS}
    taken = counted([answers[0], answers[2]])["accepted"]
    assert active(arena, buyer) == 4 * taken
    states = Counter(
        arena.ask(seller.get(f"/transfers/{offer}"), at=at % 2).json["state"]
        for at, offer in enumerate(offers)
    )
    assert states["accepted"] == taken
    assert states["recalled"] == counted([answers[1], answers[3]])["accepted"]
    assert states["rejected"] == counted([answers[4]])["accepted"]
    arena.must_share(stall, active=24)
    arena.must_be_sound()


def turned_offers(offers: Sequence[str]) -> list[str]:
    return [*offers[3:], *offers[:3]]


def test_two_sessions_of_one_receiver_accept_an_offer_once(arena: Arena) -> None:
    stall = arena.stall()
    sessions = [arena.party(stall.buyer.id) for _ in range(4)]
    offers = offered(arena, stall)

    answers = arena.race(
        *([party.post(f"/transfers/{offer}/accept") for offer in offers] for party in sessions)
    )

    assert counted(answers) == {"accepted": OFFERS, OFFER_DECIDED: 3 * OFFERS}
    assert active(arena, stall.buyer) == 24
    arena.must_share(stall, active=24)
    arena.must_be_sound()


def test_nobody_else_decides_an_offer_while_it_is_decided(arena: Arena) -> None:
    stall = arena.stall()
    stranger = arena.stall().buyer
    offers = offered(arena, stall)

    answers = arena.race(
        [stall.buyer.post(f"/transfers/{offer}/accept") for offer in offers],
        [stranger.post(f"/transfers/{offer}/accept") for offer in offers],
        [stranger.post(f"/transfers/{offer}/recall") for offer in offers],
        [stall.seller.post(f"/transfers/{offer}/accept") for offer in offers],
    )

    assert counted(answers[:1]) == {"accepted": OFFERS}
    assert counted(answers[1:]) == {"404 not-found": 3 * OFFERS}
    arena.must_share(stall, active=24)
    arena.must_be_sound()


def test_what_is_offered_is_not_moved_or_retired_at_the_same_moment(arena: Arena) -> None:
    stall = arena.stall()
    seller, buyer = stall.seller, stall.buyer

    answers = arena.race(
        [seller.offer(buyer.account, quantity=4) for _ in range(3)],
        [seller.move(buyer.account, quantity=4) for _ in range(3)],
        [seller.retire(quantity=4) for _ in range(3)],
        [seller.offer(buyer.account, quantity=4) for _ in range(3)],
    )

    assert counted(answers) == {"accepted": 6, "409 insufficient-balance": 6}
    of = [4 * counted([lane])["accepted"] for lane in answers]
    arena.must_share(stall, offered=of[0] + of[3], active=of[1], retired=of[2])
    arena.must_be_sound()


def test_one_key_at_once_through_several_servers_is_one_operation(arena: Arena) -> None:
    stall = arena.stall()
    seller, buyer = stall.seller, stall.buyer
    calls = [
        seller.retire(quantity=1),
        seller.move(buyer.account, quantity=2),
        seller.offer(buyer.account, stall.range(24)),
        seller.post("/accounts"),
        buyer.post("/accounts"),
        seller.retire(stall.range(20, 21)),
    ]
    turns = [at % len(calls) for at in range(LANES)]

    answers = arena.race(*(turned(calls, by) for by in turns))

    told = [must_be_one_answer(same) for same in answers_to(answers, turns)]
    assert len({answer.json["operation"]["index"] for answer in told}) == len(calls)
    assert arena.holdings(buyer) == Counter(active=2)
    arena.must_share(stall, active=20, retired=3, offered=1)
    arena.must_be_sound()


def test_one_key_is_the_same_for_every_session_of_an_organisation_and_for_no_other(
    arena: Arena,
) -> None:
    stall = arena.stall()
    sessions = [arena.party(stall.seller.id, stall.seller.account) for _ in range(3)]
    own = [party.post("/accounts", key="the-same") for party in sessions]
    other = [stall.buyer.post("/accounts", key="the-same") for _ in range(2)]

    answers = arena.race(*([call] for call in (*own, *other)))

    of_seller = must_be_one_answer([lane[0] for lane in answers[:3]])
    of_buyer = must_be_one_answer([lane[0] for lane in answers[3:]])
    assert of_seller.json["id"] != of_buyer.json["id"]
    arena.must_be_sound()


def test_one_key_with_other_contents_is_recorded_once(arena: Arena) -> None:
    stall = arena.stall()
    seller = stall.seller
    calls = [
        seller.post("/retirements", seller.retire(quantity=quantity).body, key="mine")
        for quantity in range(1, LANES + 1)
    ]

    answers = arena.race(*([call] for call in calls))

    assert counted(answers) == {"accepted": 1, "422 idempotency-key-reused": LANES - 1}
    ((quantity,),) = [{answer.json["quantity"]} for lane in answers for answer in won(lane)]
    arena.must_share(stall, active=24 - quantity, retired=quantity)
    arena.must_be_sound()


def test_one_applicant_that_asks_everywhere_at_once_applies_once(arena: Arena) -> None:
    applying = Call(
        "POST", "/organisations", "", {"name": "Hasty Ltd", "country": "NZ", "roles": ["buyer"]}
    )

    answers = arena.race(*([applying] for _ in range(LANES)))

    told = [lane[0] for lane in answers]
    assert counted(answers) == {"accepted": LANES}
    assert len({answer.json["id"] for answer in told}) == 1
    (shown,) = [answer.json["key"] for answer in told if answer.json["key"] is not None]
    assert sorted(answer.is_replayed for answer in told) == [False] + [True] * (LANES - 1)
    applicant = Party(told[0].json["id"], shown)
    assert arena.ask(applicant.get(f"/organisations/{applicant.id}")).json["state"] == "pending"


def test_an_applicant_is_admitted_or_rejected_and_never_both(arena: Arena) -> None:
    applying = {"name": "Somebody Ltd", "country": "NZ", "roles": ["buyer"]}
    applicants = [
        arena.ask(Call("POST", "/organisations", "", applying)).json["id"] for _ in range(4)
    ]
    body = arena.body

    answers = arena.race(
        [body.post(f"/organisations/{item}/admit") for item in applicants],
        [body.post(f"/organisations/{item}/reject", {"reason": "no"}) for item in applicants],
        [body.post(f"/organisations/{item}/admit") for item in reversed(applicants)],
    )

    for at, applicant in enumerate(applicants):
        admitted = [answers[0][at], answers[2][-1 - at]]
        rejected = answers[1][at]
        state = arena.ask(body.get(f"/organisations/{applicant}")).json["state"]
        if rejected.is_accepted:
            assert [answer.outcome for answer in admitted] == [DECIDED] * 2
            assert state == "rejected"
        else:
            assert rejected.outcome == DECIDED
            assert sorted(answer.outcome for answer in admitted) == ["409 id-in-use", "accepted"]
            assert state == "admitted"
    arena.must_be_sound()

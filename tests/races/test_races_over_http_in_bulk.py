"""Bulk requests beside single ones, and beside each other, through several servers."""

from collections import Counter

import pytest

from tests.races.http_arena import Arena, Party, counted, won
from tests.races.http_crew import Answer, Call
from tests.scenario import organisation

pytest_plugins = ["tests.races.http_fixtures"]
pytestmark = pytest.mark.race

BULK = 4_000
SINGLES = 4


def test_one_bulk_request_at_once_through_several_servers_is_recorded_once(arena: Arena) -> None:
    stall = arena.stall(days=10)
    seller, buyer = stall.seller, stall.buyer
    item = {"type": "transfer", "from": seller.account, "to": buyer.account, "quantity": 1}
    bulk = seller.post("/operations", [*[item] * 200, {**item, "quantity": 0}])

    answers = arena.race(*([bulk] for _ in range(4)))

    outcomes = [lane[0].json["outcomes"] for lane in answers]
    places = [[(item.get("index"), item.get("height")) for item in told] for told in outcomes]
    assert places == [places[0]] * 4
    for told in zip(*(lane[:-1] for lane in outcomes), strict=True):
        assert sorted(item["replayed"] for item in told) == [False] + [True] * 3
    assert {lane[-1]["status"] for lane in outcomes} == {422}
    assert arena.holdings(buyer) == Counter(active=200)
    arena.must_share(stall, active=240)
    arena.must_be_sound()


def accounts_opened(party: Party, count: int) -> Call:
    return party.post("/operations", [{"type": "account.open"}] * count)


def last_height(bulk: Answer) -> int:
    outcomes = bulk.json["outcomes"]
    assert [item["status"] for item in outcomes] == [201] * BULK
    places = [(item["height"], item["index"]) for item in outcomes]
    assert places == sorted(places)
    height: int = outcomes[-1]["height"]
    return height


def test_single_requests_are_answered_while_a_bulk_request_is_recorded(arena: Arena) -> None:
    stall = arena.stall()
    large = arena.party(organisation(arena.registry, "buyer"))
    lanes = [[stall.seller.retire(quantity=1) for _ in range(SINGLES)] for _ in range(4)]
    lanes.append([large.post("/accounts") for _ in range(SINGLES)])

    (bulk,), *singles = arena.race([accounts_opened(large, BULK)], *lanes, at=0)

    assert counted(singles) == {"accepted": SINGLES * 5}
    until = last_height(bulk)
    for first, *_ in singles:
        assert first.json["operation"]["height"] < until
        assert first.at_ns < bulk.at_ns
    arena.must_share(stall, active=24 - 4 * SINGLES, retired=4 * SINGLES)
    arena.must_be_sound()


def test_bulk_requests_to_several_servers_take_what_there_is_once(arena: Arena) -> None:
    stall = arena.stall(days=5)
    seller, buyer = stall.seller, stall.buyer
    item = {"type": "transfer", "from": seller.account, "to": buyer.account, "quantity": 1}
    bulks = [[seller.post("/operations", [item] * 40)] for _ in range(4)]

    answers = arena.race(*bulks, [seller.retire(quantity=1) for _ in range(10)])

    outcomes = [outcome for lane in answers[:4] for outcome in lane[0].json["outcomes"]]
    moved = sum(outcome["status"] == 201 for outcome in outcomes)
    refused = {outcome["problem"]["type"] for outcome in outcomes if outcome["status"] != 201}
    retired = len(won(answers[4]))
    assert refused <= {"/problems/insufficient-balance"}
    assert moved + retired == 120
    arena.must_share(stall, active=moved, retired=retired)
    arena.must_be_sound()

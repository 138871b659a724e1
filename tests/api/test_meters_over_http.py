"""Meters over HTTP: which series of meter files are a device, and who may say so."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.registry.errors import RefusalError
from app.services.meters import Meters
from app.storage.meters import MeterTable
from tests.api.doors import Doors
from tests.api.parties import Party, approval, code, joined, new_device, with_device

WIDE = "nz-generation-wide"
OWN = "own-export"
ARAPUNI = ("ARI1101", "MRP", "arapuni", "Hydro")


@pytest.fixture
def body(doors: Doors) -> Party:
    """The issuing body."""
    return Party(doors.client, doors.keys["issuing_body"], doors.registry.issuing_body)


@pytest.fixture
def party(doors: Doors, body: Party) -> Party:
    """A generator with a device that a measurement body reports on."""
    found = joined(doors.client, body, "generator")
    found.metering = joined(doors.client, body, "measurement_body")
    return with_device(found, body, automatic=False)


@pytest.fixture
def meters(doors: Doors) -> Meters:
    return Meters(MeterTable(doors.registry.storage.database))


def put(party: Party, device: str, *named: tuple[str, list[str]]) -> TestResponse:
    said = {"meters": [{"layout": layout, "series": series} for layout, series in named]}
    return party.send("PUT", f"/devices/{device}/meters", said)


def shown(party: Party, device: str) -> list[tuple[str, list[str]]]:
    found = party.shown(f"/devices/{device}/meters")["meters"]
    return [(row["layout"], row["series"]) for row in found]


def told(answer: TestResponse) -> tuple[int, str, str]:
    assert answer.json is not None
    pointer = answer.json.get("errors", [{"pointer": ""}])[0]["pointer"]
    return answer.status_code, code(answer), pointer


def test_a_device_has_the_series_that_were_named_last(party: Party) -> None:
    first = put(party.reporter, party.device, (OWN, ["b"]), (OWN, ["a", "1"]))
    second = put(party.reporter, party.device, (OWN, ["b"]), (OWN, []))

    assert (first.status_code, second.status_code) == (200, 200)
    assert shown(party, party.device) == [(OWN, []), (OWN, ["b"])]
    assert second.json == party.shown(f"/devices/{party.device}/meters")


def test_no_series_is_the_device_any_more(party: Party) -> None:
    put(party.reporter, party.device, (OWN, ["b"]))

    answer = party.reporter.send("DELETE", f"/devices/{party.device}/meters")

    assert (answer.status_code, answer.json) == (200, {"meters": []})
    assert shown(party, party.device) == []


def test_measurement_body_and_issuing_body_name_series(party: Party, body: Party) -> None:
    for number, who in enumerate((party.reporter, body)):
        assert put(who, party.device, (OWN, [str(number)])).status_code == 200
        assert shown(who, party.device) == [(OWN, [str(number)])]


def test_a_registrant_names_series_where_it_reports_itself(
    doors: Doors, party: Party, body: Party
) -> None:
    own = with_device(joined(doors.client, body, "generator"), body, automatic=False)

    assert told(put(party, party.device)) == (403, "reporter-not-authorised", "")
    assert put(own, own.device, (OWN, ["b"])).status_code == 200


def test_nobody_else_knows_or_names_them(doors: Doors, party: Party, body: Party) -> None:
    put(party.reporter, party.device, (OWN, ["b"]))
    others = [
        joined(doors.client, body, role) for role in ("generator", "measurement_body", "buyer")
    ]

    seen = [who.get(f"/devices/{party.device}/meters").status_code for who in others]
    named = [put(who, party.device, (OWN, ["c"])).status_code for who in others]

    assert (seen, named) == ([404, 404, 404], [404, 404, 403])
    auditor = Party(doors.client, doors.keys["auditor"])
    assert shown(auditor, party.device) == [(OWN, ["b"])]
    assert put(auditor, party.device).status_code == 403


def test_a_measurement_body_that_is_only_asked_for_names_nothing(
    doors: Doors, party: Party, body: Party
) -> None:
    next_one = joined(doors.client, body, "measurement_body")
    said = new_device(measurement_body=next_one.id)
    anew = {name: said[name] for name in said if name not in {"domain", "gsrn"}}
    path = f"/devices/{party.device}"
    assert party.send("PUT", path, anew, headers={"If-Match": '"2"'}).status_code == 200

    early = put(next_one, party.device, (OWN, ["b"])).status_code
    body.made(f"{path}/approve", approval(number=2, valid_from="2026-11-01T00:00:00.000Z"))

    assert (early, put(next_one, party.device, (OWN, ["b"])).status_code) == (404, 200)
    assert put(party.reporter, party.device).status_code == 404


def test_a_series_is_one_device(doors: Doors, party: Party, body: Party) -> None:
    other = with_device(joined(doors.client, body, "generator"), body)
    put(party.reporter, party.device, (OWN, ["b"]))
    put(other.reporter, other.device, (OWN, ["x"]))

    answer = put(other.reporter, other.device, (OWN, ["c"]), (OWN, ["b"]))

    assert told(answer) == (409, "id-in-use", "/meters/1/series")
    assert party.device not in answer.text
    assert shown(other, other.device) == [(OWN, ["x"])]
    put(party.reporter, party.device)
    assert put(other.reporter, other.device, (OWN, ["b"])).status_code == 200


def test_the_same_labels_of_another_layout_are_another_series(
    doors: Doors, party: Party, body: Party
) -> None:
    other = with_device(joined(doors.client, body, "generator"), body)

    answers = [
        put(party.reporter, party.device, (OWN, ["b"])),
        put(other.reporter, other.device, ("other", ["b"])),
    ]

    assert [answer.status_code for answer in answers] == [200, 200]


NO_METERS: list[tuple[Any, tuple[int, str, str]]] = [
    ([{"layout": OWN, "series": ["a"]}] * 2, (422, "duplicate-item", "/meters")),
    ([{"layout": "Own", "series": ["a"]}], (422, "invalid-field", "/meters/0/layout")),
    ([{"layout": "../own", "series": ["a"]}], (422, "invalid-field", "/meters/0/layout")),
    ([{"layout": OWN, "series": ["a\x00"]}], (422, "invalid-field", "/meters/0/series/0")),
    ([{"layout": OWN, "series": ["\u202e"]}], (422, "invalid-text", "/meters/0/series")),
    ([{"layout": OWN, "series": ["a" * 200] * 2}], (422, "invalid-field", "/meters/0/series")),
    ([{"layout": OWN, "series": "a"}], (422, "invalid-field", "/meters/0/series")),
    ([{"layout": WIDE, "series": ["a"]}], (422, "invalid-field", "/meters/0/series")),
    ([{"layout": OWN}], (422, "missing-field", "/meters/0/series")),
    ([{"layout": OWN, "series": ["a"]}] * 101, (422, "too-many-ranges", "/meters")),
]


def test_what_is_no_series_is_refused(party: Party) -> None:
    path = f"/devices/{party.device}/meters"

    answers = [
        (said, told(party.reporter.send("PUT", path, {"meters": said}))) for said, _ in NO_METERS
    ]

    assert answers == NO_METERS
    assert shown(party, party.device) == []


def test_series_are_found_many_at_once(party: Party, meters: Meters) -> None:
    asked = [(str(number), "Ōhau") for number in range(1_200)]
    for number in (0, 700, 1_199):
        meters.name(layout=OWN, series=asked[number], device=party.device)

    found = meters.devices(layout=OWN, series=asked)

    assert found == {asked[number]: party.device for number in (0, 700, 1_199)}
    assert meters.devices(layout="other", series=asked) == {}
    assert meters.devices(layout=OWN, series=[]) == {}


def test_a_series_is_named_again_without_harm(party: Party, meters: Meters) -> None:
    other = "00000000-0000-4000-8000-000000000000"
    for _ in range(2):
        meters.name(layout=WIDE, series=ARAPUNI, device=party.device)

    with pytest.raises(RefusalError, match="id-in-use"):
        meters.name(layout=WIDE, series=ARAPUNI, device=other)

    assert meters.of(device=party.device) == [(WIDE, ARAPUNI)]


@pytest.mark.race
def test_of_two_devices_that_ask_for_one_series_at_once_one_has_it(
    doors: Doors, party: Party, body: Party
) -> None:
    other = with_device(joined(doors.client, body, "generator"), body)
    put(party.reporter, party.device, (OWN, ["mine"]))
    put(other.reporter, other.device, (OWN, ["theirs"]))
    at_once = Barrier(8)

    def run(number: int) -> int:
        who = party if number % 2 else other
        named = [(OWN, ["both"]), (OWN, [f"{number}"])]
        at_once.wait()
        client = Party(doors.app.test_client(), who.reporter.key)
        return put(client, who.device, *(named if number % 2 else reversed(named))).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(run, range(8)))

    assert sorted(set(statuses)) == [200, 409]
    winners = [who for who in (party, other) if (OWN, ["both"]) in shown(who, who.device)]
    assert len(winners) == 1
    (winner,) = winners
    assert len(shown(winner, winner.device)) == 2

"""Idempotency: a write is recorded once, however often and from wherever it is sent."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from re import sub
from threading import Barrier
from typing import Any

import pytest
from werkzeug.test import TestResponse

from app.application import create_app
from tests.api.doors import Doors
from tests.api.parties import (
    Party,
    applying,
    approval,
    code,
    issued,
    joined,
    new_device,
    period,
    report,
    retiring,
    with_device,
)
from tests.scenario import MWH

UNKNOWN = "00000000-0000-4000-8000-000000000000"
NO_KEYS = ["", " ", "a b", "a\tb", "x" * 201, "é", "\x7f"]


@dataclass
class Scene:
    """Who takes part."""

    doors: Doors
    body: Party
    seller: Party
    buyer: Party


@pytest.fixture
def scene(doors: Doors) -> Scene:
    body = Party(doors.client, doors.keys["issuing_body"])
    seller = with_device(joined(doors.client, body, "generator"), body, automatic=False)
    return Scene(doors, body, seller, joined(doors.client, body, "buyer"))


Send = Callable[[str], TestResponse]
"""Sends a request under a key."""


def heights(scene: Scene) -> tuple[int, int]:
    """Return how far the log has come."""
    found = scene.doors.client.get("/v1/health").json
    assert found is not None
    return found["height"], found["size"]


def posting(party: Party, path: str, body: object) -> Send:
    return lambda key: party.send("POST", path, body, key=key)


def life(scene: Scene) -> list[tuple[str, Send]]:
    """Return the writes from a device to a receipt, each made possible by those before it."""
    seller, buyer, body = scene.seller, scene.buyer, scene.body
    device = {**new_device(), "name": "Second Station"}
    found: dict[str, str] = {}

    def named(send: Callable[[], Send], name: str) -> Send:
        """Remember the id of what is made, and send to what was remembered."""

        def run(key: str) -> TestResponse:
            answer = send()(key)
            if answer.json is not None and "id" in answer.json:
                found.setdefault(name, answer.json["id"])
            return answer

        return run

    def whitelisting(key: str) -> TestResponse:
        path = f"/accounts/{seller.account}/whitelist/{buyer.account}"
        return seller.send("PUT", path, key=key)

    asked = {"device": seller.device, "account": seller.account, **period()}
    moved = {"from": seller.account, "to": buyer.account}
    return [
        ("account", named(lambda: posting(seller, "/accounts", {}), "account")),
        ("device", named(lambda: posting(seller, "/devices", device), "device")),
        (
            "approval",
            named(
                lambda: posting(
                    body, f"/devices/{found['device']}/approve", approval(automatic=False)
                ),
                "-",
            ),
        ),
        ("whitelist", whitelisting),
        ("report", posting(seller, "/measurement-reports", report(seller.device))),
        ("request", named(lambda: posting(seller, "/issuances", asked), "issuance")),
        (
            "issue",
            named(lambda: posting(body, f"/issuances/{found['issuance']}/approve", {}), "-"),
        ),
        (
            "offer",
            named(
                lambda: posting(seller, "/transfers/offer", {**moved, "quantity": 5}), "transfer"
            ),
        ),
        (
            "acceptance",
            named(lambda: posting(buyer, f"/transfers/{found['transfer']}/accept", {}), "-"),
        ),
        (
            "transfer back",
            posting(
                buyer,
                "/transfers",
                {"from": buyer.account, "to": seller.account, "quantity": 1},
            ),
        ),
        ("retirement", posting(buyer, "/retirements", retiring(buyer.account, quantity=4))),
    ]


def test_every_write_is_answered_again_byte_for_byte_whatever_happened_since(scene: Scene) -> None:
    steps = life(scene)
    first = {name: send(f"key-{name.replace(' ', '-')}") for name, send in steps}
    assert {answer.status_code for answer in first.values()} <= {200, 201}
    before = heights(scene)

    again = {name: send(f"key-{name.replace(' ', '-')}") for name, send in steps}

    for name, answer in again.items():
        assert (name, answer.status_code) == (name, first[name].status_code)
        assert answer.data == first[name].data
        assert answer.headers["Location"] == first[name].headers["Location"]
        assert answer.headers["Idempotency-Replayed"] == "true"
        assert "Idempotency-Replayed" not in first[name].headers
    assert heights(scene) == before


def test_an_answer_is_given_again_by_an_application_that_was_started_since(scene: Scene) -> None:
    first = scene.seller.post("/accounts", key="a-1")
    app = create_app(settings=scene.doors.registry.settings, start_replay=lambda _: None)

    again = Party(app.test_client(), scene.seller.key).post("/accounts", key="a-1")

    app.extensions["eac-context"].close()
    assert (again.status_code, again.data) == (201, first.data)
    assert again.headers["Idempotency-Replayed"] == "true"


def test_another_body_under_a_key_is_refused_and_changes_nothing(scene: Scene) -> None:
    issued_at = issue(scene)
    moved = {"from": scene.seller.account, "to": issued_at}
    scene.seller.made("/transfers", {**moved, "quantity": 3}, key="t-1")
    before = heights(scene)

    answer = scene.seller.post("/transfers", {**moved, "quantity": 4}, key="t-1")

    assert (answer.status_code, code(answer)) == (422, "idempotency-key-reused")
    assert answer.json is not None
    assert answer.json["rule"] == "R32"
    assert heights(scene) == before


def issue(scene: Scene) -> str:
    """Issue a day of the seller's device; return another account of the seller."""
    seller = scene.seller
    seller.made("/measurement-reports", report(seller.device))
    asked = {"device": seller.device, "account": seller.account, **period()}
    request = seller.made("/issuances", asked)
    scene.body.made(f"/issuances/{request['id']}/approve")
    found: str = seller.made("/accounts")["id"]
    return found


def test_the_order_of_members_and_spaces_are_no_other_body(scene: Scene) -> None:
    other = issue(scene)
    own = scene.seller.account
    headers = {"Authorization": f"Bearer {scene.seller.key}", "Idempotency-Key": "t-1"}
    escaped = f"\\u{ord(other[0]):04x}{other[1:]}"
    spelled = (
        f'{{"from":"{own}","to":"{other}","quantity":3}}',
        f' {{ "quantity" : 3,\n"to":"{escaped}","from":"{own}"}}',
    )

    answers = [
        scene.doors.client.post(
            "/v1/transfers", data=text, content_type="application/json", headers=headers
        )
        for text in spelled
    ]

    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].data == answers[1].data


def test_another_verb_or_route_under_a_key_is_refused(scene: Scene) -> None:
    other = issue(scene)
    move = {"from": scene.seller.account, "to": other, "quantity": 1}
    scene.seller.made("/accounts", key="k-1")
    before = heights(scene)

    answers = [
        scene.seller.post("/transfers", move, key="k-1"),
        scene.seller.post("/transfers/offer", move, key="k-1"),
        scene.seller.post("/retirements", retiring(scene.seller.account, quantity=1), key="k-1"),
        scene.seller.post("/devices", new_device(), key="k-1"),
        scene.seller.send(
            "DELETE", f"/accounts/{scene.seller.account}/whitelist/{other}", key="k-1"
        ),
    ]

    assert [code(answer) for answer in answers] == ["idempotency-key-reused"] * 5
    assert heights(scene) == before


def test_opposite_routes_of_one_verb_do_not_answer_for_each_other(scene: Scene) -> None:
    path = f"/accounts/{scene.seller.account}/whitelist/{scene.buyer.account}"
    allowed = scene.seller.send("PUT", path, key="w-1")

    forgotten = scene.seller.send("DELETE", path, key="w-1")

    assert (allowed.status_code, code(forgotten)) == (200, "idempotency-key-reused")
    shown = scene.seller.get(f"/accounts/{scene.seller.account}/whitelist").json
    assert shown is not None
    assert shown["senders"] == [scene.buyer.account]


def test_a_refused_write_is_decided_anew(scene: Scene) -> None:
    other = scene.seller.made("/accounts")["id"]
    move = {"from": scene.seller.account, "to": other, "quantity": 2}
    early = [scene.seller.post("/transfers", move, key="t-1") for _ in range(2)]
    issue(scene)

    late = scene.seller.post("/transfers", move, key="t-1")
    again = scene.seller.post("/transfers", move, key="t-1")

    assert [code(answer) for answer in early] == ["insufficient-balance"] * 2
    assert (late.status_code, again.data) == (201, late.data)
    assert "Idempotency-Replayed" not in late.headers
    assert again.headers["Idempotency-Replayed"] == "true"


def test_a_refused_write_may_be_corrected_under_its_key(scene: Scene) -> None:
    other = issue(scene)
    move = {"from": scene.seller.account, "to": other}

    refused = scene.seller.post("/transfers", {**move, "quantity": 25}, key="t-1")
    corrected = scene.seller.post("/transfers", {**move, "quantity": 24}, key="t-1")

    assert (code(refused), corrected.status_code) == ("insufficient-balance", 201)


def test_one_key_of_two_organisations_does_not_meet(scene: Scene) -> None:
    first = scene.seller.made("/accounts", key="shared")
    second = scene.buyer.made("/accounts", key="shared")

    assert first["id"] != second["id"]
    assert first["operation"]["id"] != second["operation"]["id"]


def test_two_keys_of_one_organisation_repeat_each_others_writes(scene: Scene) -> None:
    other = scene.seller.made("/keys", {"scope": "administer", "label": "second"})["key"]
    first = scene.seller.post("/accounts", key="k-1")

    again = Party(scene.doors.client, other).post("/accounts", key="k-1")

    assert again.data == first.data


@pytest.mark.race
def test_a_write_that_many_send_at_once_is_recorded_once(scene: Scene) -> None:
    other = issue(scene)
    move = {"from": scene.seller.account, "to": other, "quantity": 2}
    before = heights(scene)[1]
    at_once = Barrier(16)

    def run(_: int) -> tuple[int, bytes, str | None]:
        party = Party(scene.doors.app.test_client(), scene.seller.key)
        at_once.wait()
        answer = party.post("/transfers", move, key="at-once")
        return answer.status_code, answer.data, answer.headers.get("Idempotency-Replayed")

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(run, range(16)))

    assert len({(status, data) for status, data, _ in answers}) == 1
    assert answers[0][0] == 201
    assert [replayed for _, _, replayed in answers].count(None) == 1
    assert heights(scene)[1] == before + 2
    held = scene.seller.get(f"/accounts/{other}/holdings").json
    assert held is not None
    assert [row["quantity"] for row in held["holdings"]] == [2]


def test_what_is_no_key_is_refused(doors: Doors) -> None:
    for key in NO_KEYS:
        headers = {**doors.header("buyer"), "Idempotency-Key": key}

        answer = doors.client.post("/v1/accounts", headers=headers)

        assert (key, answer.status_code) == (key, 400)
        assert code(answer) == "idempotency-key-required"


def test_no_write_is_done_without_a_key(doors: Doors) -> None:
    document: Any = doors.client.get("/v1/openapi.json").json
    writes = [
        path
        for path, item in document["paths"].items()
        if "post" in item
        and any(given["name"] == "Idempotency-Key" for given in item["post"]["parameters"])
    ]

    bare = [path for path in writes if "requestBody" not in document["paths"][path]["post"]]
    for path in bare:
        url = sub(r"{[a-z]+}", UNKNOWN, path.replace("{number}", "1"))
        is_body = url.endswith(("/abort", "/admit", "/approve", "/resume", "/suspend"))
        role = "issuing_body" if is_body else "generator"
        answer = doors.client.post(url, headers=doors.header(role))
        assert (url, code(answer)) == (url, "idempotency-key-required")
    assert len(bare) > 5


def test_the_longest_key_is_a_key(doors: Doors) -> None:
    party = Party(doors.client, doors.keys["buyer"])

    first = party.post("/accounts", key="!" + "~" * 199)
    other = party.post("/accounts", key="!" + "~" * 198)

    assert (first.status_code, other.status_code) == (201, 201)
    assert first.data != other.data


def test_an_application_is_kept_once_and_its_key_shown_once(doors: Doors) -> None:
    public = Party(doors.client, "")

    first = public.post("/organisations", applying(), key="apply")
    again = public.post("/organisations", applying(), key="apply")
    other = public.post("/organisations", applying(name="Another Ltd"), key="apply")

    assert first.json is not None
    assert again.json == {**first.json, "key": None}
    assert again.headers["Idempotency-Replayed"] == "true"
    assert other.json is not None
    assert other.json["id"] != first.json["id"]


def test_a_key_is_issued_once_and_shown_once(doors: Doors) -> None:
    party = Party(doors.client, doors.keys["buyer"])
    asked = {"scope": "write", "label": "meter"}

    first = party.post("/keys", asked, key="new-key")
    again = party.post("/keys", asked, key="new-key")
    other = party.post("/keys", {**asked, "scope": "read"}, key="new-key")

    assert first.json is not None
    assert first.json["key"].startswith("eac_")
    assert (again.status_code, again.json) == (201, {**first.json, "key": None})
    assert again.headers["Idempotency-Replayed"] == "true"
    assert (other.status_code, code(other)) == (422, "idempotency-key-reused")


def test_a_rotation_is_done_once(doors: Doors) -> None:
    party = Party(doors.client, doors.keys["buyer"])
    prefix = party.made("/keys", {"scope": "write"})["prefix"]

    first = party.post(f"/keys/{prefix}/rotate", {"overlap_s": 60}, key="rotate")
    again = party.post(f"/keys/{prefix}/rotate", {"overlap_s": 60}, key="rotate")
    second = party.post(f"/keys/{prefix}/rotate", {"overlap_s": 60}, key="rotate-2")

    assert first.json is not None
    assert again.json == {**first.json, "key": None}
    assert again.headers["Idempotency-Replayed"] == "true"
    assert code(second) == "invalid-state-transition"


def test_a_decision_on_an_applicant_is_the_same_again_and_no_other(doors: Doors) -> None:
    body = Party(doors.client, doors.keys["issuing_body"])
    public = Party(doors.client, "")
    kept, refused = (public.made("/organisations", applying())["id"] for _ in range(2))

    admitted = [body.post(f"/organisations/{kept}/admit", key="admit") for _ in range(2)]
    rejected = [
        body.post(f"/organisations/{refused}/reject", {"reason": "unknown"}, key="reject")
        for _ in range(2)
    ]
    late = body.post(f"/organisations/{kept}/reject", {"reason": "unknown"}, key="reject-2")

    assert admitted[0].data == admitted[1].data
    assert admitted[1].headers["Idempotency-Replayed"] == "true"
    assert rejected[0].data == rejected[1].data
    assert (late.status_code, code(late)) == (409, "request-already-decided")


def test_an_automatic_issuance_is_given_again_with_its_certificates(scene: Scene) -> None:
    party = with_device(joined(scene.doors.client, scene.body, "generator"), scene.body)
    issued(party)
    party.reporter.made("/measurement-reports", report(party.device, first=1, hour_wh=2 * MWH))
    asked = {"device": party.device, "account": party.account, **period(first=1)}
    first = party.post("/issuances", asked, key="issue")
    party.made("/retirements", retiring(party.account, quantity=48))

    again = party.post("/issuances", asked, key="issue")

    assert again.data == first.data
    assert again.json is not None
    assert (again.json["state"], again.json["quantity"]) == ("issued", 48)

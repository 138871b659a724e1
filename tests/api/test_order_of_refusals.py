"""The order of refusals: of two things that are wrong, the page says which one is told."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from importlib.resources import files
from itertools import combinations
from re import MULTILINE, findall
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from app.application import create_app
from app.http.limits import BODY_BYTES_MAX
from app.services.group import TURN_OPERATIONS, GroupCommit
from tests.api.doors import Doors
from tests.api.parties import (
    Party,
    approval,
    code,
    issued,
    joined,
    new_device,
    retiring,
    with_device,
)

UNKNOWN = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Request:
    """A right request; each of the faults below makes something of it wrong."""

    path: str
    key: str
    method: str = "POST"
    query: str = ""
    media_type: str = "application/json"
    members: dict[str, object] = field(default_factory=dict)
    is_cut: bool = False
    padding: int = 0
    idempotency_key: str | None = "order"
    if_match: str | None = '"1"'
    is_limited: bool = False

    def body(self) -> bytes:
        text = json.dumps(self.members).encode()
        return b" " * self.padding + (text[:-1] if self.is_cut else text)

    def headers(self) -> dict[str, str]:
        named = {
            "Authorization": f"Bearer {self.key}",
            "Idempotency-Key": self.idempotency_key,
            "If-Match": self.if_match,
        }
        return {name: value for name, value in named.items() if value is not None}


Fault = Callable[[Request], Request]


def with_members(**members: object) -> Fault:
    return lambda request: replace(request, members={**request.members, **members})


def without(member: str) -> Fault:
    return lambda request: replace(
        request,
        members={name: value for name, value in request.members.items() if name != member},
    )


def faults(doors: Doors, *, other_key: str) -> list[tuple[str, Fault]]:
    """Return what can be wrong with the registration of a device, in the order of the page."""
    return [
        ("rate-limited", lambda request: replace(request, is_limited=True)),
        ("not-found", lambda request: replace(request, path="/v1/device")),
        ("method-not-allowed", lambda request: replace(request, method="PATCH")),
        ("payload-too-large", lambda request: replace(request, padding=BODY_BYTES_MAX)),
        ("unauthenticated", lambda request: replace(request, key=request.key[:-1])),
        ("forbidden-role", lambda request: replace(request, key=doors.keys["buyer"])),
        ("invalid-query", lambda request: replace(request, query="?limit=1")),
        ("unsupported-media-type", lambda request: replace(request, media_type="text/plain")),
        ("malformed-json", lambda request: replace(request, is_cut=True)),
        ("unknown-field", with_members(colour="red")),
        ("missing-field", without("technology")),
        ("invalid-field", with_members(domain="nz")),
        ("idempotency-key-required", lambda request: replace(request, idempotency_key=None)),
        ("not-found", with_members(domain="XX")),
        ("idempotency-key-reused", lambda request: replace(request, idempotency_key=other_key)),
        ("invalid-gsrn", with_members(gsrn="1" * 18)),
        ("unknown-code", with_members(energy_source="F99999999")),
        ("source-technology-mismatch", with_members(technology="T010000")),
        ("invalid-device-data", with_members(commissioned_on="2999-01-01")),
        ("device-already-registered", lambda request: request),
    ]


EXCLUSIVE = {
    ("not-found", "method-not-allowed"),
    ("unauthenticated", "forbidden-role"),
    ("idempotency-key-required", "idempotency-key-reused"),
    ("invalid-field", "not-found"),
    ("missing-field", "source-technology-mismatch"),
    ("unknown-code", "source-technology-mismatch"),
}
"""What cannot both be wrong with one request."""


@pytest.fixture
def seller(doors: Doors) -> Party:
    body = Party(doors.client, doors.keys["issuing_body"])
    return joined(doors.client, body, "generator")


@pytest.fixture
def limited(doors: Doors) -> Iterator[Doors]:
    """The same registry behind a door at which every allowance is used up."""
    settings = replace(doors.registry.settings, rate_per_minute=1, public_rate_per_minute=1)
    app = create_app(settings=settings, start_replay=lambda _: None)
    app.test_client().get("/v1/health")
    yield replace(doors, app=app, client=app.test_client())
    app.extensions["eac-context"].close()


def send(doors: Doors, limited: Doors, request: Request) -> TestResponse:
    client = limited.client if request.is_limited else doors.client
    return client.open(
        request.path + request.query,
        method=request.method,
        data=request.body(),
        content_type=request.media_type,
        headers=request.headers(),
    )


def test_of_two_faults_the_earlier_is_told(doors: Doors, limited: Doors, seller: Party) -> None:
    taken = new_device()
    seller.made("/devices", taken)
    seller.made("/accounts", key="taken")
    right = Request("/v1/devices", seller.key, members=taken)
    ordered = faults(doors, other_key="taken")

    for (first, spoil), (second, spoil_too) in combinations(ordered, 2):
        if (first, second) not in EXCLUSIVE:
            answer = send(doors, limited, spoil(spoil_too(right)))
            assert (first, second, code(answer)) == (first, second, first)
    for name, spoil in ordered:
        assert (name, code(send(doors, limited, spoil(right)))) == (name, name)


def test_the_page_tells_the_same_order(doors: Doors) -> None:
    page = files("app").joinpath("web/docs/problems.md").read_text(encoding="utf-8")
    order = page[page.index("## The order of refusals") : page.index("### The rules of the verbs")]
    rules = next(line for line in page.splitlines() if line.startswith("- `device.register`"))
    numbered = [
        name
        for line in findall(r"^\d+\. (.*)$", order, MULTILINE)
        for name in findall(r"`([a-z-]+)`", line)
    ]
    of_verb = findall(r"`([a-z-]+-[a-z-]+)`", rules)

    tested = [name for name, _ in faults(doors, other_key="")]
    told = [name for name in [*numbered, *of_verb[1:]] if name in tested]

    first = list(dict.fromkeys(told))
    assert first == [name for name in dict.fromkeys(tested) if name != "invalid-field"]


def test_the_key_of_a_write_is_asked_for_before_its_condition(doors: Doors) -> None:
    body = Party(doors.client, doors.keys["issuing_body"])
    seller = joined(doors.client, body, "generator")
    device = seller.made("/devices", new_device())["id"]
    body.made(f"/devices/{device}/approve", approval(automatic=False), key="taken")
    path = f"/v1/devices/{device}/automatic"
    right = Request(path, body.key, method="PUT", members={"automatic_wh": 1}, if_match='"2"')
    steps: list[tuple[str, Fault]] = [
        ("unsupported-media-type", lambda request: replace(request, media_type="text/csv")),
        ("malformed-json", lambda request: replace(request, is_cut=True)),
        ("unknown-field", with_members(version=2)),
        ("invalid-quantity", with_members(automatic_wh="yes")),
        ("idempotency-key-required", lambda request: replace(request, idempotency_key="")),
        ("precondition-required", lambda request: replace(request, if_match="*")),
        ("idempotency-key-reused", lambda request: replace(request, idempotency_key="taken")),
        ("not-found", lambda request: replace(request, path=path.replace(device, UNKNOWN))),
        ("stale-version", lambda request: replace(request, if_match='"1"')),
    ]
    exclusive = {
        ("idempotency-key-required", "idempotency-key-reused"),
        ("precondition-required", "stale-version"),
    }

    for (first, spoil), (second, spoil_too) in combinations(steps, 2):
        if (first, second) not in exclusive:
            answer = send(doors, doors, spoil(spoil_too(right)))
            assert (first, second, code(answer)) == (first, second, first)


def test_who_is_too_busy_says_so_before_what_the_log_knows(doors: Doors, seller: Party) -> None:
    seller.made("/accounts", key="taken")
    opened = doors.app.extensions["eac-context"]
    real = opened()
    busy = GroupCommit(
        real.group._record,  # noqa: SLF001 - the registry's own
        observe=lambda *_: None,
        waiting_max=0,
    )
    items = [{"type": "retire", "idempotency_key": "taken", **retiring(UNKNOWN, quantity=1)}]
    items += [{"type": "account.open"}] * TURN_OPERATIONS

    doors.app.extensions["eac-context"] = lambda: replace(real, group=busy)
    keyless = seller.send("POST", "/operations", items, headers={"Idempotency-Key": ""})
    answer = seller.post("/operations", items)
    doors.app.extensions["eac-context"] = opened
    later: Any = seller.post("/operations", items).json

    assert code(keyless) == "idempotency-key-required"
    assert (answer.status_code, code(answer)) == (503, "busy")
    assert answer.headers["Retry-After"] == "5"
    assert later["outcomes"][0]["problem"]["type"] == "/problems/idempotency-key-reused"


def test_a_page_is_asked_for_rightly_before_it_is_looked_for(doors: Doors) -> None:
    paths = [
        f"/accounts/{UNKNOWN}/whitelist?cursor=x",
        f"/devices/{UNKNOWN}/spans?cursor=x",
        "/blocks/77777/operations?cursor=x",
        f"/accounts/{UNKNOWN}/holdings?group=x",
    ]
    auditor = Party(doors.client, doors.keys["auditor"])

    assert {code(auditor.get(path)) for path in paths} == {"invalid-query"}
    assert {code(auditor.get(path.split("?")[0])) for path in paths} == {"not-found"}


@dataclass(frozen=True)
class Held:
    """Accounts with and without certificates."""

    seller: Party
    other: str
    stranger: str
    issuance: str
    retired: dict[str, object]
    offered: dict[str, object]


@pytest.fixture
def held(doors: Doors) -> Held:
    body = Party(doors.client, doors.keys["issuing_body"])
    seller = with_device(joined(doors.client, body, "generator"), body)
    issuance = issued(seller)
    other = seller.made("/accounts")["id"]
    stranger = joined(doors.client, body, "buyer").account
    retired = {"issuance": issuance, "first": 1, "last": 2}
    offered = {"issuance": issuance, "first": 3, "last": 4}
    seller.made("/retirements", retiring(seller.account, items=[retired]))
    seller.made("/transfers/offer", {"from": seller.account, "to": stranger, "items": [offered]})
    return Held(seller, other, stranger, issuance, retired, offered)


def check_chain(party: Party, path: str, chain: list[tuple[str, dict[str, object]]]) -> None:
    """Send what is wrong in every way, then mend one way after another, from the first on."""
    for at, (expected, _) in enumerate(chain):
        body: dict[str, object] = {}
        for _, members in reversed(chain[at:]):
            body |= members
        body = {name: value for name, value in body.items() if value is not None}
        answer = party.post(path, body, key=str(uuid4()))
        assert (path, at, code(answer)) == (path, at, expected)


def test_the_rules_of_a_transfer_have_their_order(held: Held) -> None:
    own, twice = held.seller.account, [held.retired, held.retired]
    unknown = {"issuance": UNKNOWN, "first": 1, "last": 1}
    beyond = {"issuance": held.issuance, "first": 20, "last": 30}

    check_chain(
        held.seller,
        "/transfers",
        [
            ("ambiguous-quantity", {"items": twice, "quantity": 1}),
            ("duplicate-item", {"items": twice, "quantity": None}),
            ("not-found", {"items": [unknown], "from": UNKNOWN}),
            ("not-holder", {"from": held.stranger}),
            ("invalid-target-account", {"from": own, "to": own}),
            ("not-found", {"to": UNKNOWN}),
            ("not-whitelisted", {"to": held.stranger}),
            ("not-found", {"items": [unknown, beyond], "to": held.other, "from": own}),
            ("invalid-number-range", {"items": [beyond, held.retired]}),
            ("already-retired", {"items": [held.retired, held.offered]}),
            ("invalid-state-transition", {"items": [held.offered], "to": held.other, "from": own}),
        ],
    )


def test_the_rules_of_a_retirement_have_their_order(held: Held) -> None:
    own, long = held.seller.account, "2099-01-01T00:00:00.000Z"
    right = dict(retiring(own))

    check_chain(
        held.seller,
        "/retirements",
        [
            ("ambiguous-quantity", {"items": [held.retired], "quantity": 99}),
            ("duplicate-item", {"items": [held.retired, held.retired], "quantity": None}),
            ("not-found", {"items": None, "account": UNKNOWN, "quantity": 99}),
            ("not-holder", {"account": held.stranger}),
            ("invalid-consumption-period", {"account": own, "period_end": long}),
            ("insufficient-balance", {**right, "quantity": 99}),
        ],
    )

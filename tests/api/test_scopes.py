"""Scopes of keys: what a key that reads, writes or administers may do, alone and in bulk."""

import pytest

from app.api.bulk import MAY, VERBS
from app.api.devices import NUMBER
from app.http.access import declared
from app.services.credentials import ADMINISTER, READ, SCOPES, WRITE
from tests.api.doors import Doors
from tests.api.parties import (
    MISSING,
    Party,
    code,
    issued,
    joined,
    new_device,
    period,
    report,
    retiring,
    with_device,
)

ROUTES = {
    "account.open": ("POST", "/v1/accounts"),
    "account.whitelist": ("PUT", "/v1/accounts/<uuid:account>/whitelist/<uuid:sender>"),
    "device.approve": ("POST", "/v1/devices/<uuid:device>/approve"),
    "device.automate": ("PUT", "/v1/devices/<uuid:device>/automatic"),
    "device.deregister": ("POST", "/v1/devices/<uuid:device>/deregister"),
    "device.hand_over": ("POST", "/v1/devices/<uuid:device>/hand-over"),
    "device.register": ("POST", "/v1/devices"),
    "device.review": ("POST", f"/v1/devices/<uuid:device>/registrations/{NUMBER}/review"),
    "device.revise": ("PUT", "/v1/devices/<uuid:device>"),
    "device.suspend": ("POST", "/v1/devices/<uuid:device>/suspend"),
    "device.take_over": ("POST", f"/v1/devices/<uuid:device>/registrations/{NUMBER}/take-over"),
    "fuel.declare": ("POST", "/v1/fuel-declarations"),
    "issue.approve": ("POST", "/v1/issuances/<uuid:issuance>/approve"),
    "issue.reject": ("POST", "/v1/issuances/<uuid:issuance>/reject"),
    "issue.request": ("POST", "/v1/issuances"),
    "issue.review": ("POST", "/v1/issuances/<uuid:issuance>/review"),
    "issue.submit": ("POST", "/v1/issuances/<uuid:issuance>/submit"),
    "issue.withdraw": ("POST", "/v1/issuances/<uuid:issuance>/withdraw"),
    "measure.adjust": ("POST", "/v1/adjustments"),
    "measure.accept": ("POST", "/v1/measurement-reports/<uuid:report>/accept"),
    "retire": ("POST", "/v1/retirements"),
    "transfer": ("POST", "/v1/transfers"),
    "transfer.accept": ("POST", "/v1/transfers/<uuid:transfer>/accept"),
    "transfer.close": ("POST", "/v1/transfers/<uuid:transfer>/recall"),
    "transfer.offer": ("POST", "/v1/transfers/offer"),
    "withdraw": ("POST", "/v1/withdrawals"),
}
"""Each verb that may be asked in bulk, and its route of its own."""
BESIDES = {"transfer.close": ("POST", "/v1/transfers/<uuid:transfer>/abort")}
"""A further route, of other roles."""
ROLES = ("generator", "buyer", "auditor", "issuing_body", "operator")


def trader(doors: Doors) -> Party:
    """Return a generator and buyer with two accounts and 24 certificates."""
    body = Party(doors.client, doors.keys["issuing_body"])
    return with_device(joined(doors.client, body, "generator", "buyer"), body)


def narrowed(party: Party, scope: str) -> Party:
    """Return the same party behind a key of a scope."""
    key = party.made("/keys", {"scope": scope})["key"]
    return Party(party.client, key, party.id, party.account, party.device, party.metering)


def own_device(doors: Doors, party: Party) -> str:
    """Return a device whose readings the party itself reports, once the day that others do is."""
    body = Party(doors.client, doors.keys["issuing_body"])
    party.reporter.made("/measurement-reports", report(party.device, first=1))
    found = Party(party.client, party.key, party.id)
    return with_device(found, body, automatic=False).device


def prefix_of(party: Party) -> str:
    return party.key.split("_")[1]


def writes(party: Party, own: str, issuance: str, other: str) -> list[tuple[str, str, object]]:
    """Return writes that a party may do with a key of the scope write."""
    source = {"from": party.account, "to": other}
    asked = {"device": party.device, "account": party.account, **period(first=1)}
    items = [{"issuance": issuance, "first": 1, "last": 2}]
    return [
        ("POST", "/devices", new_device()),
        ("POST", "/measurement-reports", report(own, first=1)),
        ("POST", "/issuances", asked),
        ("POST", "/transfers", {**source, "items": items}),
        ("POST", "/transfers/offer", {**source, "quantity": 1}),
        ("POST", "/retirements", retiring(party.account, quantity=1)),
    ]


def administering(party: Party, other: str) -> list[tuple[str, str, object]]:
    """Return what takes a key of the scope administer."""
    return [
        ("GET", "/keys", MISSING),
        ("POST", "/accounts", MISSING),
        ("PUT", f"/accounts/{other}/whitelist/{party.account}", MISSING),
        ("DELETE", f"/accounts/{other}/whitelist/{party.account}", MISSING),
        ("POST", "/keys", {"scope": "read"}),
        ("POST", f"/keys/{prefix_of(party)}/rotate", {"overlap_s": 60}),
        ("DELETE", f"/keys/{prefix_of(party)}", MISSING),
    ]


def send(party: Party, method: str, path: str, body: object) -> tuple[int, str]:
    answer = party.send(method, path, body)
    return answer.status_code, code(answer) if answer.status_code >= 400 else ""


def test_a_key_that_reads_sees_everything_and_changes_nothing(doors: Doors) -> None:
    owner = trader(doors)
    issuance, other = issued(owner), owner.made("/accounts")["id"]
    own = own_device(doors, owner)
    reader = narrowed(owner, READ)
    before = owner.get("/health").get_json()["size"], len(owner.get("/keys").get_json()["keys"])
    lists = ("accounts", "bundles", "devices", "issuances", "operations", "transfers")

    told = [
        send(reader, *asked)
        for asked in (*writes(reader, own, issuance, other), *administering(owner, other))
    ]
    bulk = reader.post("/operations", [{"type": "account.open"}])

    assert told == [(403, "forbidden-role")] * len(told)
    assert (bulk.status_code, code(bulk)) == (403, "forbidden-role")
    assert (
        owner.get("/health").get_json()["size"],
        len(owner.get("/keys").get_json()["keys"]),
    ) == before
    assert all(
        reader.get(f"/{path}").get_json() == owner.get(f"/{path}").get_json() for path in lists
    )
    asked = {"device": owner.device, "account": owner.account, **period(first=1)}
    assert reader.post("/issuances/preview", asked).get_json()["quantity"] == 24


def test_a_key_that_writes_deals_but_does_not_administer(doors: Doors) -> None:
    owner = trader(doors)
    issuance, other = issued(owner), owner.made("/accounts")["id"]
    own = own_device(doors, owner)
    writer = narrowed(owner, WRITE)
    keys = owner.get("/keys").get_json()

    done = [send(writer, *asked) for asked in writes(writer, own, issuance, other)]
    size = owner.get("/health").get_json()["size"]
    told = [
        send(writer, *asked)
        for asked in (*administering(owner, other), *administering(writer, other))
    ]

    assert done == [(201, "")] * len(done)
    assert told == [(403, "forbidden-role")] * len(told)
    assert owner.get("/health").get_json()["size"] == size
    assert owner.get("/keys").get_json() == keys


def test_in_bulk_each_operation_needs_the_scope_that_it_needs_alone(doors: Doors) -> None:
    owner = trader(doors)
    issued(owner)
    other = owner.made("/accounts")["id"]
    writer = narrowed(owner, WRITE)
    items = [
        {"type": "account.open"},
        {"type": "transfer", "from": owner.account, "to": other, "quantity": 1},
        {
            "type": "account.whitelist",
            "account": other,
            "sender": owner.account,
            "allowed": True,
        },
    ]

    narrow = writer.post("/operations", items).get_json()["outcomes"]
    wide = owner.post("/operations", items).get_json()["outcomes"]

    assert [one["status"] for one in narrow] == [403, 201, 403]
    assert {one["problem"]["type"] for one in (narrow[0], narrow[2])} == {
        "/problems/forbidden-role"
    }
    assert [one["status"] for one in wide] == [201, 201, 201]


@pytest.mark.parametrize("scope", [READ, WRITE])
def test_no_key_leads_to_a_wider_one(doors: Doors, scope: str) -> None:
    owner = trader(doors)
    narrow = narrowed(owner, scope)

    for wider in SCOPES:
        assert send(narrow, "POST", "/keys", {"scope": wider}) == (403, "forbidden-role")
    for key in (owner, narrow):
        rotating = f"/keys/{prefix_of(key)}/rotate"
        assert send(narrow, "POST", rotating, {"overlap_s": 60}) == (403, "forbidden-role")
        revoking = f"/keys/{prefix_of(key)}"
        assert send(narrow, "DELETE", revoking, MISSING) == (403, "forbidden-role")
    successor = owner.made(f"/keys/{prefix_of(narrow)}/rotate", {})
    assert successor["scope"] == scope
    assert send(Party(doors.client, successor["key"]), "GET", "/keys", MISSING)[0] == 403


def test_every_verb_in_bulk_is_allowed_to_whom_its_own_route_is(doors: Doors) -> None:
    endpoints = {
        (method, rule.rule): rule.endpoint
        for rule in doors.app.url_map.iter_rules()
        for method in rule.methods or ()
    }

    assert VERBS.keys() == ROUTES.keys()
    for name, verb in VERBS.items():
        routes = [ROUTES[name], *([BESIDES[name]] if name in BESIDES else [])]
        found = [declared(doors.app, endpoints[route]) for route in routes]
        roles = frozenset(role for access in found if access for role in access.roles)
        scopes = {access.scope for access in found if access}
        assert (frozenset(verb.may), {verb.scope}) == (roles, scopes), name


@pytest.mark.parametrize("role", MAY)
def test_in_bulk_each_role_may_ask_what_it_may_ask_alone(doors: Doors, role: str) -> None:
    asked = [{"type": name, "nonsense": True} for name in sorted(VERBS)]

    answer = Party(doors.client, doors.keys[role]).post("/operations", asked)

    told = {
        name: one["problem"]["type"].removeprefix("/problems/")
        for name, one in zip(sorted(VERBS), answer.get_json()["outcomes"], strict=True)
    }
    assert {name for name, said in told.items() if said == "forbidden-role"} == {
        name for name, verb in VERBS.items() if role not in verb.may
    }
    assert set(told.values()) <= {"forbidden-role", "unknown-field", "missing-field"}


@pytest.mark.parametrize("role", sorted(set(ROLES) - set(MAY)))
def test_who_may_ask_nothing_is_refused_as_a_whole_in_bulk(doors: Doors, role: str) -> None:
    answer = Party(doors.client, doors.keys[role]).post("/operations", [{"type": "transfer"}])

    assert code(answer) == "forbidden-role"


def test_a_scope_that_is_missing_is_named(doors: Doors) -> None:
    reader = narrowed(Party(doors.client, doors.keys["generator"]), READ)

    answer = reader.post("/keys", {"scope": "read"})

    assert answer.get_json()["rule"] == "R62"
    assert ADMINISTER in answer.get_json()["detail"]

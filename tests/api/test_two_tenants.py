"""Two tenants: whatever one of them asks, it learns nothing of the other but what they share."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any
from uuid import uuid4

import pytest
from werkzeug.test import TestResponse

from tests.api.doors import Doors
from tests.api.officers import withdrawing
from tests.api.parties import (
    MISSING,
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

NAMES = (
    "Aroha Generation",
    "REG-ALPHA-77",
    "aroha@alpha.example",
    "Hidden Dam",
    "Secret Valley",
    "Hemi Secretary",
)
TEXTS = (*NAMES, "Open Dam", "Kahu Dairy", "alpha ci key", ":29629608", ":24000024")
"""What A has written, or had measured, that is nobody else's business."""
ID = re.compile(
    r"\b(?:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}|[0-9a-f]{16}|[0-9]{30})\b"
)
"""Ids, commitments and hashes, prefixes of keys, numbers of certificates."""
FAR = 2**53 - 1
UNKNOWN = "00000000-0000-4000-8000-000000000000"

FILTERS: dict[str, tuple[str, ...]] = {
    "/accounts": ("organisation",),
    "/accounts/{account}/holdings": ("group",),
    "/accounts/{account}/whitelist": (),
    "/adjustments": (),
    "/applications": ("state",),
    "/blocks": (),
    "/blocks/{height}/operations": ("type",),
    "/bundles": (
        "account",
        "issuance",
        "state",
        "device",
        "energy_source",
        "technology",
        "production_from",
        "production_to",
        "transferable_on",
    ),
    "/devices": (
        "organisation",
        "domain",
        "state",
        "energy_source",
        "technology",
        "gsrn",
        "part_of",
    ),
    "/devices/{device}/registrations": (),
    "/devices/{device}/spans": (),
    "/fuel-declarations": ("device",),
    "/endorsements": (),
    "/erasures": (),
    "/integrity": ("from", "to"),
    "/issuances": ("account", "device", "state"),
    "/issuances/{issuance}/intervals": ("format",),
    "/issuances/{issuance}/profile": ("first", "last", "format"),
    "/keys": (),
    "/measurement-reports": (),
    "/operations": ("type",),
    "/organisations": (),
    "/persons": ("organisation",),
    "/refusals": (),
    "/reports/balances": ("format",),
    "/reports/issuances": ("format",),
    "/reports/issued": ("format", "production_from", "production_to"),
    "/retirements": ("account", "beneficiary"),
    "/transfers": (),
    "/withdrawals": (),
}
"""Every list with its filters; whoever adds one adds it here, and it is searched."""
OWN_LISTS = (
    "/accounts",
    "/adjustments",
    "/bundles",
    "/devices",
    "/endorsements",
    "/issuances",
    "/measurement-reports",
    "/operations",
    "/organisations",
    "/persons",
    "/refusals",
    "/reports/balances",
    "/reports/issuances",
    "/retirements",
    "/transfers",
    "/withdrawals",
)


@dataclass
class Tenants:
    """A with everything that a tenant can have, B with some, and what passes between them."""

    doors: Doors
    body: Party
    a: Party
    b: Party
    other_account: str = ""
    hidden_device: str = ""
    hidden_issuance: str = ""
    pending: str = ""
    moved: str = ""
    offered: str = ""
    offered_back: str = ""
    hidden_offer: str = ""
    issuance: str = ""
    own_issuance: str = ""
    retirement: dict[str, Any] = field(default_factory=dict)
    report: str = ""
    key: str = ""
    gsrn: str = ""
    hidden_gsrn: str = ""

    def party(self, role: str) -> Party:
        return Party(self.doors.client, self.doors.keys[role])


def applied(doors: Doors, body: Party) -> Party:
    name, number, contact = NAMES[:3]
    asked = applying(
        name=name, registration_number=number, contact=contact, roles=["generator", "buyer"]
    )
    answer = Party(doors.client, "").made("/organisations", asked)
    body.made(f"/organisations/{answer['id']}/admit")
    return Party(doors.client, answer["key"], answer["id"])


def equip_a(t: Tenants) -> None:
    """Give A two accounts, two devices, issuances made and pending, a key and a refusal."""
    a = t.a
    a.account, t.other_account = a.made("/accounts")["id"], a.made("/accounts")["id"]
    a.send("PUT", f"/accounts/{t.other_account}/whitelist/{a.account}")
    a.metering = joined(a.client, t.body, "measurement_body")
    reporter = {"measurement_body": a.metering.id}
    shown = a.made("/devices", new_device(name="Open Dam", **reporter))
    a.device, t.gsrn = shown["id"], shown["gsrn"]
    t.body.made(f"/devices/{a.device}/approve", approval(automatic=True))
    t.issuance = issued(a, hour_wh=1_000_001)
    hidden = a.made("/devices", new_device(name="Hidden Dam", place="Secret Valley"))
    t.hidden_device, t.hidden_gsrn = hidden["id"], hidden["gsrn"]
    t.body.made(f"/devices/{t.hidden_device}/approve", approval(automatic=False))
    for day in (3, 4):
        readings = report(t.hidden_device, first=day, hour_wh=1_234_567)
        t.report = a.made("/measurement-reports", readings)["id"]
    asked = {"device": t.hidden_device, "account": a.account}
    t.hidden_issuance = a.made("/issuances", {**asked, **period(first=3)})["id"]
    t.body.made(f"/issuances/{t.hidden_issuance}/approve")
    t.pending = a.made("/issuances", {**asked, **period(first=4)})["id"]
    t.key = a.made("/keys", {"scope": "write", "label": "alpha ci key"})["prefix"]
    person = a.made("/persons", {"name": "Hemi Secretary"})["id"]
    a.made("/keys", {"scope": "write", "label": "alpha ci key", "person": person})
    a.made("/endorsements", {"operation": {"type": "account.open", "id": person}})
    a.post("/transfers", {"from": a.account, "to": t.other_account, "quantity": 987_654})


def let_them_deal(t: Tenants) -> None:
    """Let 10 to 14 pass from A to B at once, 15 to 18 be offered, and B offer two to A."""
    a, b = t.a, t.b
    b.send("PUT", f"/accounts/{b.account}/whitelist/{a.account}")
    to_b = {"from": a.account, "to": b.account}
    t.moved = a.made("/transfers", {**to_b, "items": [named(t.issuance, 10, 14)]})["id"]
    t.offered = a.made("/transfers/offer", {**to_b, "items": [named(t.issuance, 15, 18)]})["id"]
    back = {"from": b.account, "to": a.account, "items": [named(t.own_issuance, 1, 2)]}
    t.offered_back = b.made("/transfers/offer", back)["id"]
    own = {"from": a.account, "to": t.other_account}
    a.made("/transfers", {**own, "items": [named(t.issuance, 20, 22)]})
    hidden = {**own, "items": [named(t.hidden_issuance, 1, 5)]}
    t.hidden_offer = a.made("/transfers/offer", hidden)["id"]
    whom = {"beneficiary": {"name": "Kahu Dairy"}, "items": [named(t.issuance, 1, 3)]}
    t.retirement = a.made("/retirements", retiring(a.account, **whom))
    b.made("/retirements", retiring(b.account, items=[named(t.own_issuance, 3, 3)]))


@pytest.fixture
def t(doors: Doors) -> Tenants:
    body = Party(doors.client, doors.keys["issuing_body"], doors.registry.issuing_body)
    b = with_device(joined(doors.client, body, "generator", "buyer"), body)
    made = Tenants(doors, body, applied(doors, body), b)
    made.own_issuance = issued(b)
    equip_a(made)
    let_them_deal(made)
    b.post("/transfers", {"from": b.account, "to": b.account, "quantity": 1})
    return made


def named(issuance: str, first: int, last: int) -> dict[str, object]:
    return {"issuance": issuance, "first": first, "last": last}


def pages(party: Party, path: str, query: str = "") -> Iterator[TestResponse]:
    """Yield every page of a list, small ones, from the first on."""
    cursor: str | None = ""
    while cursor is not None:
        at = f"&cursor={cursor}" if cursor else ""
        answer = party.get(f"{path}?limit=3{query}{at}")
        yield answer
        cursor = answer.get_json().get("next") if answer.status_code == 200 else None


def rows(party: Party, path: str, query: str = "") -> list[dict[str, Any]]:
    found = [answer.get_json() for answer in pages(party, path, query)]
    return [row for shown in found for name in shown if name != "next" for row in shown[name]]


def view(party: Party) -> dict[str, list[dict[str, Any]]]:
    """Return all that a party sees in lists, without what it was refused."""
    found = {path: rows(party, path) for path in OWN_LISTS if path != "/refusals"}
    found["/bundles"].sort(key=itemgetter("issuance", "first"))
    return found


def numbers(t: Tenants) -> set[str]:
    """Return the numbers of the certificates that B has or is offered."""
    (made,) = (row for row in rows(t.a, "/issuances") if row["id"] == t.issuance)
    return {f"{int(made['number_first']) + at - 1:030d}" for at in range(10, 19)}


def secrets(t: Tenants) -> set[str]:
    """Return every id, number and text that A sees and B may not."""
    seen = "\n".join(answer.text for path in (*OWN_LISTS, "/keys") for answer in pages(t.a, path))
    (device,) = (row for row in rows(t.a, "/devices") if row["id"] == t.a.device)
    shared = {t.a.id, t.a.account, t.a.device, t.issuance, t.gsrn, device["attributes"]}
    shared |= {t.moved, t.offered, t.offered_back} | numbers(t)
    shared |= {t.b.id, t.b.account, t.b.device, t.own_issuance, t.body.id}
    shared |= {row["id"] for row in rows(t.b, "/operations") if row["by"] == t.b.id}
    return (set(ID.findall(seen)) - shared) | set(TEXTS) | {t.a.key}


def all_ids(t: Tenants) -> list[str]:
    """Return every UUID that A sees: whatever a path may be filled with."""
    seen = "\n".join(answer.text for path in OWN_LISTS for answer in pages(t.a, path))
    return sorted({found for found in ID.findall(seen) if len(found) == 36})


def alike(answer: TestResponse) -> tuple[int, object]:
    """Return an answer without what is its own in any case."""
    said = answer.get_json()
    assert said is not None
    return answer.status_code, {name: said[name] for name in said if name != "instance"}


def leaks(t: Tenants, answers: Iterator[TestResponse]) -> set[tuple[str, str]]:
    """Return what of A stands in answers to B, and where."""
    hidden = secrets(t)
    assert len(hidden) > 50
    return {
        (answer.request.path, secret)
        for answer in answers
        for secret in hidden
        if secret in answer.text and secret not in answer.request.path
    }


def queries(t: Tenants, names: tuple[str, ...]) -> Iterator[str]:
    """Yield every filter with what it may find of A, alone and with others."""
    of_a = {
        "account": (t.a.account, t.other_account),
        "beneficiary": (t.retirement["beneficiary"],),
        "device": (t.a.device, t.hidden_device),
        "domain": ("NZ",),
        "energy_source": ("F", "F01050200"),
        "first": ("10",),
        "format": ("json",),
        "from": ("0", "5"),
        "group": ("issuance", "device"),
        "gsrn": (t.gsrn, t.hidden_gsrn),
        "issuance": (t.issuance, t.hidden_issuance, t.pending),
        "last": ("14",),
        "organisation": (t.a.id,),
        "part_of": (t.a.device,),
        "production_from": ("2001-01-01T00:00:00.000Z",),
        "production_to": ("2101-01-01T00:00:00.000Z",),
        "state": ("active", "offered", "retired", "pending", "issued", "approved"),
        "technology": ("T030000",),
        "to": ("5",),
        "transferable_on": ("2001-01-01T00:00:00.000Z",),
        "type": ("transfer", "issue", "measure", "retire", "organisation.admit"),
    }
    wanted = {name: of_a[name] for name in names}
    yield from (f"&{name}={value}" for name, values in wanted.items() for value in values)
    yield "".join(f"&{name}={values[0]}" for name, values in wanted.items())


def cursors(t: Tenants) -> Iterator[str]:
    """Yield cursors that lead to what is A's."""
    account, issuance = t.a.account, t.issuance
    yield from ("0", "7", t.key, "0" * 16, "00000000-0000-0000-0000-000000000000")
    yield from (account, f"{account}.active.0.0.0", f"{issuance}.0", f"{t.hidden_issuance}.0")


def filled(t: Tenants, path: str) -> Iterator[str]:
    """Yield a path with every id that A knows of, heights and prefixes."""
    if "{height}" in path:
        size = t.a.get("/health").get_json()["height"]
        yield from (path.replace("{height}", str(at)) for at in range(size + 1))
    elif "{prefix}" in path:
        yield path.replace("{prefix}", t.key)
    elif "{" in path:
        yield from (re.sub(r"{[a-z]+}", found, path) for found in all_ids(t))
    else:
        yield path


def documented(t: Tenants) -> dict[str, dict[str, Any]]:
    """Return what is read, by path, as the document tells it."""
    paths = t.b.get("/openapi.json").get_json()["paths"]
    return {path.removeprefix("/v1"): said["get"] for path, said in paths.items() if "get" in said}


def test_every_list_and_filter_is_searched_below(t: Tenants) -> None:
    found = {
        path: {item["name"] for item in said.get("parameters", ()) if item["in"] == "query"}
        for path, said in documented(t).items()
    }

    lists = {path: names for path, names in found.items() if names}

    assert {path: names - {"limit", "cursor"} for path, names in lists.items()} == {
        path: set(names) for path, names in FILTERS.items()
    }


def test_no_list_filter_or_cursor_shows_a_tenant_anything_of_another(t: Tenants) -> None:
    asked = [
        (path, query)
        for shape, names in FILTERS.items()
        for path in filled(t, shape)
        for query in ("", *(queries(t, names) if "{" not in shape else ()))
    ]
    jumps = [
        t.b.get(f"{path}?cursor={cursor}")
        for path in (*OWN_LISTS, "/keys")
        for cursor in cursors(t)
    ]

    answers = [answer for path, query in asked for answer in pages(t.b, path, query)]

    assert len(answers) > 100
    assert {answer.status_code for answer in answers} <= {200, 400, 403, 404}
    assert leaks(t, iter(answers + jumps)) == set()


def test_each_list_shows_a_tenant_all_that_concerns_it_and_nothing_else(t: Tenants) -> None:
    own = {t.b.id, t.b.account, t.b.device, t.own_issuance, t.offered, t.offered_back}
    concerned = {
        path: [row for row in found if own & set(ID.findall(str(row)))]
        for path, found in view(t.body).items()
    }

    assert view(t.b) == {
        **concerned,
        "/bundles": [row for row in concerned["/bundles"] if row["account"] == t.b.account],
        "/organisations": rows(t.b, "/organisations"),
        "/issuances": rows(t.b, "/issuances"),
    }
    assert [row["id"] for row in rows(t.b, "/organisations")] == [t.b.id]
    assert [row["id"] for row in rows(t.b, "/issuances")] == [t.own_issuance]
    assert {row["id"] for row in rows(t.b, "/transfers")} == {t.moved, t.offered, t.offered_back}


def test_no_single_resource_of_another_is_there(t: Tenants) -> None:
    shared = {t.moved, t.offered, t.offered_back}
    mine = {t.b.id, t.b.account, t.b.device, t.own_issuance, *shared}
    mine |= {row["id"] for row in rows(t.b, "/operations")}
    public = "/operations/{operation}/receipt"
    single = [path for path in documented(t) if "{" in path and path != public]

    seen, found = [], []
    for path in single:
        unknown = alike(t.b.get(re.sub(r"{[a-z]+}", str(uuid4()), path)))
        for asked in filled(t, path) if "{height}" not in path else ():
            answer = t.b.get(asked)
            seen.append(answer)
            if alike(answer) != unknown and not mine & set(ID.findall(asked)):
                found.append((asked, answer.status_code))

    held_in_part = f"/issuances/{t.issuance}/profile"
    assert found == [(held_in_part, 403)]
    assert leaks(t, iter(seen)) == set()
    assert t.b.get(f"/transfers/{t.moved}").get_json()["quantity"] == 5
    assert t.b.get(f"/operations/{t.offered}/receipt.json").status_code == 200


def test_a_receipt_for_everybody_says_nothing_of_what_it_proves(t: Tenants) -> None:
    everybody = Party(t.doors.client, "")

    answers = [everybody.get(f"/operations/{found}/receipt") for found in all_ids(t)]

    assert {answer.status_code for answer in answers} == {200, 404}
    assert leaks(t, iter(answers)) == set()


def test_an_entity_tag_tells_nothing_of_what_is_not_visible(t: Tenants) -> None:
    path, tag = f"/devices/{t.a.device}", t.a.get(f"/devices/{t.a.device}").headers["ETag"]

    known = t.b.get(path, **{"If-None-Match": tag})
    unknown = t.b.get(f"/devices/{uuid4()}", **{"If-None-Match": tag})

    assert alike(known) == alike(unknown)
    assert known.status_code == 404


Attempt = tuple[str, str, object, int, str]
"""Method, path, body, and the status and code of the refusal."""


def attempts(t: Tenants) -> list[Attempt]:
    """Return everything that B may try on what is A's, and what it must be told."""
    b, of_a = t.b.account, t.a.account
    ours, theirs = {"from": b, "to": of_a}, {"from": of_a, "to": b}
    hidden, rest = [named(t.hidden_issuance, 1, 1)], [named(t.issuance, 19, 19)]
    retired, partly = [named(t.issuance, 1, 1)], [named(t.issuance, 14, 15)]
    offered = [named(t.issuance, 15, 18)]
    verbs: list[Attempt] = []
    for path in ("/transfers", "/transfers/offer"):
        to_own = {**ours, "to": t.a.account if path.endswith("offer") else b}
        verbs += [
            ("POST", path, {**theirs, "quantity": 1}, 403, "not-holder"),
            ("POST", path, {**theirs, "items": rest}, 403, "not-holder"),
            ("POST", path, {**theirs, "to": t.other_account, "quantity": 1}, 403, "not-holder"),
        ]
        if path.endswith("offer"):
            verbs += [
                ("POST", path, {**to_own, "items": items}, 404, "not-found")
                for items in (hidden, rest, retired, offered)
            ]
            verbs.append(("POST", path, {**to_own, "items": partly}, 403, "not-holder"))
    verbs += [
        ("POST", "/retirements", retiring(of_a, quantity=1), 403, "not-holder"),
        ("POST", "/retirements", retiring(of_a, items=hidden), 403, "not-holder"),
        *(
            ("POST", "/retirements", retiring(b, items=items), 404, "not-found")
            for items in (hidden, rest, retired, offered)
        ),
        ("POST", "/retirements", retiring(b, items=partly), 403, "not-holder"),
        *(
            ("POST", f"/transfers/{t.hidden_offer}/{end}", MISSING, 404, "not-found")
            for end in ("accept", "reject", "recall")
        ),
        ("POST", f"/transfers/{t.moved}/accept", MISSING, 404, "not-found"),
        ("POST", f"/transfers/{t.offered}/recall", MISSING, 403, "not-holder"),
        ("POST", f"/transfers/{t.offered_back}/accept", MISSING, 404, "not-found"),
        ("POST", f"/transfers/{t.offered_back}/reject", MISSING, 403, "recipient-not-mandated"),
        ("PUT", f"/accounts/{of_a}/whitelist/{b}", MISSING, 403, "not-holder"),
        ("DELETE", f"/accounts/{t.other_account}/whitelist/{of_a}", MISSING, 403, "not-holder"),
    ]
    for device in (t.a.device, t.hidden_device):
        later = report(device, first=20)
        asked = {"device": device, "account": b, **period(first=3)}
        corrected = {"intervals": later["intervals"], "reason": "again"}
        verbs += [
            ("POST", "/measurement-reports", later, 404, "not-found"),
            ("POST", f"/devices/{device}/corrections", corrected, 404, "not-found"),
            ("POST", f"/devices/{device}/apportion", period(), 404, "not-found"),
            ("POST", "/issuances", asked, 404, "not-found"),
            ("POST", "/issuances/preview", asked, 404, "not-found"),
            ("PUT", f"/devices/{device}/meters", {"meters": []}, 404, "not-found"),
            ("DELETE", f"/devices/{device}/meters", MISSING, 404, "not-found"),
            ("POST", f"/devices/{device}/registrations/1/take-over", MISSING, 404, "not-found"),
            ("POST", "/devices", new_device(part_of=device), 404, "not-found"),
        ]
    into_theirs = {"device": t.b.device, "account": of_a, **period()}
    reason = {"reason": "because"}
    span = {**approval(automatic=True)}
    review = {"outcome": "verified", **reason}
    ended = {"ended_at": "2026-01-01T00:00:00.000Z", **reason}
    shares = {**period(), "shares": [{"device": t.a.device, "share_bp": 10_000}]}
    declared = {"device": t.a.device, **shares}
    verbs += [
        ("POST", "/issuances", into_theirs, 403, "recipient-not-mandated"),
        ("POST", "/issuances/preview", into_theirs, 403, "recipient-not-mandated"),
        ("POST", f"/issuances/{t.pending}/submit", MISSING, 404, "not-found"),
        ("POST", f"/issuances/{t.pending}/review", review, 403, "forbidden-role"),
        ("POST", f"/transfers/{t.hidden_offer}/abort", MISSING, 403, "forbidden-role"),
        ("POST", "/withdrawals", withdrawing(*rest, endorsement=UNKNOWN), 403, "forbidden-role"),
        ("POST", f"/issuances/{t.pending}/withdraw", MISSING, 404, "not-found"),
        ("POST", f"/issuances/{t.hidden_issuance}/withdraw", MISSING, 404, "not-found"),
        ("POST", "/devices", new_device(gsrn=t.hidden_gsrn), 409, "device-already-registered"),
        ("POST", f"/issuances/{t.pending}/approve", MISSING, 403, "forbidden-role"),
        ("POST", f"/issuances/{t.pending}/reject", reason, 403, "forbidden-role"),
        ("POST", f"/devices/{t.hidden_device}/approve", span, 403, "forbidden-role"),
        ("POST", f"/devices/{t.a.device}/registrations/1/review", review, 403, "forbidden-role"),
        ("POST", f"/devices/{t.a.device}/suspend", reason, 403, "forbidden-role"),
        ("POST", f"/devices/{t.a.device}/resume", reason, 403, "forbidden-role"),
        ("POST", f"/devices/{t.a.device}/deregister", ended, 403, "forbidden-role"),
        ("POST", "/fuel-declarations", declared, 403, "forbidden-role"),
        ("PUT", f"/devices/{t.a.device}/automatic", {"automatic_wh": 0}, 403, "forbidden-role"),
        ("POST", f"/measurement-reports/{t.report}/accept", reason, 403, "forbidden-role"),
        ("POST", f"/organisations/{t.a.id}/admit", MISSING, 403, "forbidden-role"),
        ("POST", f"/organisations/{t.a.id}/reject", reason, 403, "forbidden-role"),
        ("DELETE", f"/keys/{t.key}", MISSING, 404, "not-found"),
        ("POST", f"/keys/{t.key}/rotate", {"overlap_s": 0}, 404, "not-found"),
    ]
    return verbs


def test_no_verb_moves_anything_of_another_and_each_is_refused_as_it_must_be(t: Tenants) -> None:
    before = view(t.body), rows(t.a, "/keys"), t.b.get("/health").get_json()["size"]
    tried = attempts(t)

    answers = [t.b.send(method, path, body) for method, path, body, _, _ in tried]

    found = [
        (method, path, body, answer.status_code, code(answer))
        for (method, path, body, _, _), answer in zip(tried, answers, strict=True)
    ]
    assert found == tried
    assert leaks(t, iter(answers)) == set()
    assert (view(t.body), rows(t.a, "/keys"), t.b.get("/health").get_json()["size"]) == before


def test_in_bulk_the_same_is_refused_in_the_same_way(t: Tenants) -> None:
    items = {
        "/transfers": "transfer",
        "/transfers/offer": "transfer.offer",
        "/retirements": "retire",
        "/issuances": "issue.request",
        "/devices": "device.register",
    }
    tried = [
        (items[path], body, says)
        for _, path, body, *says in attempts(t)
        if path in items and isinstance(body, dict)
    ]
    before = view(t.body)

    answer = t.b.post("/operations", [{"type": verb, **body} for verb, body, _ in tried])

    outcomes = answer.get_json()["outcomes"]
    assert [[one["status"], one["problem"]["type"][10:]] for one in outcomes] == [
        says for *_, says in tried
    ]
    assert leaks(t, iter([answer])) == set()
    assert view(t.body) == before


def test_what_a_tenant_may_not_know_looks_like_what_there_is_not(t: Tenants) -> None:
    b, mine = t.b.account, {"from": t.b.account, "to": t.a.account}

    def asked(issuance: str, device: str, offer: str, key: str) -> list[TestResponse]:
        period_of = {"device": device, "account": b, **period(first=3)}
        ranges = [(1, 1), (1, 24), (24, 24), (24, 25), (25, 25), (FAR, FAR), (1, FAR)]
        items = [[named(issuance, *pair)] for pair in ranges]
        items += [[named(t.own_issuance, 4, 4), named(issuance, 1, 1)]]
        return [
            *(t.b.post("/transfers/offer", {**mine, "items": item}) for item in items),
            *(t.b.post("/retirements", retiring(b, items=item)) for item in items),
            *(t.b.post(f"/transfers/{offer}/{end}") for end in ("accept", "reject", "recall")),
            t.b.post("/measurement-reports", report(device, first=3)),
            t.b.post("/issuances", period_of),
            t.b.post("/issuances/preview", period_of),
            t.b.post(f"/issuances/{issuance}/withdraw"),
            t.b.post(f"/issuances/{issuance}/submit"),
            t.b.send("DELETE", f"/keys/{key}"),
            t.b.post(f"/keys/{key}/rotate", {}),
        ]

    unknown = asked(str(uuid4()), str(uuid4()), str(uuid4()), "0" * 16)
    hidden = asked(t.hidden_issuance, t.hidden_device, t.hidden_offer, t.key)

    assert [alike(answer) for answer in hidden] == [alike(answer) for answer in unknown]
    assert {answer.status_code for answer in hidden} == {404}


@pytest.mark.parametrize("verb", ["transfer.offer", "retire"])
def test_who_holds_a_part_of_an_issuance_learns_nothing_of_the_rest(t: Tenants, verb: str) -> None:
    """B holds 10 to 14: of the others some are retired, offered, moved on or not there at all."""

    def told(first: int, last: int, issuance: str = t.issuance) -> tuple[int, object]:
        items = [named(issuance, first, last)]
        if verb == "retire":
            return alike(t.b.post("/retirements", retiring(t.b.account, items=items)))
        body = {"from": t.b.account, "to": t.a.account, "items": items}
        return alike(t.b.post("/transfers/offer", body))

    outside = [(1, 1), (1, 9), (15, 15), (19, 20), (24, 24), (24, 25), (25, 25), (FAR, FAR)]
    across = [(1, 10), (9, 10), (14, 15), (14, 24), (14, 25), (10, FAR), (1, FAR)]

    apart = [told(*pair) for pair in outside]
    partly = [told(*pair) for pair in across]

    assert apart == [told(1, 1, str(uuid4()))] * len(outside)
    assert partly == [partly[0]] * len(across)
    assert (apart[0][0], partly[0][0]) == (404, 403)


def test_auditors_and_the_issuing_body_see_all(t: Tenants) -> None:
    everything = view(t.body)

    seen = view(t.party("auditor"))

    named: dict[str, list[dict[str, Any]]] = {"/organisations": [], "/persons": []}
    assert {**seen, **named} == {**everything, **named}
    assert seen["/persons"] == [{**row, "record": None} for row in everything["/persons"]] != []
    for path, found in view(t.a).items():
        assert {row["id"] for row in found if "id" in row} <= {
            row["id"] for row in everything[path] if "id" in row
        }
    names = {row["id"]: row["record"] for row in everything["/organisations"]}
    assert names[t.a.id]["name"] == NAMES[0]
    tenants = [row for row in seen["/organisations"] if row["id"] in {t.a.id, t.b.id}]
    assert [row["record"] for row in tenants] == [None, None]
    assert len(rows(t.party("auditor"), "/refusals")) == len(rows(t.body, "/refusals")) == 2


def test_the_operator_sees_operations_but_neither_holdings_nor_names(t: Tenants) -> None:
    operator = t.party("operator")
    found = view(operator)

    assert found["/operations"] == view(t.body)["/operations"]
    assert {path for path, listed in found.items() if listed} <= {"/operations", "/organisations"}
    assert not any(row["id"] in {t.a.id, t.b.id} for row in found["/organisations"])
    for path in (
        f"/accounts/{t.a.account}",
        f"/accounts/{t.a.account}/holdings",
        f"/devices/{t.a.device}",
        f"/issuances/{t.issuance}",
        f"/organisations/{t.a.id}",
        f"/retirements/{t.retirement['id']}",
        f"/transfers/{t.moved}",
    ):
        assert operator.get(path).status_code == 404, path
    assert operator.get(f"/operations/{t.moved}").get_json()["id"] == t.moved

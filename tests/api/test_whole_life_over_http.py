"""From application to receipt over HTTP: the life of certificates as their parties see it."""

from base64 import b64decode

from app.ledger.merkle import leaf_hash, verify_inclusion
from app.ledger.notes import Proof
from tests.api.doors import Doors
from tests.api.parties import (
    Party,
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


def issuing_body(doors: Doors) -> Party:
    return Party(doors.client, doors.keys["issuing_body"])


def test_energy_becomes_certificates_that_are_moved_retired_and_proven(doors: Doors) -> None:
    body = issuing_body(doors)
    seller = joined(doors.client, body, "generator")
    buyer = joined(doors.client, body, "buyer")
    device = seller.made("/devices", new_device())["id"]
    body.made(f"/devices/{device}/approve", approval(automatic=False))
    seller.made("/measurement-reports", report(device))
    asked = {"device": device, "account": seller.account, **period()}

    preview = seller.made("/issuances/preview", asked)
    request = seller.made("/issuances", asked)
    approved = body.made(f"/issuances/{request['id']}/approve")
    offer = seller.made(
        "/transfers/offer", {"from": seller.account, "to": buyer.account, "quantity": 10}
    )
    accepted = buyer.made(f"/transfers/{offer['id']}/accept")
    retirement = buyer.made("/retirements", retiring(buyer.account, quantity=4))

    assert preview["quantity"] == approved["quantity"] == 24
    assert (request["state"], approved["state"], accepted["state"]) == (
        "submitted",
        "issued",
        "accepted",
    )
    assert accepted["items"] == [{"issuance": request["id"], "first": 1, "last": 10}]
    held = buyer.shown(f"/accounts/{buyer.account}/holdings")["holdings"]
    assert [(row["state"], row["quantity"]) for row in held] == [("active", 6), ("retired", 4)]
    receipt = buyer.shown(f"/operations/{retirement['id']}/receipt.json")
    public = doors.client.get(retirement["operation"]["receipt"])
    proof = Proof.parse(public.text)
    assert receipt["proof"] == public.text
    assert public.mimetype == "text/plain"
    size, root = (line for line in proof.checkpoint.split("\n")[1:3])
    verify_inclusion(
        index=proof.index,
        size=int(size),
        hashed=leaf_hash(b64decode(receipt["leaf"])),
        proof=proof.hashes,
        head=b64decode(root),
    )


def test_a_list_leads_from_page_to_page_through_all_of_it(doors: Doors) -> None:
    body = issuing_body(doors)
    seller = with_device(joined(doors.client, body, "generator"), body)
    issuance = issued(seller)
    other = seller.made("/accounts")["id"]
    for at in (2, 5, 9, 17):
        items = [{"issuance": issuance, "first": at, "last": at}]
        seller.made("/transfers", {"from": seller.account, "to": other, "items": items})

    for query in ("", f"&issuance={issuance}", f"&account={seller.account}", "&state=active"):
        found: list[str] = []
        cursor: str | None = ""
        while cursor is not None:
            more = f"&cursor={cursor}" if cursor else ""
            answer = seller.shown(f"/bundles?limit=2{query}{more}")
            found += [row["address"] for row in answer["bundles"]]
            cursor = answer["next"]
        assert len(found) == len(set(found)) == (5 if "account=" in query else 9)


def test_what_is_listed_can_be_shown(doors: Doors) -> None:
    body = issuing_body(doors)
    seller = with_device(joined(doors.client, body, "generator"), body)
    issued(seller)
    other = seller.made("/accounts")["id"]
    seller.made("/transfers", {"from": seller.account, "to": other, "quantity": 3})
    seller.made("/retirements", retiring(seller.account, quantity=2))

    for noun, member in (
        ("organisations", "organisations"),
        ("accounts", "accounts"),
        ("devices", "devices"),
        ("measurement-reports", "reports"),
        ("issuances", "issuances"),
        ("transfers", "transfers"),
        ("retirements", "retirements"),
        ("operations", "operations"),
    ):
        for party in (seller, body):
            listed = party.shown(f"/{noun}")[member]
            assert listed
            shown = party.shown(f"/{noun}/{listed[0]['id']}")
            assert {name: shown[name] for name in listed[0]} == listed[0]


def test_a_request_that_was_rejected_or_withdrawn_may_be_made_again(doors: Doors) -> None:
    body = issuing_body(doors)
    seller = with_device(joined(doors.client, body, "generator"), body, automatic=False)
    seller.made("/measurement-reports", report(seller.device))
    asked = {"device": seller.device, "account": seller.account, **period()}
    rejected, withdrawn, kept = (seller.made("/issuances", asked)["id"] for _ in range(3))

    told = [
        body.made(f"/issuances/{rejected}/reject", {"reason": "meter-in-doubt"}),
        seller.made(f"/issuances/{withdrawn}/withdraw"),
        body.made(f"/issuances/{kept}/approve"),
    ]

    assert [answer["state"] for answer in told] == ["rejected", "withdrawn", "issued"]
    assert code(body.post(f"/issuances/{rejected}/approve")) == "request-already-decided"
    assert code(seller.post(f"/issuances/{kept}/withdraw")) == "request-already-decided"
    standing = {row["id"]: row["state"] for row in seller.shown("/issuances")["issuances"]}
    assert standing == {rejected: "rejected", withdrawn: "withdrawn", kept: "issued"}


def test_a_whitelisted_sender_needs_no_offer_until_it_is_forgotten(doors: Doors) -> None:
    body = issuing_body(doors)
    seller = with_device(joined(doors.client, body, "generator"), body)
    buyer = joined(doors.client, body, "buyer")
    issued(seller)
    move = {"from": seller.account, "to": buyer.account, "quantity": 2}
    path = f"/accounts/{buyer.account}/whitelist"

    before = seller.post("/transfers", move)
    allowed = buyer.send("PUT", f"{path}/{seller.account}")
    moved = seller.made("/transfers", move)
    listed = buyer.shown(path)["senders"]
    forgotten = buyer.send("DELETE", f"{path}/{seller.account}")

    assert code(before) == "not-whitelisted"
    assert (allowed.status_code, forgotten.status_code) == (200, 200)
    assert allowed.headers["Location"] == f"/v1{path}"
    assert (moved["state"], moved["quantity"], listed) == ("completed", 2, [seller.account])
    assert code(seller.post("/transfers", move)) == "not-whitelisted"


def test_an_offer_that_is_rejected_or_recalled_gives_the_certificates_back(doors: Doors) -> None:
    body = issuing_body(doors)
    seller = with_device(joined(doors.client, body, "generator"), body)
    buyer = joined(doors.client, body, "buyer")
    issued(seller)
    move = {"from": seller.account, "to": buyer.account, "quantity": 24}

    rejected = seller.made("/transfers/offer", move)["id"]
    said = buyer.made(f"/transfers/{rejected}/reject")["state"]
    recalled = seller.made("/transfers/offer", move)["id"]
    said_then = seller.made(f"/transfers/{recalled}/recall")["state"]

    assert (said, said_then) == ("rejected", "recalled")
    assert code(buyer.post(f"/transfers/{recalled}/accept")) == "offer-already-decided"
    held = seller.shown(f"/accounts/{seller.account}/holdings")["holdings"]
    assert [(row["state"], row["quantity"]) for row in held] == [("active", 24)]
    states = [row["state"] for row in buyer.shown("/transfers")["transfers"]]
    assert states == ["rejected", "recalled"]

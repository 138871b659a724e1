"""Bulk: many operations in one request, each answered on its own; and the trail of refusals."""

import json
from typing import Any
from uuid import UUID, uuid5

import pytest
from werkzeug.test import TestResponse

from app.api.bulk import ITEMS_MAX, NDJSON, VERBS
from tests.api.doors import Doors
from tests.api.parties import Party, code, issued, joined, new_device, retiring, with_device

UNKNOWN = "00000000-0000-4000-8000-000000000000"
OPEN: dict[str, object] = {"type": "account.open"}
JSON = "application/json"


@pytest.fixture
def body(doors: Doors) -> Party:
    """The issuing body."""
    return Party(doors.client, doors.keys["issuing_body"])


@pytest.fixture
def seller(doors: Doors, body: Party) -> Party:
    """A generator with 24 certificates."""
    found = with_device(joined(doors.client, body, "generator"), body)
    issued(found)
    return found


def asked(party: Party, items: object, *, key: str = "bulk", **headers: str) -> TestResponse:
    return party.send("POST", "/operations", items, key=key, headers=headers)


def outcomes(party: Party, items: object, *, key: str = "bulk") -> list[dict[str, Any]]:
    answer = asked(party, items, key=key)
    assert answer.status_code == 200, answer.text
    found: Any = answer.json
    listed: list[dict[str, Any]] = found["outcomes"]
    return listed


def raw(party: Party, data: bytes, *, media_type: str | None, key: str = "bulk") -> TestResponse:
    headers = {"Authorization": f"Bearer {party.key}", "Idempotency-Key": key}
    return party.client.post("/v1/operations", data=data, content_type=media_type, headers=headers)


def lines(party: Party, data: bytes, *, key: str = "bulk") -> list[dict[str, Any]]:
    answer = raw(party, data, media_type=NDJSON, key=key)
    assert (answer.status_code, answer.mimetype) == (200, NDJSON)
    return [json.loads(line) for line in answer.data.splitlines()]


def problems(found: list[dict[str, Any]]) -> list[str]:
    """Return the code of each outcome, empty where it was accepted."""
    return [
        item["problem"]["type"].removeprefix("/problems/") if "problem" in item else ""
        for item in found
    ]


def made_id(party: Party, key: str) -> str:
    """Return the id of what a key makes, which anybody can compute."""
    return str(uuid5(UUID(party.id), key))


def refusals(party: Party) -> list[dict[str, Any]]:
    found: Any = party.get("/refusals").json
    listed: list[dict[str, Any]] = found["refusals"]
    return listed


def test_each_item_is_answered_on_its_own_in_order(seller: Party) -> None:
    moves = {"type": "transfer", "from": seller.account}
    items = [
        OPEN,
        {**moves, "to": seller.account, "quantity": 1},
        {"type": "retire", **retiring(seller.account, quantity=2)},
        {"type": "retire", **retiring(seller.account, quantity=25)},
        {**moves, "to": UNKNOWN, "quantity": 1},
        OPEN,
    ]

    found = outcomes(seller, items)

    assert problems(found) == [
        "",
        "invalid-target-account",
        "",
        "insufficient-balance",
        "not-found",
        "",
    ]
    assert [item["status"] for item in found] == [201, 422, 201, 409, 404, 201]
    assert [item["id"] for item in found] == [made_id(seller, f"bulk/{at}") for at in range(6)]
    accepted = [item for item in found if "problem" not in item]
    assert [item["index"] for item in accepted] == sorted(item["index"] for item in accepted)
    for item in accepted:
        shown: Any = seller.get(f"/operations/{item['id']}").json
        assert (shown["index"], shown["height"]) == (item["index"], item["height"])
        assert item["replayed"] is False


def test_an_items_problem_is_whole(seller: Party) -> None:
    (found,) = outcomes(seller, [{**OPEN, "colour": "red"}])

    problem = found["problem"]
    assert (problem["status"], problem["rule"]) == (422, "R79")
    assert problem["errors"][0]["pointer"] == "/colour"
    assert problem["instance"].startswith("urn:request:")


def test_lines_are_answered_by_lines(seller: Party) -> None:
    data = b"\n".join(
        [
            json.dumps(OPEN).encode(),
            b'{"type":"account.open"',
            b"",
            b'{"type":"account.open","type":"account.open"}',
            b"\xff",
            b"[]",
            b"  ",
            b'{"type":"account.open"}\r',
        ]
    )

    found = lines(seller, data)

    assert [item["status"] for item in found] == [201, 422, 422, 422, 422, 201]
    assert problems(found) == ["", *["invalid-field"] * 4, ""]
    assert found == [
        {**item, "replayed": False} if item["status"] == 201 else item for item in found
    ]


def test_lines_and_array_are_the_same_request(seller: Party) -> None:
    items = [OPEN, OPEN, {"type": "nothing"}]

    first = outcomes(seller, items)
    again = lines(seller, b"\n".join(json.dumps(item).encode() for item in items))

    assert [item["id"] for item in again] == [item["id"] for item in first]
    assert [item.get("replayed") for item in again] == [True, True, None]


def test_more_than_a_block_holds_goes_into_several_and_a_repeat_goes_on(seller: Party) -> None:
    some = outcomes(seller, [OPEN] * 700)

    found = outcomes(seller, [OPEN] * 2_100)
    again = outcomes(seller, [OPEN] * 2_100)

    assert len({item["id"] for item in found}) == 2_100
    assert len({item["height"] for item in found}) >= 3
    assert [item["replayed"] for item in found] == [True] * 700 + [False] * 1_400
    assert [(item["index"], item["height"]) for item in found[:700]] == [
        (item["index"], item["height"]) for item in some
    ]
    assert again == [{**item, "replayed": True} for item in found]


def test_an_item_may_depend_on_items_before_it(seller: Party) -> None:
    account = made_id(seller, "first")
    moved = {"type": "transfer", "from": seller.account, "to": account, "quantity": 5}
    items = [
        {"type": "retire", **retiring(account, quantity=1)},
        {**OPEN, "idempotency_key": "first"},
        {"type": "retire", **retiring(account, quantity=1)},
        moved,
        {"type": "retire", **retiring(account, quantity=6)},
        {"type": "retire", **retiring(account, quantity=5)},
    ]

    found = outcomes(seller, items)

    assert problems(found) == [
        "not-found",
        "",
        "insufficient-balance",
        "",
        "insufficient-balance",
        "",
    ]


def test_items_depend_on_each_other_over_turns_and_blocks(seller: Party) -> None:
    keys = [f"account-{at}" for at in range(1, 25)]
    accounts = [seller.account, *(made_id(seller, key) for key in keys)]
    items: list[dict[str, object]] = []
    for at, key in enumerate(keys):
        items += [OPEN] * 45
        items.append({**OPEN, "idempotency_key": key})
        move = {"from": accounts[at], "to": accounts[at + 1], "quantity": 24 - at}
        items.append({"type": "transfer", **move})

    found = outcomes(seller, items)

    assert set(problems(found)) == {""}
    assert len({item["height"] for item in found}) > 1
    last: Any = seller.get(f"/accounts/{accounts[-1]}/holdings").json
    assert [row["quantity"] for row in last["holdings"]] == [1]


def test_a_key_of_its_own_is_the_key_of_a_single_write(seller: Party) -> None:
    alone = seller.post("/accounts", key="mine")
    items = [{**OPEN, "idempotency_key": "mine"}, {**OPEN, "idempotency_key": "bulk/2"}, OPEN]

    found = outcomes(seller, items)
    elsewhere = outcomes(seller, items[:1], key="other")
    later = seller.post("/accounts", key="bulk/2")

    assert alone.json is not None
    assert [item.get("replayed") for item in found] == [True, False, True]
    assert found[0]["id"] == elsewhere[0]["id"] == alone.json["id"]
    assert found[1]["id"] == found[2]["id"]
    assert later.headers["Idempotency-Replayed"] == "true"


def test_a_key_twice_in_a_request_is_one_operation_or_refused(seller: Party) -> None:
    twice = {**OPEN, "idempotency_key": "twice"}
    other = {"type": "retire", "idempotency_key": "twice", **retiring(seller.account, quantity=1)}

    found = outcomes(seller, [twice, twice, other])

    assert problems(found) == ["", "", "idempotency-key-reused"]
    assert found[1] == {**found[0], "replayed": True}
    assert len({item["id"] for item in found}) == 1


def test_what_is_no_key_is_refused_alone(seller: Party) -> None:
    for key in ("", "a b", "x" * 201, 7, None, ["a"]):
        found = outcomes(seller, [{**OPEN, "idempotency_key": key}, OPEN])

        assert (key, problems(found)) == (key, ["invalid-field", ""])
        assert found[0]["problem"]["errors"][0]["pointer"] == "/idempotency_key"


def test_a_request_under_the_longest_key_is_read(seller: Party) -> None:
    found = outcomes(seller, [OPEN, OPEN], key="x" * 200)

    assert problems(found) == ["", ""]


def test_another_item_in_a_place_is_refused_alone(seller: Party) -> None:
    outcomes(seller, [OPEN, OPEN])

    found = outcomes(seller, [OPEN, {"type": "retire", **retiring(seller.account, quantity=1)}])

    assert problems(found) == ["", "idempotency-key-reused"]


def test_a_refused_item_is_decided_anew_when_the_request_is_repeated(seller: Party) -> None:
    account = seller.made("/accounts")["id"]
    items = [OPEN, {"type": "retire", **retiring(account, quantity=1)}]
    early = outcomes(seller, items)
    seller.made("/transfers", {"from": seller.account, "to": account, "quantity": 1})

    late = outcomes(seller, items)

    assert (problems(early), problems(late)) == (["", "insufficient-balance"], ["", ""])
    assert [item["replayed"] for item in late] == [True, False]


def test_roles_and_scopes_are_asked_of_each_item(doors: Doors, seller: Party, body: Party) -> None:
    buyer = joined(doors.client, body, "buyer")
    writing = Party(doors.client, buyer.made("/keys", {"scope": "write"})["key"], buyer.id)
    items = [
        OPEN,
        {"type": "retire", **retiring(buyer.account, quantity=1)},
        {"type": "device.register", **new_device()},
        {"type": "issue.approve", "issuance": UNKNOWN},
        {"type": "account.whitelist", "account": buyer.account, "sender": seller.account}
        | {"allowed": True},
    ]

    administering = problems(outcomes(buyer, items))
    restricted = problems(outcomes(writing, items, key="restricted"))
    approving = problems(outcomes(body, items))

    assert administering == ["", "insufficient-balance", "forbidden-role", "forbidden-role", ""]
    assert restricted == [
        "forbidden-role",
        "insufficient-balance",
        "forbidden-role",
        "forbidden-role",
        "forbidden-role",
    ]
    assert approving == [*["forbidden-role"] * 3, "not-found", "forbidden-role"]


def test_a_reading_key_asks_for_nothing(doors: Doors, seller: Party) -> None:
    reading = Party(doors.client, seller.made("/keys", {"scope": "read"})["key"])

    answer = asked(reading, [OPEN])

    assert (answer.status_code, code(answer)) == (403, "forbidden-role")


WRONG_ITEMS: list[tuple[object, str, str]] = [
    (5, "invalid-field", ""),
    ("account.open", "invalid-field", ""),
    (None, "invalid-field", ""),
    ([], "invalid-field", ""),
    ({}, "unknown-operation", "/type"),
    ({"type": 7}, "unknown-operation", "/type"),
    ({"type": ["account.open"]}, "unknown-operation", "/type"),
    ({"type": "account.close"}, "unknown-operation", "/type"),
    ({"type": "genesis"}, "unknown-operation", "/type"),
    ({"type": "issue"}, "unknown-operation", "/type"),
    ({"type": "measure"}, "unknown-operation", "/type"),
    ({"type": "organisation.admit"}, "unknown-operation", "/type"),
    ({**OPEN, "by": UNKNOWN}, "unknown-field", "/by"),
    ({**OPEN, "id": UNKNOWN}, "unknown-field", "/id"),
    ({"type": "transfer"}, "missing-field", "/from"),
    ({"type": "transfer", "from": UNKNOWN, "to": 1}, "invalid-id", "/to"),
    (
        {"type": "transfer", "from": UNKNOWN, "to": UNKNOWN, "quantity": 1.0},
        "invalid-quantity",
        "/quantity",
    ),
    ({"type": "retire", **retiring(UNKNOWN, country="UK")}, "invalid-country", "/country"),
]


def test_a_wrong_item_is_refused_alone_and_by_the_member(seller: Party) -> None:
    found = outcomes(seller, [*(item for item, _, _ in WRONG_ITEMS), OPEN])

    told = [
        (item["problem"]["type"][10:], item["problem"].get("errors", [{"pointer": ""}])[0])
        for item in found[:-1]
    ]
    assert [(name, error["pointer"]) for name, error in told] == [
        (name, pointer) for _, name, pointer in WRONG_ITEMS
    ]
    assert found[-1]["status"] == 201


def test_nothing_asked_is_nothing_answered(seller: Party) -> None:
    assert outcomes(seller, []) == []
    assert lines(seller, b"") == []
    assert lines(seller, b"\n \n") == []


def test_a_request_has_so_many_items(seller: Party) -> None:
    over = asked(seller, [OPEN] * (ITEMS_MAX + 1))
    over_by_lines = raw(seller, b"{}\n" * (ITEMS_MAX + 1), media_type=NDJSON)

    assert (over.status_code, code(over)) == (413, "too-many-items")
    assert code(over_by_lines) == "too-many-items"
    assert outcomes(seller, [OPEN])[0]["replayed"] is False


def test_an_array_is_read_as_strictly_as_any_body(seller: Party) -> None:
    answers = {
        data: code(raw(seller, data, media_type=JSON))
        for data in (b"", b"[", b"[]x", b'[{"type":1,"type":1}]', b"{}", b'"x"', b"null")
    }

    assert list(answers.values()) == [*["malformed-json"] * 4, *["invalid-field"] * 3]


def test_other_content_types_are_refused(seller: Party) -> None:
    for media_type in (None, "text/plain", "application/jsonl", "text/csv"):
        answer = raw(seller, b"[]", media_type=media_type)

        assert (media_type, answer.status_code) == (media_type, 415)
        assert code(answer) == "unsupported-media-type"


def test_a_request_needs_a_key_and_knows_no_query(seller: Party) -> None:
    headers = {"Authorization": f"Bearer {seller.key}"}

    keyless = seller.client.post("/v1/operations", json=[OPEN], headers=headers)
    queried = seller.client.post("/v1/operations?a=1", json=[OPEN], headers=headers)

    assert code(keyless) == "idempotency-key-required"
    assert code(queried) == "invalid-query"


def test_whatever_may_be_asked_in_bulk_is_in_the_document(doors: Doors) -> None:
    document: Any = doors.client.get("/v1/openapi.json").json

    content = document["paths"]["/v1/operations"]["post"]["requestBody"]["content"]

    assert content.keys() == {JSON, NDJSON}
    assert content[JSON]["schema"]["items"]["properties"]["type"]["enum"] == sorted(VERBS)


def test_every_refused_item_leaves_a_row_on_the_trail(seller: Party) -> None:
    items = [
        OPEN,
        {"type": "retire", **retiring(seller.account, quantity=25)},
        {"type": "transfer", "from": seller.account, "to": seller.account, "quantity": 1},
        {"type": "nothing"},
        5,
    ]

    asked(seller, items, **{"X-Request-Id": "the-request"})

    rows = refusals(seller)
    assert {row["request"] for row in rows} == {"the-request"}
    assert {row["organisation"] for row in rows} == {seller.id}
    kept = {
        row["operation"]: (row["type"], row["status"], row["code"], row["rule"], row["pointer"])
        for row in rows
    }
    assert kept == {
        made_id(seller, "bulk/1"): ("retire", 409, "insufficient-balance", "R31", "/quantity"),
        made_id(seller, "bulk/2"): ("transfer", 422, "invalid-target-account", "R27", "/to"),
        made_id(seller, "bulk/3"): (None, 422, "unknown-operation", "", "/type"),
        made_id(seller, "bulk/4"): (None, 422, "invalid-field", "", ""),
    }


def test_a_refused_request_leaves_one_row_and_an_accepted_one_none(seller: Party) -> None:
    asked(seller, [OPEN] * (ITEMS_MAX + 1))
    asked(seller, [OPEN])

    (row,) = refusals(seller)
    assert (row["code"], row["status"], row["type"]) == ("too-many-items", 413, None)


def test_every_refused_write_leaves_one_row(seller: Party) -> None:
    moved = {"from": seller.account, "to": UNKNOWN, "quantity": 1}
    sent: list[tuple[str, str, object, str | None]] = [
        ("POST", "/transfers", moved, "t-1"),
        ("POST", "/transfers", {**moved, "quantity": 0, "x": 1}, "t-2"),
        ("POST", "/transfers", {**moved, "quantity": "1"}, "t-3"),
        ("POST", "/issuances/" + UNKNOWN + "/approve", {}, "t-4"),
        ("POST", "/transfers", [], "t-5"),
        ("POST", "/accounts", {}, ""),
        ("POST", "/accounts?a=1", {}, "t-7"),
        ("PUT", f"/devices/{UNKNOWN}/automatic", {"automatic": True}, "t-8"),
    ]

    for at, (method, path, body, key) in enumerate(sent):
        headers = {"X-Request-Id": f"r-{at}"} | ({} if key else {"Idempotency-Key": ""})
        assert seller.send(method, path, body, key=key, headers=headers).status_code >= 400

    rows = refusals(seller)[::-1]
    told = [
        (row["request"], row["type"], row["status"], row["code"], row["rule"], row["pointer"])
        for row in rows
    ]
    assert told == [
        ("r-0", "transfer", 404, "not-found", "", "/to"),
        ("r-1", None, 422, "unknown-field", "R79", "/x"),
        ("r-2", None, 422, "invalid-quantity", "", "/quantity"),
        ("r-3", None, 403, "forbidden-role", "R62", ""),
        ("r-4", None, 422, "invalid-field", "", ""),
        ("r-5", None, 400, "idempotency-key-required", "", ""),
        ("r-6", None, 400, "invalid-query", "", ""),
        ("r-7", None, 403, "forbidden-role", "R62", ""),
    ]
    assert rows[0]["operation"] == made_id(seller, "t-1")
    assert {row["operation"] for row in rows[1:]} == {None}


def test_reads_and_strangers_leave_no_row(doors: Doors, seller: Party, body: Party) -> None:
    stranger = Party(doors.client, "")
    preview = {"device": UNKNOWN, "account": UNKNOWN, "period_start": "x", "period_end": "x"}
    before = len(refusals(body))

    statuses = [
        seller.get(f"/accounts/{UNKNOWN}").status_code,
        seller.get("/accounts?limit=0").status_code,
        seller.get("/applications").status_code,
        seller.get("/nowhere").status_code,
        seller.post("/issuances/preview", preview).status_code,
        seller.send("PATCH", "/accounts", {}).status_code,
        stranger.post("/accounts", {}).status_code,
        stranger.post("/organisations", {}).status_code,
    ]

    assert statuses == [404, 400, 403, 404, 422, 405, 401, 422]
    assert len(refusals(body)) == before


def test_what_was_refused_is_shown_to_who_asked_and_to_supervisors(
    doors: Doors, seller: Party, body: Party
) -> None:
    seller.post("/transfers", {}, key="t-1")
    buyer = Party(doors.client, doors.keys["buyer"])
    auditor = Party(doors.client, doors.keys["auditor"])

    own = refusals(seller)

    assert [row["code"] for row in own] == ["missing-field"]
    assert refusals(buyer) == []
    assert own[0] in refusals(auditor)
    assert own[0] in refusals(body)

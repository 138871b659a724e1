"""Bad bodies: whatever is wrong with one is told by name, and nothing of it is recorded."""

import json
from collections.abc import Iterator
from itertools import chain
from typing import Any
from uuid import uuid4

from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from app.http.limits import BODY_BYTES_MAX
from tests.api.doors import Doors
from tests.api.parties import Party, applying, code, new_device, retiring
from tests.api.writes import UNKNOWN, Write, writes

JSON = "application/json"
MALFORMED: dict[str, bytes] = {
    "nothing": b"",
    "no JSON": b"{'a':1}",
    "a half": b'{"a":',
    "trailing data": b'{"automatic_wh":1} {}',
    "trailing comma": b'{"automatic_wh":1,}',
    "a comment": b'{"automatic_wh":1}//',
    "NaN": b'{"automatic_wh":NaN}',
    "infinity": b'{"automatic_wh":-Infinity}',
    "a leading zero": b'{"automatic_wh":01}',
    "a member twice": b'{"automatic_wh":1,"automatic_wh":1}',
    "a member twice, spelled otherwise": b'{"automatic_wh":1,"\\u0061utomatic_wh":1}',
    "a member twice inside": b'{"automatic_wh":[{"a":{"b":1,"b":1}}]}',
    "a byte-order mark": b'\xef\xbb\xbf{"automatic_wh":1}',
    "UTF-16": '{"automatic_wh":1}'.encode("utf-16"),
    "UTF-32": '{"automatic_wh":1}'.encode("utf-32-le"),
    "Latin-1": '{"automatic_wh":"é"}'.encode("latin-1"),
    "an overlong byte": b'{"automatic_wh":"\xc0\xaf"}',
    "half a surrogate pair": b'{"automatic_wh":"\\ud800"}',
    "half a pair in a name": b'{"\\udc00":true}',
    "a raw half in UTF-8": b'{"automatic_wh":"\xed\xa0\x80"}',
    "a control character": b'{"automatic_wh":"\x01"}',
    "a zero byte": b'{"automatic_wh":1}\x00',
    "deep nesting": b"[" * (BODY_BYTES_MAX - 1),
    "deep objects": b'{"a":' * 100_000,
    "a number without end": b'{"automatic_wh":' + b"9" * 100_000 + b"}",
}
WRONG: dict[str, object] = {
    "null": None,
    "true": True,
    "a fraction": 1.5,
    "an exponent": 1e3,
    "negative": -1,
    "zero": 0,
    "one": 1,
    "beyond 64 bits": 2**63,
    "far beyond": 10**40,
    "digits as text": "12",
    "empty": "",
    "a space": " ",
    "a list": [],
    "a list in a list": [[]],
    "an object": {},
    "an object in a list": [{}],
    "letters": "x",
    "a line break": "x\n",
    "a long text": "x" * 5_000,
    "a list of numbers": [1],
}
CODES = {
    "invalid-coordinates",
    "invalid-country",
    "invalid-device-data",
    "invalid-eic",
    "invalid-field",
    "invalid-gln",
    "invalid-gsrn",
    "invalid-id",
    "invalid-lei",
    "invalid-quantity",
    "invalid-text",
    "invalid-timestamp",
    "invalid-vat-number",
    "missing-field",
    "personal-data-not-allowed",
    "quantity-not-positive",
    "subdivision-country-mismatch",
    "too-many-ranges",
    "unknown-code",
}


def send(
    doors: Doors, write: Write, body: bytes, *, media_type: str | None = JSON, query: str = ""
) -> TestResponse:
    headers = {**doors.header(write.role), "Idempotency-Key": str(uuid4()), "If-Match": '"1"'}
    return doors.client.open(
        write.path + query,
        method=write.method,
        data=body,
        content_type=media_type,
        headers=headers,
    )


def told(answer: TestResponse) -> list[tuple[str, str]]:
    """Return what a problem lists: codes with their pointers."""
    assert answer.json is not None
    return [(error["code"], error["pointer"]) for error in answer.json["errors"]]


def height(doors: Doors) -> object:
    found = doors.client.get("/v1/health").json
    assert found is not None
    return found["height"]


def test_the_list_of_writes_leaves_none_out(doors: Doors) -> None:
    document: Any = doors.client.get("/v1/openapi.json").json

    described = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if "requestBody" in operation
    }

    others = {
        ("POST", f"/v1/{path}")
        for path in ("operations", "measurement-files", "measurement-files/check")
    }
    assert {(write.method, write.described) for write in writes()} | others == described


def test_a_body_is_understood_in_one_way_or_not_at_all(doors: Doors) -> None:
    write = next(write for write in writes() if write.path.endswith("/automatic"))

    for name, body in MALFORMED.items():
        answer = send(doors, write, body)
        assert (name, answer.status_code, code(answer)) == (name, 400, "malformed-json")


def test_every_write_reads_its_body_strictly(doors: Doors) -> None:
    body = MALFORMED["a member twice inside"]
    before = height(doors)

    bare = [Write("generator", "POST", "/v1/accounts", {}, ""), *writes()]
    codes = {(write.path, code(send(doors, write, body))) for write in bare}
    bulk = send(doors, Write("generator", "POST", "/v1/operations", {}, ""), body)

    assert codes == {(write.path, "malformed-json") for write in bare}
    assert code(bulk) == "malformed-json"
    assert height(doors) == before


OTHER_TYPES = [
    None,
    "text/plain",
    "application/xml",
    "application/vnd.api+json",
    "multipart/form-data",
]


def test_another_content_type_is_refused(doors: Doors) -> None:
    for media_type in OTHER_TYPES:
        for write in writes():
            answer = send(doors, write, json.dumps(write.body).encode(), media_type=media_type)

            assert (write.path, answer.status_code) == (write.path, 415)
            assert code(answer) == "unsupported-media-type"


def test_parameters_of_the_content_type_do_not_matter(doors: Doors) -> None:
    write = next(write for write in writes() if write.path == "/v1/transfers")

    for media_type in ("application/json; charset=utf-8", "Application/JSON;x=1"):
        answer = send(doors, write, json.dumps(write.body).encode(), media_type=media_type)
        assert code(answer) == "ambiguous-quantity"


def test_csv_is_read_where_reports_are_and_nowhere_else(doors: Doors) -> None:
    read = {
        write.path
        for write in writes()
        if send(doors, write, b"x", media_type="text/csv").status_code != 415
    }

    assert read == {"/v1/measurement-reports"}


def test_a_body_that_is_too_large_is_refused_before_it_is_read(doors: Doors) -> None:
    write = next(write for write in writes() if write.path == "/v1/devices")

    fits = send(doors, write, b" " * BODY_BYTES_MAX)
    large = send(doors, write, b" " * (BODY_BYTES_MAX + 1))

    assert (fits.status_code, large.status_code, code(large)) == (400, 413, "payload-too-large")


def test_a_body_that_is_no_object_is_refused(doors: Doors) -> None:
    for write in writes():
        for body in (b"[]", b"1", b'"x"', b"null", b"true", b"[{}]"):
            answer = send(doors, write, body)
            assert (write.path, body, answer.status_code) == (write.path, body, 422)
            assert told(answer) == [("invalid-field", "")]


def schema_of(doors: Doors, write: Write) -> dict[str, Any]:
    """Return the schema of a body as the document has it, with what it refers to."""
    document: Any = doors.client.get("/v1/openapi.json").json
    described = document["paths"][write.described][write.method.lower()]
    schema = described["requestBody"]["content"][JSON]["schema"]
    found: dict[str, Any] = document["components"]["schemas"][schema["$ref"].split("/")[-1]]
    return found


def wrong_values(schema: dict[str, Any], right: object) -> Iterator[tuple[str, object]]:
    """Yield values that a member's schema refuses; a float is none of ours, whatever it equals."""
    validator = Draft202012Validator(schema)
    for name, value in WRONG.items():
        if type(value) is float or not validator.is_valid(value):
            yield name, value
    if isinstance(right, str):
        yield "in a list", [right]
        yield "with a line break", f"{right}\n"
        yield "with a control character", f"{right}\x00"


def test_every_member_of_every_body_is_refused_what_the_document_does_not_allow(
    doors: Doors,
) -> None:
    tried = 0
    for write in writes():
        schema = schema_of(doors, write)
        assert schema["properties"].keys() == write.body.keys()
        for member, right in write.body.items():
            for name, value in wrong_values(schema["properties"][member], right):
                body = json.dumps({**write.body, member: value}).encode()
                answer = send(doors, write, body)
                here = (write.path, member, name, answer.status_code, answer.text)
                assert answer.status_code == 422, here
                ((found, pointer),) = told(answer)
                assert found in CODES, here
                assert pointer == f"/{member}" or pointer.startswith(f"/{member}/"), here
                assert code(answer) == found
                tried += 1

    assert tried > 500


def test_every_member_that_is_missing_is_named(doors: Doors) -> None:
    for write in writes():
        schema = schema_of(doors, write)
        needed = [name for name in write.body if name in schema.get("required", ())]

        answer = send(doors, write, b"{}")

        if needed:
            assert answer.status_code == 422
            assert told(answer) == [("missing-field", f"/{name}") for name in needed]


def test_every_body_refuses_members_that_are_not_known(doors: Doors) -> None:
    bare = [
        Write("generator", "POST", "/v1/accounts", {}, ""),
        Write("issuing_body", "POST", f"/v1/organisations/{UNKNOWN}/admit", {}, ""),
        Write("generator", "DELETE", f"/v1/keys/{'0' * 16}", {}, ""),
        Write("generator", "POST", f"/v1/transfers/{UNKNOWN}/accept", {}, ""),
        Write("generator", "PUT", f"/v1/accounts/{UNKNOWN}/whitelist/{UNKNOWN}", {}, ""),
    ]
    for write in [*bare, *writes()]:
        body = {"zebra": 1, **write.body, "a/b~c": None, "": {}}

        answer = send(doors, write, json.dumps(body).encode())

        assert (write.path, answer.status_code) == (write.path, 422)
        assert told(answer) == [
            ("unknown-field", "/"),
            ("unknown-field", "/a~1b~0c"),
            ("unknown-field", "/zebra"),
        ]
        assert answer.json is not None
        assert answer.json["rule"] == "R79"


def test_everything_that_is_wrong_is_told_at_once_in_order(doors: Doors) -> None:
    write = next(write for write in writes() if write.path == "/v1/devices")
    body = {**write.body, "by": UNKNOWN, "capacity_w": 0, "domain": "x", "id": UNKNOWN}
    body |= {"name": "\u202e", "commissioned_on": "2026-02-30"}
    del body["technology"], body["gsrn"]

    answer = send(doors, write, json.dumps(body).encode())

    assert told(answer) == [
        ("unknown-field", "/by"),
        ("unknown-field", "/id"),
        ("missing-field", "/technology"),
        ("missing-field", "/gsrn"),
        ("invalid-device-data", "/capacity_w"),
        ("invalid-timestamp", "/commissioned_on"),
        ("invalid-text", "/name"),
        ("invalid-field", "/domain"),
    ]
    assert code(answer) == "unknown-field"


def refused(doors: Doors, path: str, role: str, body: dict[str, Any]) -> tuple[int, str, str]:
    """Return status, code and the first pointer."""
    answer = send(doors, Write(role, "POST", path, {}, ""), json.dumps(body).encode())
    assert answer.json is not None
    pointer = answer.json.get("errors", [{"pointer": ""}])[0]["pointer"]
    return answer.status_code, code(answer), pointer


UNSAFE_NAMES = [
    "",
    " ",
    " Dairy",
    "Dairy\u00a0",
    "Dairy\n",
    "Dai\x00ry",
    "Dai\x7fry",
    "Dai\x85ry",
    "\u202eyriaD",
    "Dai\u2066ry",
    "Dai\u200bry",
    "Dai\u200dry",
    "Dai\ufeffry",
    "Dai\u2028ry",
    "Dai\ue000ry",
    "Dai\uffffry",
    "Dai\U000e0001ry",
    "Wa\u0304naka",
    "\u212b",
    "x" * 201,
]


def test_a_name_that_cannot_be_shown_safely_is_refused(doors: Doors) -> None:
    for name in UNSAFE_NAMES:
        beneficiary = {"name": name}

        answers = [
            refused(doors, "/v1/organisations", "none", applying(name=name)),
            refused(doors, "/v1/devices", "generator", new_device(place=name)),
            refused(doors, "/v1/retirements", "buyer", retiring(UNKNOWN, beneficiary=beneficiary)),
        ]

        assert (name, *answers) == (
            name,
            (422, "invalid-text", "/name"),
            (422, "invalid-text", "/place"),
            (422, "invalid-text", "/beneficiary/name"),
        )


SAFE_NAMES = ["Māori Dairy", "電力", "O'Neil & Söhne <GmbH>", "=1+1", "😀"]


def test_a_name_of_any_script_is_taken(doors: Doors) -> None:
    for name in SAFE_NAMES:
        party = Party(doors.client, "")

        applied = party.made("/organisations", applying(name=name))

        shown = Party(doors.client, applied["key"]).get(f"/organisations/{applied['id']}").json
        assert shown is not None
        assert shown["record"]["name"] == name


NO_COUNTRIES = ["UK", "EL", "nz", "N", "NZL", "N1", "\uff2e\uff3a", "NZ ", "EU\n"]


def test_a_country_is_two_capitals_and_neither_uk_nor_el(doors: Doors) -> None:
    for country in NO_COUNTRIES:
        answers = [
            refused(doors, "/v1/organisations", "none", applying(country=country)),
            refused(doors, "/v1/retirements", "buyer", retiring(UNKNOWN, country=country)),
        ]

        assert (country, answers) == (country, [(422, "invalid-country", "/country")] * 2)


NO_TIMES = [
    "2026-02-30T00:00:00.000Z",
    "2026-02-01T24:00:00.000Z",
    "2026-02-01T23:59:60.000Z",
    "2026-02-01T12:00:00.000",
    "2026-02-01T12:00:00.000+00:00",
    "2026-02-01T12:00:00.000+13:00",
    "2026-02-01T12:00:00Z",
    "2026-02-01T12:00:00.0000Z",
    "2026-02-01T12:00:00.000z",
    "2026-02-01t12:00:00.000Z",
    "2026-02-01 12:00:00.000Z",
    "2026-02-01",
    "2026-13-01T00:00:00.000Z",
    "1969-12-31T23:59:59.999Z",
    "20260201T120000.000Z",
    "٢٠٢٦-02-01T12:00:00.000Z",
    "2026-02-01T12:00:00.000Z ",
    1_769_904_000_000,
]


def test_a_time_has_one_spelling(doors: Doors) -> None:
    for time in NO_TIMES:
        answers = [
            refused(doors, "/v1/retirements", "buyer", retiring(UNKNOWN, period_start=time)),
            refused(doors, "/v1/keys", "buyer", {"scope": "read", "expires_at": time}),
            refused(
                doors,
                "/v1/measurement-reports",
                "generator",
                {"device": UNKNOWN, "intervals": [{"start": time, "end": time, "energy_wh": 1}]},
            ),
        ]

        assert (time, *answers) == (
            time,
            (422, "invalid-timestamp", "/period_start"),
            (422, "invalid-timestamp", "/expires_at"),
            (422, "invalid-timestamp", "/intervals/0/start"),
        )


NO_DATES = ["2026-02-30", "2026-2-3", "20260203", "2026-W06-2", "2026-02-03T00:00:00.000Z", 1]


def test_a_date_is_a_day_that_there_is(doors: Doors) -> None:
    for date in NO_DATES:
        answer = refused(doors, "/v1/devices", "generator", new_device(commissioned_on=date))

        assert (date, answer) == (date, (422, "invalid-timestamp", "/commissioned_on"))


DEVICES: list[tuple[dict[str, object], str, str]] = [
    ({"gsrn": "942900001000000010"}, "invalid-gsrn", "/gsrn"),
    ({"gsrn": "94290000100000001"}, "invalid-gsrn", "/gsrn"),
    ({"gsrn": "٩42900001000000017"}, "invalid-gsrn", "/gsrn"),
    ({"energy_source": "F99999999"}, "unknown-code", "/energy_source"),
    ({"technology": "T999999"}, "unknown-code", "/technology"),
    ({"energy_source": "F01040100"}, "source-technology-mismatch", "/technology"),
    ({"commissioned_on": "2999-01-01"}, "invalid-device-data", "/commissioned_on"),
    ({"domain": "XX"}, "not-found", "/domain"),
    ({"capacity_w": 0}, "invalid-device-data", "/capacity_w"),
    ({"capacity_w": -1}, "invalid-device-data", "/capacity_w"),
    ({"capacity_w": 2**53}, "invalid-quantity", "/capacity_w"),
]


def test_a_device_that_cannot_be_is_refused_by_the_member(doors: Doors) -> None:
    for change, expected, pointer in DEVICES:
        status, found, where = refused(doors, "/v1/devices", "generator", new_device(**change))

        assert (change, found, where) == (change, expected, pointer)
        assert status == (404 if expected == "not-found" else 422)


QUANTITIES: list[tuple[dict[str, Any], str, str]] = [
    ({"quantity": 1.5}, "invalid-quantity", "/quantity"),
    ({"quantity": 1.0}, "invalid-quantity", "/quantity"),
    ({"quantity": 1e3}, "invalid-quantity", "/quantity"),
    ({"quantity": "1e3"}, "invalid-quantity", "/quantity"),
    ({"quantity": True}, "invalid-quantity", "/quantity"),
    ({"quantity": 2**63}, "invalid-quantity", "/quantity"),
    ({"quantity": 0}, "quantity-not-positive", "/quantity"),
    ({"quantity": -1}, "quantity-not-positive", "/quantity"),
    ({}, "ambiguous-quantity", "/items"),
    ({"quantity": 1, "items": [(1, 1)]}, "ambiguous-quantity", "/items"),
    ({"items": [(2, 1)]}, "invalid-number-range", "/items/0/last"),
    ({"items": [(0, 1)]}, "quantity-not-positive", "/items/0/first"),
    ({"items": [(1, 2), (2, 3)]}, "duplicate-item", "/items"),
    ({"items": [(at, at) for at in range(1, 152)]}, "too-many-ranges", "/items"),
    ({"items": []}, "invalid-field", "/items"),
]


def test_a_quantity_that_cannot_be_meant_is_refused_by_the_member(doors: Doors) -> None:
    accounts = {"from": UNKNOWN, "to": UNKNOWN}
    for wanted, expected, pointer in QUANTITIES:
        named = dict(wanted)
        if "items" in wanted:
            named["items"] = [
                {"issuance": UNKNOWN, "first": first, "last": last}
                for first, last in wanted["items"]
            ]
        for path, body in (
            ("/v1/transfers", {**accounts, **named}),
            ("/v1/transfers/offer", {**accounts, **named}),
            ("/v1/retirements", retiring(UNKNOWN, **named)),
        ):
            found = refused(doors, path, "generator", body)
            assert (path, wanted, found) == (path, wanted, (422, expected, pointer))


def test_nothing_of_this_place_stands_in_any_refusal(doors: Doors) -> None:
    answers = chain(
        (send(doors, write, body) for write in writes() for body in (b"{}", b"{", b"[]")),
        (send(doors, write, b"{}", query="?a=1") for write in writes()),
    )

    for answer in answers:
        for word in ("traceback", "error'", "python", "marshmallow", "select ", "0x", "/work", "<"):
            assert word not in answer.text.lower()

"""The OpenAPI document: every answer that a route gives stands in it, and is as it says."""

from re import sub
from typing import Any
from uuid import uuid4

import pytest
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from app.registry.errors import REFUSALS
from tests.api.doors import Doors
from tests.api.parties import Party, joined, new_device

UNKNOWN = "00000000-0000-4000-8000-000000000000"
METHODS = ("get", "post", "put", "delete")
EMPTY: dict[str, object] = {}
FILLED = {
    "{organisation}": UNKNOWN,
    "{account}": UNKNOWN,
    "{sender}": UNKNOWN,
    "{device}": UNKNOWN,
    "{report}": UNKNOWN,
    "{issuance}": UNKNOWN,
    "{transfer}": UNKNOWN,
    "{retirement}": UNKNOWN,
    "{operation}": UNKNOWN,
    "{adjustment}": UNKNOWN,
    "{withdrawal}": UNKNOWN,
    "{replay}": UNKNOWN,
    "{prefix}": "0" * 16,
    "{height}": "1",
}
MORE = [
    ("GET", "/v1/blocks", "/v1/blocks?limit=2"),
    ("GET", "/v1/blocks", "/v1/blocks?limit=201"),
    ("GET", "/v1/blocks/{height}", "/v1/blocks/77"),
    ("GET", "/v1/blocks/{height}/operations", "/v1/blocks/77/operations"),
    ("GET", "/v1/integrity", "/v1/integrity?from=1&to=2"),
    ("GET", "/v1/integrity", "/v1/integrity?from=2&to=1"),
    ("GET", "/v1/integrity", "/v1/integrity?from=x"),
    ("GET", "/v1/operations", "/v1/operations?type=genesis"),
]


def document_of(doors: Doors) -> dict[str, Any]:
    found: dict[str, Any] = doors.client.get("/v1/openapi.json").get_json()
    return found


def operations(path: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {method: path[method] for method in METHODS if method in path}


def filled(path: str) -> str:
    for name, value in FILLED.items():
        path = path.replace(name, value)
    return path


def check(document: dict[str, Any], method: str, path: str, answer: TestResponse) -> None:
    """Find status, headers, content type and body of an answer in the document."""
    described = operations(document["paths"][path])
    for operation in [described[method]] if method in described else described.values():
        said = operation["responses"][str(answer.status_code)]
        assert set(said.get("headers", ())) - {"Idempotency-Replayed"} <= set(answer.headers.keys())
        assert said["description"]
        if "content" not in said:
            assert not answer.data
            continue
        schema = said["content"][answer.content_type]["schema"]
        assert "$ref" in schema
        Draft202012Validator({**schema, "components": document["components"]}).validate(answer.json)


@pytest.mark.parametrize("role", ["none", "generator", "auditor", "issuing_body"])
def test_every_answer_of_every_route_is_documented(doors: Doors, role: str) -> None:
    document = document_of(doors)
    asked = [
        (method.upper(), path, filled(path) + query)
        for path, item in document["paths"].items()
        for query in ("", "?a=1")
        for method in (*operations(item), "patch")
        if not path.endswith("/receipt")
    ]

    for method, path, url in [*asked, *MORE]:
        headers = {**doors.header(role), "Idempotency-Key": str(uuid4())}
        answer = doors.client.open(url, method=method, json=EMPTY, headers=headers)
        check(document, method.lower(), path, answer)

    assert document["openapi"] == "3.1.0"
    assert len(asked) > 200


def test_every_route_of_the_version_is_documented_and_no_other(doors: Doors) -> None:
    document = document_of(doors)
    described = {
        (method.upper(), path)
        for path, item in document["paths"].items()
        for method in operations(item)
    }

    routes = {
        (method, sub(r"<(?:[^:<>]+:)?([^<>]+)>", r"{\1}", rule.rule))
        for rule in doors.app.url_map.iter_rules()
        if not rule.rule.startswith(("/v1/docs", "/metrics"))
        for method in (rule.methods or set()) - {"HEAD"}
    }

    assert routes == described


def test_every_operation_documents_wrong_methods_with_allow(doors: Doors) -> None:
    found = [
        operation
        for path in document_of(doors)["paths"].values()
        for operation in operations(path).values()
    ]

    assert all("Allow" in item["responses"]["405"]["headers"] for item in found)


def test_every_operation_says_what_it_does_in_a_sentence(doors: Doors) -> None:
    for path, item in document_of(doors)["paths"].items():
        for method, operation in operations(item).items():
            assert operation["summary"].endswith("."), (method, path)


def test_every_write_documents_its_key_and_what_every_write_is_refused_for(doors: Doors) -> None:
    reads = {
        "/v1/integrity/replays",
        "/v1/issuances/preview",
        "/v1/measurement-files/check",
    }

    for path, item in document_of(doors)["paths"].items():
        for method, operation in operations(item).items():
            names = {parameter["name"] for parameter in operation.get("parameters", ())}
            is_write = method != "get" and path not in reads
            assert ("Idempotency-Key" in names) is is_write, (method, path)
            if is_write:
                assert "idempotency-key-required" in operation["responses"]["400"]["description"]
                assert "idempotency-key-reused" in operation["responses"]["422"]["description"]
                assert "busy" in operation["responses"]["503"]["description"]


def test_a_device_that_is_held_already_is_answered_as_documented(doors: Doors) -> None:
    body = Party(doors.client, doors.keys["issuing_body"])
    party = joined(doors.client, body, "generator")
    device = party.made("/devices", new_device())["id"]
    tag = party.get(f"/devices/{device}").headers["ETag"]

    answer = party.get(f"/devices/{device}", **{"If-None-Match": tag})

    assert answer.status_code == 304
    check(document_of(doors), "get", "/v1/devices/{device}", answer)


def test_every_member_of_every_schema_is_described(doors: Doors) -> None:
    schemas = document_of(doors)["components"]["schemas"]

    silent = [
        f"{schema}.{name}"
        for schema, said in schemas.items()
        for name, member in said.get("properties", {}).items()
        if not {"description", "enum", "$ref"} & member.keys() and "items" not in member
    ]

    ours = ("issue", "operation", "report")
    assert [name for name in silent if name.partition(".")[2] not in ours] == []


def test_codes_in_the_document_are_codes_of_the_tables(doors: Doors) -> None:
    text = doors.client.get("/v1/openapi.json").text

    assert sum(code in text for code in REFUSALS) > 50

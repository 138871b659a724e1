"""The OpenAPI document: every answer that a route gives stands in it, and is as it says."""

from typing import Any

import pytest
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from werkzeug.test import TestResponse

from tests.api.doors import Doors

UNKNOWN = "00000000-0000-4000-8000-000000000000"
REQUESTS = [
    ("GET", "/v1/health", "/v1/health"),
    ("GET", "/v1/health", "/v1/health?a=1"),
    ("PUT", "/v1/health", "/v1/health"),
    ("GET", "/v1/blocks", "/v1/blocks?limit=2"),
    ("GET", "/v1/blocks", "/v1/blocks?limit=201"),
    ("DELETE", "/v1/blocks", "/v1/blocks"),
    ("GET", "/v1/blocks/{height}", "/v1/blocks/1"),
    ("GET", "/v1/blocks/{height}", "/v1/blocks/77"),
    ("GET", "/v1/blocks/{height}", "/v1/blocks/1?height=2"),
    ("POST", "/v1/blocks/{height}", "/v1/blocks/1"),
    ("GET", "/v1/integrity", "/v1/integrity?from=1&to=2"),
    ("GET", "/v1/integrity", "/v1/integrity?from=2&to=1"),
    ("GET", "/v1/integrity", "/v1/integrity?from=x"),
    ("PATCH", "/v1/integrity", "/v1/integrity"),
    ("POST", "/v1/integrity/replays", "/v1/integrity/replays"),
    ("POST", "/v1/integrity/replays", "/v1/integrity/replays?a=1"),
    ("GET", "/v1/integrity/replays", "/v1/integrity/replays"),
    ("GET", "/v1/integrity/replays/{replay}", f"/v1/integrity/replays/{UNKNOWN}"),
    ("GET", "/v1/integrity/replays/{replay}", f"/v1/integrity/replays/{UNKNOWN}?a=1"),
    ("OPTIONS", "/v1/integrity/replays/{replay}", f"/v1/integrity/replays/{UNKNOWN}"),
    ("GET", "/v1/openapi.json", "/v1/openapi.json"),
    ("GET", "/v1/openapi.json", "/v1/openapi.json?a=1"),
    ("TRACE", "/v1/openapi.json", "/v1/openapi.json"),
]


def operations(path: dict[str, Any]) -> list[dict[str, Any]]:
    return [item for method, item in path.items() if method in ("get", "post")]


def check(client: FlaskClient, path: str, answer: TestResponse) -> None:
    """Find status, headers, content type and body of an answer in the document."""
    document = client.get("/v1/openapi.json").get_json()
    for operation in operations(document["paths"][path]):
        said = operation["responses"][str(answer.status_code)]
        assert set(said["headers"]) <= set(answer.headers.keys())
        schema = said["content"][answer.content_type]["schema"]
        Draft202012Validator({**schema, "components": document["components"]}).validate(
            answer.get_json()
        )


@pytest.mark.parametrize("role", ["none", "buyer", "auditor"])
def test_every_answer_of_every_route_is_documented(doors: Doors, role: str) -> None:
    for method, path, url in REQUESTS:
        answer = doors.client.open(url, method=method, headers=doors.header(role))

        check(doors.client, path, answer)


def test_the_list_above_leaves_no_route_out(doors: Doors) -> None:
    document = doors.client.get("/v1/openapi.json").get_json()

    assert document["openapi"] == "3.1.0"
    assert set(document["paths"]) == {path for _, path, _ in REQUESTS}


def test_every_operation_documents_wrong_methods_with_allow(doors: Doors) -> None:
    document = doors.client.get("/v1/openapi.json").get_json()
    found = [item for path in document["paths"].values() for item in operations(path)]

    assert all("Allow" in item["responses"]["405"]["headers"] for item in found)


def test_every_member_of_every_schema_is_described(doors: Doors) -> None:
    schemas = doors.client.get("/v1/openapi.json").get_json()["components"]["schemas"]

    silent = [
        f"{schema}.{name}"
        for schema, said in schemas.items()
        for name, member in said["properties"].items()
        if not {"description", "enum", "$ref"} & member.keys() and "items" not in member
    ]

    assert [name for name in silent if not name.endswith(".report")] == []

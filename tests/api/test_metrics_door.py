"""The door of metrics: for the operator's monitoring, with the log and the leases as they stand."""

from prometheus_client.parser import text_string_to_metric_families

from app.registry.organisations import OPERATOR
from app.storage.leases import LeaseRows
from tests.api.doors import Doors


def test_only_the_operator_reads_metrics(doors: Doors) -> None:
    roles = ("none", "generator", "buyer", "auditor", "issuing_body", OPERATOR)

    statuses = {
        role: doors.client.get("/metrics", headers=doors.header(role)).status_code for role in roles
    }

    assert statuses == {**dict.fromkeys(roles, 403), "none": 401, OPERATOR: 200}


def test_metrics_tell_the_head_and_the_leases_at_this_moment(doors: Doors) -> None:
    token = LeaseRows(doors.registry.storage.database).take("worker", "h", duration_ms=60_000)
    with doors.registry.storage.log() as log:
        head = log.head

    answer = doors.client.get("/metrics", headers=doors.header("operator"))

    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    assert answer.content_type.startswith("text/plain; version=")
    assert found["eac_log_height",] == head.height
    assert found["eac_log_leaves",] == head.size
    assert found["eac_lease_token", "worker"] == token
    assert found["eac_lease_expires_seconds", "worker"] > 1_700_000_000


def test_metrics_are_not_in_the_document(doors: Doors) -> None:
    document = doors.client.get("/v1/openapi.json").get_json()

    assert "/metrics" not in document["paths"]

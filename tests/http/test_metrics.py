"""Metrics: counted by rule, of every worker together, and without end in no label."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from prometheus_client.parser import text_string_to_metric_families

from app.http.metrics import (
    FOLDER_NAME,
    REGISTRY,
    Reading,
    count_operations,
    exposition,
    observe_group,
)

ROOT = Path(__file__).parents[2]
Grown = Callable[[], float]


def samples(text: bytes) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Return samples by name and labels, as a scraper reads them."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text.decode())
        for sample in family.samples
    }


def growing(name: str, **labels: str) -> Grown:
    """Return what tells by how much a value has grown since now."""
    before = REGISTRY.get_sample_value(name, labels) or 0.0
    return lambda: (REGISTRY.get_sample_value(name, labels) or 0.0) - before


@pytest.mark.parametrize(
    ("rule", "status"), [("things", 200), ("refusing", 422), ("crashing", 500)]
)
def test_a_request_is_counted_once_by_rule_method_and_status(
    door: Flask, rule: str, status: int
) -> None:
    route = f"/v1/{rule}/<name>"
    counted = growing("eac_requests_total", route=route, method="POST", status=str(status))
    timed = growing("eac_request_duration_seconds_count", route=route, method="POST")

    door.test_client().post(f"/v1/{rule}/a")
    door.test_client().post(f"/v1/{rule}/b")

    assert (counted(), timed()) == (2, 2)


def test_refusals_are_counted_by_code(door: Flask) -> None:
    refused = growing("eac_requests_refused_total", code="invalid-range")

    door.test_client().post("/v1/refusing/a")
    door.test_client().post("/v1/things/a")

    assert refused() == 1


def test_what_a_caller_invents_is_no_label(door: Flask) -> None:
    counted = growing("eac_requests_total", route="other", method="other", status="405")

    for number in range(20):
        door.test_client().open("/v1/things/x", method=f"INVENTED{number}")
        door.test_client().get(f"/invented/{number}")

    assert counted() == 20
    assert b"invented" not in exposition().lower()


def test_operations_and_groups_are_counted() -> None:
    operations = growing("eac_operations_recorded_total", type="transfer")
    groups = growing("eac_group_operations_count")
    in_groups = growing("eac_group_operations_sum")

    count_operations("transfer")
    count_operations("transfer", 4)
    observe_group(operations=5, waiting=3)
    observe_group(operations=3, waiting=0)

    assert (operations(), groups(), in_groups()) == (5, 2, 8)
    assert REGISTRY.get_sample_value("eac_queue_operations") == 0


def test_readings_stand_beside_what_is_counted() -> None:
    count_operations("transfer")

    found = samples(
        exposition(
            [
                Reading("eac_height", "The height.", (("", 7),)),
                Reading("eac_lease", "A lease.", (("worker", 1), ("x", 2)), label="lease"),
            ]
        )
    )

    assert found["eac_height", ()] == 7
    assert found["eac_lease", (("lease", "worker"),)] == 1
    assert found["eac_lease", (("lease", "x"),)] == 2
    assert found["eac_operations_recorded_total", (("type", "transfer"),)] >= 1


COUNT = """
import sys
from app.http.metrics import count_operations, observe_group
count_operations("transfer", 3)
observe_group(10, 5)
print("counted", flush=True)
sys.stdin.read()
"""
SHOW = """
import sys
from app.http.metrics import Reading, exposition
sys.stdout.buffer.write(exposition([Reading("eac_height", "The height.", (("", 7),))]))
"""


def python(program: str, folder: Path) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), FOLDER_NAME: str(folder)}
    return subprocess.Popen(
        [sys.executable, "-c", program],
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )


def test_workers_that_share_a_folder_are_counted_together_and_the_dead_wait_for_nothing(
    tmp_path: Path,
) -> None:
    gone, alive = python(COUNT, tmp_path), python(COUNT, tmp_path)
    for worker in (gone, alive):
        assert worker.stdout is not None
        assert worker.stdout.readline() == b"counted\n"
    gone.kill()
    gone.communicate()

    shown, _ = python(SHOW, tmp_path).communicate()
    alive.communicate()

    found = samples(shown)
    assert found["eac_operations_recorded_total", (("type", "transfer"),)] == 6
    assert found["eac_group_operations_sum", ()] == 20
    assert found["eac_queue_operations", ()] == 5
    assert found["eac_height", ()] == 7

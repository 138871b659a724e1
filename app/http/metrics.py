"""Metrics for Prometheus: of this process, and of every web worker that shares its folder.

Several workers add up where `eac serve` named a folder before they started; prometheus-client
then keeps its values in files there. What only the database knows is read when it is asked for.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from os import kill
from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from app.http.answered import Answered
from app.settings import told

MEDIA_TYPE = CONTENT_TYPE_LATEST
FOLDER_NAME = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus-client learns, when it is imported, where workers share."""

_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_OPERATIONS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000)
_US_IN_S = 1_000_000

REGISTRY = CollectorRegistry()
REQUESTS = Counter(
    "eac_requests",
    "Requests answered, by rule, method and status.",
    ("route", "method", "status"),
    registry=REGISTRY,
)
DURATION = Histogram(
    "eac_request_duration_seconds",
    "Time from a request's arrival in the application to its answer.",
    ("route", "method"),
    buckets=_SECONDS,
    registry=REGISTRY,
)
REFUSED = Counter(
    "eac_requests_refused", "Requests refused, by public code.", ("code",), registry=REGISTRY
)
OPERATIONS = Counter(
    "eac_operations_recorded", "Operations recorded, by type.", ("type",), registry=REGISTRY
)
GROUP = Histogram(
    "eac_group_operations",
    "Operations decided together in one group.",
    buckets=_OPERATIONS,
    registry=REGISTRY,
)
QUEUE = Gauge(
    "eac_queue_operations",
    "Operations that wait for a group.",
    registry=REGISTRY,
    multiprocess_mode="livesum",
)


@dataclass(frozen=True, slots=True)
class Reading:
    """What is read when metrics are asked for: one number, or one for each value of a label."""

    name: str
    meaning: str
    values: tuple[tuple[str, int], ...]
    label: str = ""

    def collect(self) -> Iterator[Metric]:
        """Yield it as a gauge."""
        family = GaugeMetricFamily(
            self.name, self.meaning, labels=[self.label] if self.label else []
        )
        for value, number in self.values:
            family.add_metric([value] if self.label else [], number)
        yield family


def count_request(answered: Answered) -> None:
    """Count a request, its duration and, where it was refused, its code."""
    REQUESTS.labels(answered.route, answered.method, answered.status).inc()
    DURATION.labels(answered.route, answered.method).observe(answered.duration_us / _US_IN_S)
    if answered.code is not None:
        REFUSED.labels(answered.code).inc()


def count_operations(type: str, n: int = 1) -> None:
    """Count recorded operations of a type."""
    OPERATIONS.labels(type).inc(n)


def observe_group(operations: int, waiting: int) -> None:
    """Take how many operations make the next group, and how many wait still."""
    GROUP.observe(operations)
    QUEUE.set(waiting)


def exposition(readings: Iterable[Reading] = ()) -> bytes:
    """Return all metrics as Prometheus reads them; of all workers where they share a folder."""
    gathered = CollectorRegistry()
    folder = told(FOLDER_NAME)
    if folder:
        _forget_the_dead(Path(folder))
    of_workers: Any = MultiProcessCollector  # which is not annotated
    for collector in (of_workers(None, folder) if folder else REGISTRY, *readings):
        gathered.register(collector)
    return generate_latest(gathered)


def _forget_the_dead(folder: Path) -> None:
    """Take away what waits in a worker that is gone; what it counted stays."""
    for path in folder.glob("gauge_live*_*.db"):
        pid = int(path.stem.rpartition("_")[2])
        try:
            kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]  # not annotated

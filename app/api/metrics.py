"""Metrics: for the operator's monitoring alone; not part of the API that parties call."""

from flask import Flask, Response

from app.http.access import allow
from app.http.context import context
from app.http.metrics import MEDIA_TYPE, Reading, exposition
from app.registry.organisations import OPERATOR
from app.reporting.leases import list_leases

_HEIGHT = "Height of the newest block."
_SIZE = "Leaves in the log."
_LEASE = "UTC second at which a worker's lease runs out; 0 where it was given back."
_TOKEN = "How often a worker's lease was given to another holder."  # noqa: S105 - a fencing token
_MS_IN_S = 1000


def install(app: Flask) -> None:
    """Answer /metrics."""
    app.add_url_rule("/metrics", "metrics", allow(OPERATOR)(show_metrics), methods=["GET"])


def show_metrics() -> Response:
    """Show what Prometheus scrapes, with an API key of the operator as its bearer token."""
    storage = context().storage
    with storage.log() as log:
        head = log.head
    leases = list_leases(storage)
    readings = (
        Reading("eac_log_height", _HEIGHT, (("", head.height),)),
        Reading("eac_log_leaves", _SIZE, (("", head.size),)),
        Reading(
            "eac_lease_expires_seconds",
            _LEASE,
            tuple((lease.name, lease.expires_at // _MS_IN_S) for lease in leases),
            label="lease",
        ),
        Reading(
            "eac_lease_token",
            _TOKEN,
            tuple((lease.name, lease.token) for lease in leases),
            label="lease",
        ),
    )
    return Response(exposition(readings), content_type=MEDIA_TYPE)

"""Every table: the log, its projection, and the few rows that no replay can rebuild."""

from app.storage.kept_tables import (
    credentials,
    documents,
    readings,
    replays,
    signed,
    vault,
)
from app.storage.log_tables import (
    blocks,
    head,
    leaves,
    tiles,
)
from app.storage.projection_tables import (
    accounts,
    bundles,
    devices,
    domains,
    issuances,
    organisations,
    registries,
    requests,
    retirements,
    senders,
    spans,
)
from app.storage.schema import metadata

PROJECTION = (
    registries,
    domains,
    organisations,
    accounts,
    senders,
    devices,
    spans,
    requests,
    issuances,
    retirements,
    bundles,
)
"""Rebuilt by replay; every other table is the log or stands in the last part above."""

__all__ = [
    "PROJECTION",
    "accounts",
    "blocks",
    "bundles",
    "credentials",
    "devices",
    "documents",
    "domains",
    "head",
    "issuances",
    "leaves",
    "metadata",
    "organisations",
    "readings",
    "registries",
    "replays",
    "requests",
    "retirements",
    "senders",
    "signed",
    "spans",
    "tiles",
    "vault",
]

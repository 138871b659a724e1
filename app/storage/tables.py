"""Every table: the log, its projection, and the few rows that no replay can rebuild."""

from app.storage.kept_tables import (
    applications,
    credentials,
    documents,
    leases,
    readings,
    refusals,
    replays,
    signed,
    vault,
)
from app.storage.log_tables import (
    blocks,
    head,
    leaves,
    parties,
    tiles,
)
from app.storage.projection_tables import (
    accounts,
    bundles,
    devices,
    domains,
    issuances,
    offers,
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
    offers,
    retirements,
    bundles,
)
"""Rebuilt by replay; every other table is the log or stands in the last part above."""

__all__ = [
    "PROJECTION",
    "accounts",
    "applications",
    "blocks",
    "bundles",
    "credentials",
    "devices",
    "documents",
    "domains",
    "head",
    "issuances",
    "leases",
    "leaves",
    "metadata",
    "offers",
    "organisations",
    "parties",
    "readings",
    "refusals",
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

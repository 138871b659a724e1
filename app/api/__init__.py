"""The REST door: translates, decides nothing; one file for each resource."""

from app.api import (
    accounts,
    authorities,
    blocks,
    bulk,
    bundles,
    devices,
    document,
    health,
    integrity,
    issuances,
    keys,
    measurements,
    metrics,
    operations,
    organisations,
    pages,
    refusals,
    retirements,
    transfers,
)

DOORS = (
    health.door,
    authorities.door,
    organisations.door,
    keys.door,
    accounts.door,
    devices.door,
    measurements.door,
    issuances.door,
    bundles.door,
    transfers.door,
    retirements.door,
    operations.door,
    bulk.door,
    blocks.door,
    integrity.door,
    refusals.door,
    document.door,
)
PLAIN = (pages.install, metrics.install)
"""What is not described in the document."""

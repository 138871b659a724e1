"""The demo's registry: one domain, whose windows keep 2024's production alive for years."""

from app.demo.parties import COUNTRY
from app.registry.presets import domain_of
from app.services.founding import Founding

FOUNDING = Founding(
    origin="demo.localhost/eac",
    engine="bft",
    authorities=(
        "regulator.demo.localhost",
        "grid-operator.demo.localhost",
        "issuing-body.demo.localhost",
        "registry-operator.demo.localhost",
    ),
    domains=(
        domain_of(
            {
                "scheme": "go",
                "code": COUNTRY,
                "country": COUNTRY,
                "timezone": "Pacific/Auckland",
                "transfer_months": 240,
                "retire_months": 246,
                "issuer_prefix": "952000001",
                "issue_windows": [{"days": 3660}],
            }
        ),
    ),
)

"""The demo's registry: one domain, whose windows keep 2024's production alive for years."""

from app.demo.parties import COUNTRY
from app.registry.domains import DomainSettings
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
        DomainSettings(
            code=COUNTRY,
            country=COUNTRY,
            timezone="Pacific/Auckland",
            face_value_wh=1_000_000,
            transfer_months=240,
            retire_months=246,
            issuer_prefix="952000001",
            code_lists="eecs-1",
            sources=("F01",),
        ),
    ),
)

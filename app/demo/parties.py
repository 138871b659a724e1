"""The demo's parties: generators of the bundled fleet, and made-up ones beside them."""

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID, uuid5

from app.demo.fleet import FleetDevice
from app.registry.organisations import AUDITOR, BUYER, GENERATOR, MEASUREMENT_BODY

_NAMESPACE = UUID("6f5a3b1e-52c1-5a57-9d0b-2f3f0f0f2024")
COUNTRY = "NZ"


def demo_id(*names: str) -> str:
    """Return the id of something in the demo, the same each time (UUIDv5, RFC 9562 5.5)."""
    return str(uuid5(_NAMESPACE, "/".join(names)))


@dataclass(frozen=True, slots=True)
class Party:
    """An organisation and the one account it needs."""

    code: str
    name: str
    role: str

    @property
    def id(self) -> str:
        """The organisation's id."""
        return demo_id("organisation", self.code)

    @property
    def account(self) -> str:
        """The account's id."""
        return demo_id("account", self.code)


SUPPLIERS = (
    Party("DEMO-SUPPLIER-A", "Demo Supplier A (made up)", BUYER),
    Party("DEMO-SUPPLIER-B", "Demo Supplier B (made up)", BUYER),
    Party("DEMO-SUPPLIER-C", "Demo Supplier C (made up)", BUYER),
)
DEMO_METERING = Party("DEMO-METERING", "Demo Metering (made up)", MEASUREMENT_BODY)
DEMO_AUDITOR = Party("DEMO-AUDITOR", "Demo Auditor (made up)", AUDITOR)

VERIFIER, APPROVER = OFFICERS = (demo_id("person", "verifier"), demo_id("person", "approver"))
"""Two persons of the issuing body: one verifies what is large, the other approves it (R8)."""


def generators(devices: Iterable[FleetDevice]) -> tuple[Party, ...]:
    """Return the operators of the fleet, in order of their codes."""
    names = {device.operator_code: device.operator_name for device in devices}
    return tuple(Party(code, name, GENERATOR) for code, name in sorted(names.items()))

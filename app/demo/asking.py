"""What the demo's parties ask, stage by stage, under ids that are the same each time."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import cycle

from app.demo.consumers import SMELTER, Consumer
from app.demo.devices import MONTH, DemoDevice
from app.demo.fleet import RefusedSeries
from app.demo.joining import committed
from app.demo.parties import (
    APPROVER,
    COUNTRY,
    DEMO_METERING,
    SUPPLIERS,
    VERIFIER,
    Party,
    demo_id,
)
from app.registry.devices import GRID, PRODUCTION
from app.registry.operations.device_approve import DeviceApprove
from app.registry.operations.device_register import DeviceRegister
from app.registry.operations.device_review import DeviceReview
from app.registry.operations.issue_approve import IssueApprove
from app.registry.operations.issue_request import IssueRequest
from app.registry.operations.issue_review import IssueReview
from app.registry.operations.measure_accept import MeasureAccept
from app.registry.operations.retire import Retire
from app.registry.operations.transfer import Transfer
from app.registry.ranges import Range
from app.services.documents import documented
from app.services.measure import measured
from app.services.record import Asked
from app.services.vault import Vault

FACE_VALUE_WH = 1_000_000
SHARE_PERCENT = 25
"""How much of what it was issued a generator transfers to each of the three suppliers."""

AUTOMATIC_WH = 100_000_000_000
"""100 GWh: a month of more than that is looked at by two persons."""

VALID_UNTIL = 1_869_609_600_000
"""2029-03-31T00:00:00Z: within five years of the month."""

FOSSIL_CODES = {
    "Coal": ("F02010100", "T050000"),
    "Diesel": ("F02020000", "T050000"),
    "Gas": ("F02030100", "T050000"),
}


@dataclass(frozen=True, slots=True)
class Asking:
    """Builds the operations of every stage for one registry."""

    origin: str
    issuing_body: str
    vault: Vault
    generators: Mapping[str, Party]

    def registrations(self, devices: Iterable[DemoDevice]) -> Iterator[Asked]:
        """Register, verify and approve; a device with a guessed capacity is issued to by hand."""
        for device in devices:
            digest, kept = documented(device.document)
            codes = (device.fleet.energy_source, device.fleet.technology)
            yield Asked(
                self._register(device, device=device.id, codes=codes, attributes=digest), kept
            )
            yield from self._decisions(device)

    def fossil(self, series: RefusedSeries, like: DemoDevice) -> Asked:
        """Ask for a fossil series as if it were a device: the registry's own rules must refuse."""
        digest, _ = documented({"series": list(series.series)})
        device = demo_id("device", *series.series)
        codes = FOSSIL_CODES[series.series[3]]
        return Asked(self._register(like, device=device, codes=codes, attributes=digest))

    def measurements(self, devices: Iterable[DemoDevice]) -> Iterator[Asked]:
        """Report every half-hour of the month, and the gaps."""
        for device in devices:
            yield measured(
                id=demo_id("measure", device.id),
                origin=self.origin,
                by=DEMO_METERING.id,
                device=device.id,
                capacity_w=device.capacity_w,
                days=device.days,
                gaps=device.gaps,
            )

    def acceptances(self, devices: Iterable[DemoDevice]) -> Iterator[Asked]:
        """Accept, on the record, each day that has readings over the registered capacity."""
        for device in devices:
            starts = tuple(sorted(device.fleet.over_capacity))
            if starts:
                yield Asked(
                    MeasureAccept(
                        id=demo_id(MeasureAccept.type, device.id),
                        origin=self.origin,
                        by=self.issuing_body,
                        device=device.id,
                        spans=starts,
                        reason="source-data-as-published",
                    ),
                )

    def requests(self, devices: Iterable[DemoDevice]) -> Iterator[Asked]:
        """Request the month's certificates of each device."""
        for device in devices:
            owner = self._owner(device)
            yield Asked(
                IssueRequest(
                    id=demo_id(IssueRequest.type, device.id),
                    origin=self.origin,
                    by=owner.id,
                    issuance=device.issuance,
                    device=device.id,
                    account=owner.account,
                    period_start=MONTH[0],
                    period_end=MONTH[1],
                ),
            )

    def approvals(self, devices: Iterable[DemoDevice]) -> Iterator[Asked]:
        """Verify and approve, by two persons, what is not automatic."""
        for device in devices:
            yield Asked(
                IssueReview(
                    id=demo_id(IssueReview.type, device.id),
                    origin=self.origin,
                    by=self.issuing_body,
                    person=VERIFIER,
                    issuance=device.issuance,
                    outcome="verified",
                    reason="readings-checked",
                )
            )
            yield Asked(
                IssueApprove(
                    id=demo_id(IssueApprove.type, device.id),
                    origin=self.origin,
                    by=self.issuing_body,
                    person=APPROVER,
                    issuance=device.issuance,
                )
            )

    def transfers(self, devices: Iterable[DemoDevice]) -> Iterator[Asked]:
        """Give each supplier its share of every generator's certificates.

        One who has a single issuance names ranges, the others a quantity of the oldest.
        """
        issued: dict[str, list[DemoDevice]] = {code: [] for code in self.generators}
        for device in devices:
            issued[device.fleet.operator_code].append(device)
        for code, owned in issued.items():
            share = sum(certificates(device) for device in owned) * SHARE_PERCENT // 100
            for number, supplier in enumerate(SUPPLIERS if share else ()):
                named = (Range(owned[0].issuance, number * share + 1, (number + 1) * share),)
                yield Asked(
                    Transfer(
                        id=demo_id(Transfer.type, f"{code}/{supplier.code}"),
                        origin=self.origin,
                        by=self.generators[code].id,
                        from_=self.generators[code].account,
                        to=supplier.account,
                        items=named if len(owned) == 1 else None,
                        quantity=None if len(owned) == 1 else share,
                    ),
                )

    def retirements(self, consumers: Iterable[Consumer]) -> Iterator[Asked]:
        """Retire for each consumer's metered month; the smelter has a supplier of its own."""
        others = cycle(SUPPLIERS[1:])
        for consumer in consumers:
            key = (consumer.point, consumer.network)
            supplier = SUPPLIERS[0] if key == SMELTER else next(others)
            commitment, kept = committed(
                self.vault,
                f"beneficiary/{'/'.join(key)}",
                {"name": consumer.name, "connection_point": consumer.point},
            )
            yield Asked(
                Retire(
                    id=demo_id(Retire.type, "/".join(key)),
                    origin=self.origin,
                    by=supplier.id,
                    retirement=demo_id("retirement", *key),
                    account=supplier.account,
                    usage="disclosure",
                    beneficiary=commitment,
                    country=COUNTRY,
                    period_start=MONTH[0],
                    period_end=MONTH[1],
                    quantity=consumer.energy_wh // FACE_VALUE_WH,
                ),
                kept,
            )

    def _decisions(self, device: DemoDevice) -> Iterator[Asked]:
        """Yield the verification and the approval of a registration, by two persons (R8)."""
        yield Asked(
            DeviceReview(
                id=demo_id(DeviceReview.type, device.id),
                origin=self.origin,
                by=self.issuing_body,
                person=VERIFIER,
                device=device.id,
                number=1,
                outcome="verified",
                reason="register-checked",
            )
        )
        yield Asked(
            DeviceApprove(
                id=demo_id(DeviceApprove.type, device.id),
                origin=self.origin,
                by=self.issuing_body,
                person=APPROVER,
                device=device.id,
                number=1,
                valid_from=MONTH[0],
                valid_until=VALID_UNTIL,
                automatic_wh=0 if device.is_flagged else AUTOMATIC_WH,
            ),
        )

    def _register(
        self, like: DemoDevice, *, device: str, codes: tuple[str, str], attributes: str
    ) -> DeviceRegister:
        energy_source, technology = codes
        return DeviceRegister(
            id=demo_id(DeviceRegister.type, device),
            origin=self.origin,
            by=self._owner(like).id,
            device=device,
            domain=COUNTRY,
            gsrn=like.gsrn,
            energy_source=energy_source,
            technology=technology,
            capacity_w=like.capacity_w,
            commissioned_on=like.commissioned_on,
            attributes=attributes,
            kind=PRODUCTION,
            support="unknown",
            dissemination=GRID,
            measurement_body=DEMO_METERING.id,
        )

    def _owner(self, device: DemoDevice) -> Party:
        return self.generators[device.fleet.operator_code]


def certificates(device: DemoDevice) -> int:
    """Return how many whole certificates the month's energy gives, without a carry."""
    return device.fleet.energy_wh // FACE_VALUE_WH

"""The demo's journey: real production in; certificates issued, transferred and retired.

Every operation has the same id each time, so that a journey that was cut off goes on where it
was: what is recorded already is answered from the log.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from app.demo.asking import Asking
from app.demo.consumers import Consumer, read_consumers
from app.demo.devices import DemoDevice
from app.demo.fleet import RefusedSeries, read_fleet
from app.demo.joining import Joining
from app.demo.parties import generators
from app.factory import Registry
from app.registry.errors import RefusalError
from app.services.record import Asked, Outcome

GROUP = 12

Progress = Callable[[str, int, int], None]
"""Called with the stage, how many of its operations are done, and how many there are."""


class JourneyError(Exception):
    """The registry answered otherwise than the bundled data give it reason to."""


@dataclass(slots=True)
class Story:
    """What the journey met that a reader should know."""

    refused: list[tuple[RefusedSeries, str]] = field(default_factory=list)
    not_issued: list[DemoDevice] = field(default_factory=list)
    flagged: list[DemoDevice] = field(default_factory=list)
    gaps: list[DemoDevice] = field(default_factory=list)
    findings: dict[str, int] = field(default_factory=dict)
    retired_for: list[Consumer] = field(default_factory=list)


class Journey:
    """Takes the bundled month through a founded registry, stage by stage."""

    def __init__(self, registry: Registry, progress: Progress) -> None:
        """Read the bundled data."""
        fleet = read_fleet()
        self._registry = registry
        self._progress = progress
        self._refused = fleet.refused
        self._devices = [
            DemoDevice(device, number) for number, device in enumerate(fleet.devices, 1)
        ]
        who = (registry.identity.origin, registry.issuing_body, registry.vault)
        found = {party.code: party for party in generators(fleet.devices)}
        self._asking = Asking(*who, found)
        self._joining = Joining(*who, found)
        self._story = Story(
            flagged=[device for device in self._devices if device.is_flagged],
            gaps=[device for device in self._devices if device.gaps],
            findings={
                device.fleet.name: sum(device.fleet.over_capacity.values())
                for device in self._devices
                if device.fleet.over_capacity
            },
        )

    def run(self) -> Story:
        """Go through every stage. Raises JourneyError where an answer is not as expected."""
        self._accept("admit parties", self._joining.parties())
        self._accept("register devices", self._asking.registrations(self._devices))
        self._refuse_fossils()
        self._accept("read half-hours", self._asking.measurements(self._devices))
        self._accept("accept findings", self._asking.acceptances(self._devices))
        self._issue()
        self._accept("transfer", self._asking.transfers(self._issued()))
        self._retire()
        return self._story

    def _refuse_fossils(self) -> None:
        asked = [self._asking.fossil(series, self._devices[0]) for series in self._refused]
        outcomes = self._record("refuse fossil series", asked)
        for series, outcome in zip(self._refused, outcomes, strict=True):
            if not isinstance(outcome, RefusalError):
                raise JourneyError(f"fossil series {series.series} was registered")
            self._story.refused.append((series, outcome.code))

    def _issue(self) -> None:
        outcomes = self._record("issue", list(self._asking.requests(self._devices)))
        by_hand: list[DemoDevice] = []
        for device, outcome in zip(self._devices, outcomes, strict=True):
            if isinstance(outcome, RefusalError):
                if outcome.code != "below-face-value":
                    raise JourneyError(f"{device.fleet.name}: {outcome}")
                self._story.not_issued.append(device)
            elif not outcome.follows:
                by_hand.append(device)
        self._accept("approve by hand", self._asking.approvals(by_hand))

    def _issued(self) -> list[DemoDevice]:
        return [device for device in self._devices if device not in self._story.not_issued]

    def _retire(self) -> None:
        """Retire for who consumes; house load belongs to generators and is not deducted."""
        self._story.retired_for = [
            consumer for consumer in read_consumers() if consumer.kind != "house-load"
        ]
        self._accept("retire", self._asking.retirements(self._story.retired_for))

    def _accept(self, stage: str, asked: Iterable[Asked]) -> None:
        for outcome in self._record(stage, list(asked)):
            if isinstance(outcome, RefusalError):
                raise JourneyError(f"{stage}: {outcome}")

    def _record(self, stage: str, asked: list[Asked]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for at in range(0, len(asked), GROUP):
            outcomes += self._registry.record(asked[at : at + GROUP])
            self._progress(stage, len(outcomes), len(asked))
        return outcomes

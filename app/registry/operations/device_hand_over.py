"""Hand a device over: its registrant names who is registrant from an instant on."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from app.registry.devices import APPROVED, SUBMITTED, SUPERSEDED, SUSPENDED, UNDER_REVIEW
from app.registry.errors import RefusalError
from app.registry.fields import Id, Instant, whole
from app.registry.operation import DEVICE, ORGANISATION, Operation, Read
from app.registry.organisations import GENERATOR, Organisation
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceHandOver(Operation):
    """By the registrant; production before `effective_from` stays its own (R75)."""

    type: ClassVar[str] = "device.hand_over"

    device: Id
    version: Annotated[int, whole(least=1)]
    to: Id
    effective_from: Instant

    def reads(self) -> Iterable[Read]:
        """Return both registrants and the device with its versions."""
        return (
            Read(ORGANISATION, self.by),
            Read(ORGANISATION, self.to),
            Read(DEVICE, self.device),
        )

    def decide(self, state: State, at: At) -> Change:
        """Put a version under review that differs in its registrant alone (R75, R78)."""
        state.actor(self.by).must_be_verified(at.time_ms)
        device = state.device(self.device)
        device.must_belong_to(self.by)
        device.must_be_in(APPROVED, SUSPENDED)
        device.must_be_at(self.version)
        self._check_receiver(state.find(Organisation, self.to, pointer="/to"))
        versions = state.registrations(self.device)
        before = next(item for item in reversed(versions) if item.state == APPROVED)
        if not before.valid_from < self.effective_from <= before.valid_until:
            raise RefusalError(
                "registration-boundary",
                "within the version in force, so that no gap is left",
                rule="R75",
                pointer="/effective_from",
            )
        is_own = before.is_self_reporting
        handed = replace(
            before,
            number=versions[-1].number + 1,
            organisation=self.to,
            measurement_body=self.to if is_own else before.measurement_body,
            state=SUBMITTED,
            valid_from=self.effective_from,
            verifier="",
            is_taken=False,
        )
        waiting = versions[-1]
        replaced = (replace(waiting, state=SUPERSEDED),) if waiting.state in UNDER_REVIEW else ()
        return Change(puts=(*replaced, handed, replace(device, version=device.version + 1)))

    def _check_receiver(self, receiver: Organisation) -> None:
        if receiver.id == self.by or GENERATOR not in receiver.roles:
            raise RefusalError(
                "recipient-not-mandated", "another generator takes it", rule="R75", pointer="/to"
            )

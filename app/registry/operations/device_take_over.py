"""Take a device over: the new registrant says that it wants what was handed over to it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from app.registry.devices import SUBMITTED, VERIFIED
from app.registry.errors import RefusalError
from app.registry.fields import Id, whole
from app.registry.operation import DEVICE, ORGANISATION, Operation, Read
from app.registry.state import At, Change, State


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTakeOver(Operation):
    """By the new registrant; the issuing body approves the version, then (R75)."""

    type: ClassVar[str] = "device.take_over"

    device: Id
    number: Annotated[int, whole(least=1)]

    def reads(self) -> Iterable[Read]:
        """Return the new registrant and the device with its versions."""
        return (Read(ORGANISATION, self.by), Read(DEVICE, self.device))

    def decide(self, state: State, at: At) -> Change:
        """Take it once; to anybody else nothing was handed over."""
        state.actor(self.by).must_be_verified(at.time_ms)
        found = state.registration(self.device, self.number)
        if found.organisation != self.by:
            raise RefusalError("not-found", "no such registration", pointer="/number")
        found.must_be_under_review(SUBMITTED, VERIFIED)
        if found.is_taken:
            raise RefusalError("invalid-state-transition", "taken already", rule="R75")
        return Change(puts=(replace(found, is_taken=True),))

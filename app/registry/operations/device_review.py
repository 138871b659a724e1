"""Review a registration: somebody verifies it, or it is referred back, or rejected, with a word."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from app.registry.devices import REFERRED, REJECTED, SUBMITTED, VERIFIED
from app.registry.fields import Id, Slug, text, whole
from app.registry.operation import DEVICE, ORGANISATION, Operation, Read, actor_of
from app.registry.state import At, Change, State

OUTCOMES = (REFERRED, REJECTED, VERIFIED)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReview(Operation):
    """By the issuing body; who verified it is not who approves it (R8, B.2)."""

    type: ClassVar[str] = "device.review"

    device: Id
    number: Annotated[int, whole(least=1)]
    outcome: Annotated[str, text("|".join(OUTCOMES))]
    reason: Slug

    def reads(self) -> Iterable[Read]:
        """Return the issuing body and the device with its versions."""
        return (Read(ORGANISATION, self.by), Read(DEVICE, self.device))

    def decide(self, state: State, at: At) -> Change:  # noqa: ARG002 - not bound to time
        """Say what was found of a version that waits; a referred one is revised, then."""
        state.must_be_issuing_body(self.by)
        device = state.device(self.device)
        found = state.registration(self.device, self.number)
        found.must_be_under_review(SUBMITTED, VERIFIED)
        verifier = actor_of(self) if self.outcome == VERIFIED else ""
        reviewed = replace(found, state=self.outcome, verifier=verifier)
        return Change(puts=(reviewed, replace(device, version=device.version + 1)))

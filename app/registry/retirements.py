"""Retirements: end use of certificates in favour of a beneficiary."""

from dataclasses import dataclass

OWN_CONSUMPTION = "self_consumption"
"""The usage of what is retired as it is issued, because its registrant has consumed it (R13)."""


@dataclass(frozen=True, slots=True)
class Retirement:
    """What was retired for whom, by commitment; its ranges are in the leaf at `index`."""

    id: str
    account: str
    usage: str
    beneficiary: str
    country: str
    period_start: int
    period_end: int
    quantity: int
    index: int

    @property
    def key(self) -> str:
        """What it is found by."""
        return self.id

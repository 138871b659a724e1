"""Fuels: which share of a multi-fuel device's energy each of its sources has in a period."""

from dataclasses import dataclass
from typing import Annotated

from app.registry.fields import Id, whole

WHOLE_BP = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FuelShare:
    """The share of one source, in basis points, by the device that stands for the source."""

    device: Id
    share_bp: Annotated[int, whole(least=1, most=WHOLE_BP)]


@dataclass(frozen=True, slots=True)
class FuelShares:
    """Declared shares of a device's sources in [start, end): part and basis points of each."""

    device: str
    start: int
    end: int
    shares: tuple[tuple[str, int], ...]

    @property
    def key(self) -> tuple[str, int]:
        """What it is found by."""
        return self.device, self.start

    def part_of(self, energy_wh: int, part: str) -> int | None:
        """Return a part's energy of a span, so that the parts make up the whole; None for none.

        Part i has floor(E (s1 + ... + si) / 10,000) - floor(E (s1 + ... + s(i-1)) / 10,000).
        """
        before = 0
        for device, share_bp in self.shares:
            after = before + share_bp
            if device == part:
                return energy_wh * after // WHOLE_BP - energy_wh * before // WHOLE_BP
            before = after
        return None

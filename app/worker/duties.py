"""Duties: what a worker does by itself, and how often it looks whether there is anything to do."""

from collections.abc import Callable
from dataclasses import dataclass
from logging import getLogger

from app.services.leases import Lease

HEARTBEAT_LOOKS = 10
"""How often a heartbeat is looked for within its own period."""
LOOK_S_MAX = 10

_logger = getLogger(__name__)

Run = Callable[[Lease], None]
"""Does what is due, fenced by the lease. Raises RefusalError lease-lost where it was lost."""


@dataclass(frozen=True, slots=True)
class Duty:
    """Something that is looked after every so many seconds."""

    name: str
    every_s: int
    run: Run


def heartbeat(seal: Callable[[Lease], int | None], *, period_s: int) -> Duty:
    """Return the duty to seal an empty block where nothing else was sealed for a period."""

    def run(lease: Lease) -> None:
        height = seal(lease)
        if height is not None:
            _logger.info("heartbeat sealed at height %d", height)

    return Duty("heartbeat", min(max(period_s // HEARTBEAT_LOOKS, 1), LOOK_S_MAX), run)

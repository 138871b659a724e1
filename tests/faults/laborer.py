"""A worker with short leases, to be killed: HOME DATABASE_URL."""

import sys
from pathlib import Path

from app.factory import make_worker, open_registry
from app.settings import Settings
from app.worker.worker import Pace

LEASE_MS = 2_000
PACE = Pace(lease_ms=LEASE_MS, renew_s=0.3, step_s=0.05)


def work_on(settings: Settings) -> None:
    """Work for ever."""
    with open_registry(settings) as registry:
        make_worker(registry, pace=PACE).run()


if __name__ == "__main__":
    work_on(Settings.of(home=Path(sys.argv[1]), database_url=sys.argv[2]))

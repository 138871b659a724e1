"""A process that records groups until it is killed: HOME DATABASE_URL OWNER.

It prints the id of every operation once its group is recorded, and not before.
"""

import sys
from pathlib import Path

from app.factory import open_registry
from app.registry.operations.account_open import AccountOpen
from app.settings import Settings
from tests.scenario import ORIGIN, accept, new_id

GROUP = 7


def write_on(settings: Settings, owner: str) -> None:
    """Record one group after another, for ever."""
    with open_registry(settings) as registry:
        while True:
            group = [
                AccountOpen(
                    id=new_id(), origin=ORIGIN, by=owner, account=new_id(), organisation=owner
                )
                for _ in range(GROUP)
            ]
            recorded = accept(registry, *group)
            sys.stdout.write("".join(f"{item.id}\n" for item in recorded))
            sys.stdout.flush()


if __name__ == "__main__":
    write_on(Settings.of(home=Path(sys.argv[1]), database_url=sys.argv[2]), sys.argv[3])

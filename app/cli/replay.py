"""`eac replay`: the replay that an auditor asked for over HTTP, in a process of its own."""

import click

from app.factory import make_storage
from app.services.integrity import run_replay
from app.settings import Settings
from app.storage.replays import ReplayRows


@click.command("replay", hidden=True)
@click.argument("replay")
def replay_command(*, replay: str) -> None:
    """Run a replay that is waiting, and keep its report."""
    storage = make_storage(Settings.from_environ())
    try:
        storage.check()
        run_replay(storage, ReplayRows(storage.database), replay)
    finally:
        storage.close()

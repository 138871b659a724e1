"""`eac worker`: what a registry does by itself, safe however many of them run."""

from os import getppid
from signal import SIGINT, SIGTERM, signal

import click

from app import logs
from app.factory import make_worker, open_registry
from app.settings import Settings


@click.command("worker")
@click.option("--once", is_flag=True, help="Do what is due now, and end.")
@click.option("--parent", type=int, hidden=True, help="End with this process.")
def worker_command(*, once: bool, parent: int | None) -> None:
    """Seal a heartbeat when nothing else is sealed, so that a cut tail shows."""
    with open_registry(Settings.from_environ()) as registry:
        worker = make_worker(registry)
        if once:
            if not worker.run_once():
                click.echo("another worker is at work", err=True)
            return
        logs.configure()
        for number in (SIGTERM, SIGINT):
            signal(number, lambda *_: worker.stop())
        worker.run(is_wanted=lambda: parent in (None, getppid()))

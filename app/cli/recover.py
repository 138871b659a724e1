"""`eac recover`: what to do when the database is behind what was sealed."""

import click

from app.factory import make_mark, make_storage
from app.ledger.notes import Checkpoint, Note
from app.services.high_water import BehindError
from app.settings import Settings

ADVICE = """\
The high-water mark says that more was sealed than this database holds, or something else. This is
what an old backup looks like. Receipts that were given out may not verify in it.

1. Look for the newer database, or a newer backup, and start from that.
2. If there is none, tell everybody who holds receipts, and accept the loss on the record of this
   command: eac recover --accept
"""


@click.command("recover")
@click.option("--accept", is_flag=True, help="Go on from this database and forget what is lost.")
def recover_command(*, accept: bool) -> None:
    """Compare database and high-water mark, and say how to go on."""
    settings = Settings.from_environ()
    storage, mark = make_storage(settings), make_mark(settings)
    try:
        storage.check()
        seen = mark.read()
        with storage.log() as log:
            try:
                mark.check(log, seen)
            except BehindError as behind:
                click.echo(f"{behind}\n\n{ADVICE}", err=True)
                if not accept:
                    raise
                mark.reset(Checkpoint.parse(Note.parse(log.checkpoint()).text))
                click.echo("accepted: the mark is at this database's newest checkpoint")
                return
        click.echo("nothing to recover: the database holds everything that was sealed")
    finally:
        storage.close()

"""The command `eac`: found, serve, demonstrate, export and audit a registry."""

import sys

import click
from sqlalchemy.exc import DBAPIError

from app.cli.audit import audit_command
from app.cli.demo import demo_command
from app.cli.export import export_command
from app.cli.failures import EXPECTED
from app.cli.init import init_command
from app.cli.key import key_command
from app.cli.measurements import measurements_command
from app.cli.recover import recover_command
from app.cli.replay import replay_command
from app.cli.serve import serve_command
from app.cli.worker import worker_command

COULD_NOT_RUN = 2


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="eac-ledger")
def commands() -> None:
    """Keep a registry of energy-attribute certificates whose every operation can be proven."""


for command in (
    init_command,
    key_command,
    serve_command,
    demo_command,
    export_command,
    audit_command,
    recover_command,
    replay_command,
    worker_command,
    measurements_command,
):
    commands.add_command(command)


def main() -> None:
    """Run a command; what is anticipated ends in one line and exit status 2."""
    try:
        commands()
    except EXPECTED as error:
        click.echo(f"eac: {error}", err=True)
        sys.exit(COULD_NOT_RUN)
    except DBAPIError as error:
        click.echo(f"eac: the database cannot be used: {str(error.orig).splitlines()[0]}", err=True)
        sys.exit(COULD_NOT_RUN)

"""`eac audit`: the auditor's walk over an export or a database."""

import json
import sys
from pathlib import Path

import click
from rich.console import Console
from rich.markup import escape

from app.audit.findings import Report
from app.audit.sources import Folder
from app.audit.walk import Anchor, Progress, audit, read_trusted
from app.cli.progress import stages
from app.storage.storage import Storage

FOUND = 1


@click.command("audit")
@click.argument("source", metavar="DIR|DATABASE_URL")
@click.option("--genesis", metavar="HASH", help="The genesis hash that you know.")
@click.option(
    "--trust",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="CHECKPOINT",
    help="A file with a checkpoint that you kept from before.",
)
@click.option("--json", "is_json", is_flag=True, help="Print the report as one JSON object.")
def audit_command(*, source: str, genesis: str | None, trust: Path | None, is_json: bool) -> None:
    """Check a whole log: exit 0 when sound, 1 with findings, 2 when it could not run.

    Trust starts from what the log cannot supply itself: a genesis hash or a checkpoint. Without
    one the verdict is "self-consistent, not anchored".
    """
    checkpoint = read_trusted(trust.read_text(errors="replace")) if trust else None
    anchor = Anchor(genesis=None if genesis is None else genesis.lower(), checkpoint=checkpoint)
    with stages() as show:
        report = run_audit(source, anchor, lambda done, of: show("audit", done, of))
    if is_json:
        click.echo(json.dumps(report.plain))
    else:
        show_report(report)
    sys.exit(0 if report.is_sound else FOUND)


def run_audit(source: str, anchor: Anchor, progress: Progress) -> Report:
    """Audit a folder, or a database with its tables. Raises NotALogError."""
    if "://" not in source:
        return audit(Folder(Path(source)), anchor=anchor, progress=progress)
    storage = Storage.of(source, is_present=True)
    try:
        storage.check()
        with storage.log() as log:
            return audit(log, anchor=anchor, tables=log, progress=progress)
    finally:
        storage.close()


def show_report(report: Report) -> None:
    """Print a report for a person."""
    console = Console(highlight=False, soft_wrap=True)
    for finding in report.findings:
        console.print(f"[red]{finding.code}[/]  {escape(finding.where)}: {escape(finding.detail)}")
    console.print(
        f"{escape(report.origin)}: {report.operations} operations in {report.height + 1} blocks, "
        f"size {report.size}"
    )
    console.print(f"genesis {report.genesis}")
    console.print(f"root    {report.root}")
    states = ", ".join(f"{count} {state}" for state, count in report.certificates.items())
    console.print(f"{report.issued} certificates issued: {states or 'none'}")
    console.print(f"verdict: [bold]{report.verdict}[/]")

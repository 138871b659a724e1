"""`eac key`: API keys from the operator's machine, directly in the database."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from time import time_ns
from typing import Any

import click

from app.factory import make_keys_service, make_storage
from app.ledger.times import format_time
from app.services.credentials import ADMINISTER, OVERLAP_S_MAX, SCOPES, ApiKeys, Key
from app.settings import Settings

DAY_MS = 86_400_000
DAYS_MAX = 3_650
DAY_S = 86_400
PAGE = 200
SHOWN_ONCE = "shown once; only a hash of it is kept"

_as_json = click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")


@click.group("key")
def key_command() -> None:
    """Issue, list, revoke and rotate API keys; a running server knows of it within a second."""


@key_command.command("issue")
@click.argument("organisation")
@click.option(
    "--scope",
    type=click.Choice(SCOPES),
    default=ADMINISTER,
    show_default=True,
    help="What it may: each scope includes those before it.",
)
@click.option("--label", default="", help="What it is for.")
@click.option("--person", help="The id of who of the organisation alone uses it.")
@click.option(
    "--expires-in-days",
    "days",
    type=click.IntRange(1, DAYS_MAX),
    help="When it ends.  [default: never]",
)
@_as_json
def issue_command(
    *,
    organisation: str,
    scope: str,
    label: str,
    person: str | None,
    days: int | None,
    is_json: bool,
) -> None:
    """Issue a key of an organisation that is admitted or has applied, and print it this once."""
    ends = None if days is None else time_ns() // 1_000_000 + days * DAY_MS
    with _keys() as keys:
        text = keys.issue(
            organisation=organisation, scope=scope, label=label, expires_at=ends, person=person
        )
        _show_new(keys, text, is_json=is_json)


@key_command.command("list")
@click.argument("organisation")
@_as_json
def list_command(*, organisation: str, is_json: bool) -> None:
    """List the keys of an organisation, those that ended too; never a secret."""
    with _keys() as keys:
        found = list(_all(keys, organisation))
    if is_json:
        click.echo(json.dumps({"keys": [_plain(key) for key in found]}))
        return
    for key in found:
        click.echo("  ".join((key.prefix, key.scope, _ending(key), key.label)).rstrip())


@key_command.command("revoke")
@click.argument("prefix")
@_as_json
def revoke_command(*, prefix: str, is_json: bool) -> None:
    """End the key of a prefix now."""
    with _keys() as keys:
        key = keys.revoke(prefix)
    click.echo(json.dumps(_plain(key)) if is_json else f"{prefix} {_ending(key)}")


@key_command.command("rotate")
@click.argument("prefix")
@click.option(
    "--overlap-s",
    type=click.IntRange(0, OVERLAP_S_MAX),
    default=DAY_S,
    show_default=True,
    help="How many seconds the old key stays good.",
)
@_as_json
def rotate_command(*, prefix: str, overlap_s: int, is_json: bool) -> None:
    """Issue the successor of a key, print it this once, and let the old one end."""
    with _keys() as keys:
        _show_new(keys, keys.rotate(prefix, overlap_s=overlap_s), is_json=is_json)


@contextmanager
def _keys() -> Iterator[ApiKeys]:
    storage = make_storage(Settings.from_environ())
    try:
        storage.check()
        yield make_keys_service(storage)
    finally:
        storage.close()


def _show_new(keys: ApiKeys, text: str, *, is_json: bool) -> None:
    """Print a new key alone on the output, so that it can be piped to where it is kept."""
    if is_json:
        key = keys.find(text.split("_")[1])
        click.echo(json.dumps({"key": text} | (_plain(key) if key else {})))
        return
    click.echo(SHOWN_ONCE, err=True)
    click.echo(text)


def _all(keys: ApiKeys, organisation: str) -> Iterator[Key]:
    after = None
    while page := keys.of(organisation, after=after, limit=PAGE):
        yield from page
        after = page[-1].prefix


def _plain(key: Key) -> dict[str, Any]:
    """Return what may be shown of a key, with instants as they are written everywhere."""
    return {
        name: format_time(value) if name.endswith("_at") and value is not None else value
        for name, value in asdict(key).items()
    }


def _ending(key: Key) -> str:
    if key.ends_at is None:
        return "without end"
    is_over = not key.is_good(now_ms=time_ns() // 1_000_000)
    return f"{'ended' if is_over else 'ends'} {format_time(key.ends_at)}"

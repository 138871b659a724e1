"""`eac init`: schema, keys and genesis; prints the hash by which the registry is known."""

import json
from pathlib import Path

import click

from app.factory import establish, first_keys
from app.registry.domains import DomainSettings
from app.registry.errors import RefusalError
from app.registry.presets import domain_of
from app.services.founding import Founding
from app.settings import Settings

AUTHORITIES = (
    "regulator.localhost",
    "grid-operator.localhost",
    "issuing-body.localhost",
    "registry-operator.localhost",
)
DOMAIN = {
    "scheme": "go",
    "code": "NZ",
    "country": "NZ",
    "timezone": "Pacific/Auckland",
    "issuer_prefix": "952000001",
}


@click.command("init")
@click.option(
    "--origin", default="localhost/eac", show_default=True, help="The log's name for ever."
)
@click.option(
    "--engine",
    type=click.Choice(["poa", "bft"]),
    default="poa",
    show_default=True,
    help="Whether more than half of the authorities must seal, or more than two thirds.",
)
@click.option("--authority", "authorities", multiple=True, help="An authority's name; repeat it.")
@click.option("--quorum", default=0, help="More than the engine's least, where wanted.")
@click.option(
    "--domain",
    "domains",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A JSON file with a domain's settings (README); repeat it.  [default: New Zealand]",
)
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
def init_command(
    *,
    origin: str,
    engine: str,
    authorities: tuple[str, ...],
    quorum: int,
    domains: tuple[Path, ...],
    is_json: bool,
) -> None:
    """Found a registry: migrate the database, make keys, seal the genesis block.

    Four local authorities by default; all keys lie in files of this machine, so one operator
    holds them all, and the labels in the files say so. API keys are shown this once.
    """
    founding = Founding(
        origin=origin,
        engine=engine,
        authorities=authorities or AUTHORITIES,
        domains=tuple(map(_read_domain, domains)) or (domain_of(DOMAIN),),
        quorum=quorum,
    )
    settings = Settings.from_environ()
    genesis, is_new = establish(settings, founding)
    keys = first_keys(settings) if is_new else {}
    if is_json:
        click.echo(json.dumps({"genesis": genesis, "new": is_new, "api_keys": keys}))
        return
    click.echo(f"{'founded' if is_new else 'already founded'}: genesis {genesis}")
    for party, key in keys.items():
        click.echo(f"API key of the {party}, shown once: {key}")


def _read_domain(path: Path) -> DomainSettings:
    """Read a domain's settings. Raises RefusalError."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise RefusalError("invalid-domain", f"{path} is not JSON") from error
    if not isinstance(content, dict):
        raise RefusalError("invalid-domain", f"{path} is no object")
    return domain_of(content)

"""`eac init`: schema, keys and genesis; prints the hash by which the registry is known."""

import json

import click

from app.factory import is_founded, make_mark, make_recorder, make_storage
from app.ledger.leaves import header_hash
from app.registry.domains import DomainSettings
from app.services.founding import Founding, found, make_keys
from app.settings import Settings

AUTHORITIES = (
    "regulator.localhost",
    "grid-operator.localhost",
    "issuing-body.localhost",
    "registry-operator.localhost",
)


@click.command("init")
@click.option(
    "--origin", default="localhost/eac", show_default=True, help="Name of the log, for ever."
)
@click.option(
    "--engine",
    type=click.Choice(["poa", "bft"]),
    default="poa",
    show_default=True,
    help="How many authorities must seal: more than half, or more than two thirds.",
)
@click.option("--authority", "authorities", multiple=True, help="Name of an authority; repeat it.")
@click.option("--quorum", default=0, help="More than the engine's least, where wanted.")
@click.option(
    "--domain", "domain_code", default="NZ", show_default=True, help="Code of the domain."
)
@click.option("--country", default="NZ", show_default=True, help="Its country, ISO 3166-1 alpha-2.")
@click.option("--timezone", default="Pacific/Auckland", show_default=True, help="Its IANA zone.")
@click.option(
    "--face-value-wh", default=1_000_000, show_default=True, help="Energy of a certificate."
)
@click.option("--transfer-months", default=12, show_default=True, help="Transfer window.")
@click.option("--retire-months", default=18, show_default=True, help="Retirement window.")
@click.option("--issuer-prefix", default="952000001", show_default=True, help="First 9 digits.")
@click.option("--json", "is_json", is_flag=True, help="Print one JSON object.")
def init_command(  # noqa: PLR0913 - one for each option
    *,
    origin: str,
    engine: str,
    authorities: tuple[str, ...],
    quorum: int,
    domain_code: str,
    country: str,
    timezone: str,
    face_value_wh: int,
    transfer_months: int,
    retire_months: int,
    issuer_prefix: str,
    is_json: bool,
) -> None:
    """Found a registry: migrate the database, make keys, seal the genesis block.

    Four local authorities by default; all keys lie in files of this machine, so one operator
    holds them all, and the labels in the files say so.
    """
    domain = DomainSettings(
        code=domain_code,
        country=country,
        timezone=timezone,
        face_value_wh=face_value_wh,
        transfer_months=transfer_months,
        retire_months=retire_months,
        issuer_prefix=issuer_prefix,
        code_lists="eecs-1",
        sources=("F01",),
    )
    founding = Founding(
        origin=origin,
        engine=engine,
        authorities=authorities or AUTHORITIES,
        domains=(domain,),
        quorum=quorum,
    )
    genesis, is_new = establish(Settings.from_environ(), founding)
    if is_json:
        click.echo(json.dumps({"genesis": genesis, "origin": origin, "new": is_new}))
    else:
        click.echo(f"{'founded' if is_new else 'already founded'}: genesis {genesis}")


def establish(settings: Settings, founding: Founding) -> tuple[str, bool]:
    """Found a registry unless it is; return the genesis hash and whether it is new."""
    storage = make_storage(settings)
    try:
        storage.prepare()
        is_new = not is_founded(storage)
        if is_new:
            sealer = make_keys(settings.keys, founding)
            recorder = make_recorder(settings, storage, sealer)
            found(recorder, sealer, founding)
            mark = make_mark(settings)
            mark.note(recorder.last_sealed)
        with storage.log() as log:
            genesis = header_hash(next(iter(log.range(0, 1))))
    finally:
        storage.close()
    return genesis, is_new

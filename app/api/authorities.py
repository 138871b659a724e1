"""Authorities: who seals the log, under which keys, and which domains it certifies."""

from typing import Any

import orjson
from marshmallow import Schema, fields

from app.api.answers import text, whole
from app.api.door import Door
from app.http.access import PUBLIC
from app.http.context import context
from app.reporting.devices import list_domains
from app.reporting.registers import read_register

door = Door("authorities", "Who vouches for the log, and what it certifies.")


class AuthoritySchema(Schema):
    """An authority."""

    name = text("Its name, which stands on its cosignatures.")
    vkey = text("Its verifier key (C2SP signed-note).")
    weight = whole("How much its cosignature counts.")


class AuthoritiesSchema(Schema):
    """The log's own key and the authority set in force."""

    origin = text("The log's name.")
    log_vkey = text("The log's verifier key.")
    genesis = text("SHA-256 of leaf 0, hexadecimal: compare it with what was published.")
    engine = text("The consensus engine.")
    quorum = whole("More than the engine's least, where not 0.")
    from_height = whole("From which block the set is in force.")
    authorities = fields.List(fields.Nested(AuthoritySchema), required=True)


class DomainSchema(Schema):
    """A region of authority."""

    code = text("Its code.")
    country = text("Its country.")
    timezone = text("The zone in which its days and windows are counted.")
    face_value_wh = whole("Energy of one certificate, Wh.")
    transfer_months = whole("Months after production in which certificates may be transferred.")
    retire_months = whole("Months after production in which they may be retired.")
    code_lists = text("Version of the code lists.")
    sources = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Beginnings of the energy sources that it certifies."},
    )
    issued = whole("Certificates numbered so far.")


class DomainsSchema(Schema):
    """Every domain."""

    domains = fields.List(fields.Nested(DomainSchema), required=True)


@door.view("/authorities", may=[PUBLIC], answer=AuthoritiesSchema)
def show_authorities() -> dict[str, Any]:
    """Show who seals the log."""
    register = read_register(context().storage)
    document = orjson.loads(register["authority_set"])
    return {**register, **document}


@door.view("/domains", may=[PUBLIC], answer=DomainsSchema)
def show_domains() -> dict[str, Any]:
    """List the domains."""
    rows = list_domains(context().storage)
    return {"domains": [{**orjson.loads(row["settings"]), "issued": row["issued"]} for row in rows]}

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

_NEVER = dict.fromkeys(("transfer_months", "retire_months", "retire_deadline"))
"""Windows that a domain may leave out."""

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


class DeadlineSchema(Schema):
    """A day of a later year by which certificates are retired at the latest."""

    years = whole("How many years after production.")
    month = whole("Month of that year.")
    day = whole("Day of that month.")


class IssueWindowSchema(Schema):
    """For how long issuance may be asked for."""

    days = whole("Days after production.")
    capacity_w_most = fields.Integer(
        metadata={"description": "Of devices up to this capacity, W; of all others where absent."}
    )


class DomainSchema(Schema):
    """A region of authority, with all that its genesis fixed; a window that is null never ends."""

    code = text("Its code.")
    scheme = text("Which kind of certificates: go, irec, rec or granular.")
    country = text("Its country.")
    timezone = text("The zone in which its days and windows are counted.")
    face_value_wh = whole("Energy of one certificate, Wh.")
    transfer_months = whole(
        "Months after production in which certificates may be transferred.", is_null=True
    )
    retire_months = whole("Months after production in which they may be retired.", is_null=True)
    retire_deadline = fields.Nested(
        DeadlineSchema,
        required=True,
        allow_none=True,
        metadata={"description": "The day by which they are retired at the latest."},
    )
    issuer_prefix = text("With which certificate numbers begin.")
    code_lists = text("Version of the code lists.")
    sources = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Beginnings of the energy sources that it certifies."},
    )
    interval_s_most = whole("Length of the longest reading, s.")
    issue_windows = fields.List(fields.Nested(IssueWindowSchema), required=True)
    qualities = fields.List(
        fields.String(),
        required=True,
        metadata={"description": "Qualities of readings that become certificates."},
    )
    self_consumption = text("What becomes of own use: no_issue, issue_and_retire, issue_freely.")
    registration_years = whole("For how many years a registration is approved at most.")
    second_person_w = whole("From which capacity on a second person looks at a device, W.")
    second_person_wh = whole("From which energy on a second person looks at a request, Wh.")
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
    return {
        "domains": [
            {**_NEVER, **orjson.loads(row["settings"]), "issued": row["issued"]} for row in rows
        ]
    }

"""Entities as rows and back, one table for each kind of value."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from operator import attrgetter
from typing import Any, NamedTuple

from sqlalchemy import Boolean, Table

from app.audit.identity import LogIdentity
from app.ledger.encoding import decode, encode
from app.registry.accounts import Account, Sender
from app.registry.devices import Device, Registration
from app.registry.domains import Domain, DomainSettings, Registry
from app.registry.fields import parse_members, plain_members
from app.registry.fuels import FuelShares
from app.registry.issuances import Issuance, Request
from app.registry.measurements import Span
from app.registry.offers import Offer
from app.registry.organisations import Endorsement, Erasure, Organisation, Person
from app.registry.ranges import Bundle
from app.registry.retirements import Retirement
from app.registry.state import ENTITIES, Entity
from app.storage import tables

Row = tuple[Any, ...]


class Mapping(NamedTuple):
    """How one kind of value stands in its table, column by column."""

    table: Table
    to_row: Callable[[Any], Row]
    from_row: Callable[[Sequence[Any]], Any]


def _plain(table: Table, kind: type[Any]) -> Mapping:
    """Map a class whose fields are the columns, in order."""
    names = [field.name for field in fields(kind)]
    if names != [column.name for column in table.columns]:
        raise TypeError(f"{kind.__name__} and {table.name} differ")
    flags = [at for at, column in enumerate(table.columns) if isinstance(column.type, Boolean)]

    def from_row(row: Sequence[Any]) -> Any:  # noqa: ANN401 - an entity of this kind
        values = list(row)
        for at in flags:
            values[at] = _flag(values[at])
        return kind(*values)

    return Mapping(table, attrgetter(*names), from_row)


def _flag(value: object) -> bool:
    """Return a flag; SQLite keeps it as 0 or 1, and anything else is no flag."""
    if value not in (0, 1):
        raise ValueError("neither 0 nor 1")
    return bool(value)


def _registry_row(registry: Registry) -> Row:
    return (
        registry.origin,
        registry.operator,
        registry.issuing_body,
        registry.log_vkey,
        encode(registry.authority_set).decode(),
        registry.rules,
        registry.schemas,
    )


def _registry(row: Sequence[Any]) -> Registry:
    origin, operator, issuing_body, log_vkey, authority_set, rules, schemas = row
    document = decode(authority_set.encode())
    LogIdentity.of(origin, log_vkey, document)
    return Registry(origin, operator, issuing_body, log_vkey, document, rules, schemas)


def _domain_row(domain: Domain) -> Row:
    return domain.key, encode(plain_members(domain.settings)).decode(), domain.issued


def _domain(row: Sequence[Any]) -> Domain:
    code, settings, issued = row
    domain = Domain(parse_members(DomainSettings, decode(settings.encode())), issued)
    if domain.key != code:
        raise ValueError("the settings are those of another domain")
    return domain


def _organisation_row(organisation: Organisation) -> Row:
    return (
        organisation.id,
        " ".join(organisation.roles),
        organisation.country,
        organisation.record,
        organisation.kyc_until,
        organisation.is_suspended,
    )


def _organisation(row: Sequence[Any]) -> Organisation:
    id_, roles, country, record, kyc_until, is_suspended = row
    return Organisation(
        id_, tuple(roles.split(" ")), country, record, kyc_until, _flag(is_suspended)
    )


def _shares_row(shares: FuelShares) -> Row:
    return shares.device, shares.start, shares.end, encode(shares.shares).decode()


def _shares(row: Sequence[Any]) -> FuelShares:
    device, start, end, shares = row
    return FuelShares(device, start, end, tuple(map(tuple, decode(shares.encode()))))


MAPPINGS: dict[type[Any], Mapping] = {
    Registry: Mapping(tables.registries, _registry_row, _registry),
    Domain: Mapping(tables.domains, _domain_row, _domain),
    Organisation: Mapping(tables.organisations, _organisation_row, _organisation),
    Person: _plain(tables.persons, Person),
    Endorsement: _plain(tables.endorsements, Endorsement),
    Erasure: Mapping(tables.erasures, lambda erasure: (erasure.record,), lambda row: Erasure(*row)),
    Account: _plain(tables.accounts, Account),
    Sender: _plain(tables.senders, Sender),
    Device: _plain(tables.devices, Device),
    Registration: _plain(tables.registrations, Registration),
    FuelShares: Mapping(tables.fuel_shares, _shares_row, _shares),
    Span: _plain(tables.spans, Span),
    Request: _plain(tables.requests, Request),
    Issuance: _plain(tables.issuances, Issuance),
    Offer: _plain(tables.offers, Offer),
    Retirement: _plain(tables.retirements, Retirement),
}
if MAPPINGS.keys() != set(ENTITIES):
    raise TypeError("a kind of value has no table")

BUNDLE_COLUMNS = [tables.bundles.c[name] for name in Bundle._fields]


def row_of(entity: Entity) -> Row:
    """Return an entity's row."""
    return MAPPINGS[type(entity)].to_row(entity)

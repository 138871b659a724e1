"""Code lists: versions of energy sources and technologies, and which of them fit together."""

from functools import cache
from typing import Any

from marshmallow import Schema, fields

from app.api.answers import text, whole
from app.api.door import Door
from app.http.access import PUBLIC
from app.registry.codes.lists import VERSIONS, code_lists
from app.registry.codes.names import names_of
from app.registry.errors import RefusalError

door = Door("code lists", "Codes of energy sources and technologies.")


class CodeListSchema(Schema):
    """A version of the code lists, which never changes."""

    version = text("Its name, as domains say it.")
    valid_from = text("First day of production for which it holds.")
    valid_until = text("First day for which it does not any more.", is_null=True)
    sources = whole("How many energy sources.")
    technologies = whole("How many technologies.")


class CodeListsSchema(Schema):
    """Every version."""

    code_lists = fields.List(fields.Nested(CodeListSchema), required=True)


class EnergySourceSchema(Schema):
    """An energy source."""

    code = text("Its code.")
    name = text("What it is.")
    is_renewable = fields.Boolean(
        required=True, metadata={"description": "Whether it is renewable."}
    )


class TechnologySchema(Schema):
    """A technology, with the energy sources that it can use."""

    code = text("Its code.")
    name = text("What it is.")
    energy_sources = fields.List(
        fields.String(), required=True, metadata={"description": "Codes of what it can use (R9)."}
    )


class CodesSchema(Schema):
    """All codes of a version."""

    version = text("Its name.")
    valid_from = text("First day of production for which it holds.")
    valid_until = text("First day for which it does not any more.", is_null=True)
    energy_sources = fields.List(fields.Nested(EnergySourceSchema), required=True)
    technologies = fields.List(fields.Nested(TechnologySchema), required=True)
    aliases = fields.Dict(
        keys=fields.String(),
        values=fields.String(),
        required=True,
        metadata={"description": "Source codes that are taken too, and what they are kept as."},
    )


@door.view("/code-lists", may=[PUBLIC], answer=CodeListsSchema)
def show_code_lists() -> dict[str, Any]:
    """List the versions of the code lists."""
    return {"code_lists": [_headed(version) for version in VERSIONS]}


@door.view("/code-lists/<version>", may=[PUBLIC], answer=CodesSchema, refuses=["not-found"])
def show_codes(version: str) -> dict[str, Any]:
    """Show every code of a version, and which sources each technology can use."""
    if version not in VERSIONS:
        raise RefusalError("not-found", "no such code list")
    return _codes(version)


def _headed(version: str) -> dict[str, Any]:
    lists = code_lists(version)
    return {
        "version": version,
        "valid_from": lists.valid_from,
        "valid_until": lists.valid_until,
        "sources": len(lists.sources),
        "technologies": len(lists.technologies),
    }


@cache
def _codes(version: str) -> dict[str, Any]:
    lists, names = code_lists(version), names_of(version)
    sources = sorted(lists.sources)
    return {
        **_headed(version),
        "energy_sources": [
            {"code": code, "name": names[code], "is_renewable": lists.is_renewable(code)}
            for code in sources
        ],
        "technologies": [
            {
                "code": technology,
                "name": names[technology],
                "energy_sources": [source for source in sources if lists.fits(source, technology)],
            }
            for technology in sorted(lists.technologies)
        ],
        "aliases": dict(lists.aliases),
    }

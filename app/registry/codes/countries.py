"""Countries of ISO 3166-1 and the form of their subdivisions in ISO 3166-2.

The table is the whole of ISO 3166-1 in 249 codes. Codes may be added to it but never leave it:
what a log has once accepted stays accepted when it is replayed.
"""

from functools import cache
from re import compile as pattern
from typing import Any

from app.registry.codes.tables import rows
from app.registry.errors import RefusalError

_HINTS = {
    "UK": "the United Kingdom is GB",
    "EL": "Greece is GR",
    "XK": "XK is user-assigned and not taken here",
}
_SUBDIVISION = pattern(r"([A-Z]{2})-[A-Z0-9]{1,3}")


def is_country(code: str) -> bool:
    """Say whether text is a country's code; the user-assigned XK (Kosovo) is none."""
    return code in _countries()


def check_country(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
    """Return the code of a country. Raises RefusalError, with a hint where another was meant."""
    if type(value) is not str:
        raise RefusalError("invalid-country", "not a text", pointer=pointer)
    if not is_country(value):
        detail = _HINTS.get(value, "not a code of ISO 3166-1, such as NZ")
        raise RefusalError("invalid-country", detail, pointer=pointer)
    return value


def check_subdivision(value: Any, country: str, pointer: str) -> Any:  # noqa: ANN401 - in question
    """Return a subdivision of the form DE-BY that begins with its country's code.

    Which subdivisions a country has is not looked up. Raises RefusalError.
    """
    found = _SUBDIVISION.fullmatch(value) if type(value) is str else None
    if found is None:
        raise RefusalError(
            "subdivision-country-mismatch", "a subdivision is like DE-BY", pointer=pointer
        )
    if found[1] != country:
        raise RefusalError(
            "subdivision-country-mismatch", f"not a subdivision of {country}", pointer=pointer
        )
    return value


@cache
def _countries() -> frozenset[str]:
    return frozenset(row["code"] for row in rows("iso-3166-1.csv"))

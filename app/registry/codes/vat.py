"""The form of VAT numbers in the European Union and the United Kingdom.

Only the form is checked: its check digits differ by country and change, and whether a number
exists is for its tax authority to say.
"""

from re import compile as pattern
from typing import Any

from app.registry.errors import RefusalError

_BRITISH = "(?:[0-9]{9}|[0-9]{12}|GD[0-9]{3}|HA[0-9]{3})"
_FORMS = {
    prefix: pattern(form)
    for prefix, form in {
        "AT": "U[0-9]{8}",
        "BE": "[01][0-9]{9}",
        "BG": "[0-9]{9,10}",
        "CY": "[0-9]{8}[A-Z]",
        "CZ": "[0-9]{8,10}",
        "DE": "[0-9]{9}",
        "DK": "[0-9]{8}",
        "EE": "[0-9]{9}",
        "EL": "[0-9]{9}",
        "ES": "(?:[A-Z][0-9]{7}[0-9A-Z]|[0-9]{8}[A-Z])",
        "FI": "[0-9]{8}",
        "FR": "[0-9A-HJ-NP-Z]{2}[0-9]{9}",
        "GB": _BRITISH,
        "HR": "[0-9]{11}",
        "HU": "[0-9]{8}",
        "IE": "(?:[0-9]{7}[A-Z]{1,2}|[0-9][A-Z+*][0-9]{5}[A-Z])",
        "IT": "[0-9]{11}",
        "LT": "(?:[0-9]{9}|[0-9]{12})",
        "LU": "[0-9]{8}",
        "LV": "[0-9]{11}",
        "MT": "[0-9]{8}",
        "NL": "[0-9]{9}B[0-9]{2}",
        "PL": "[0-9]{10}",
        "PT": "[0-9]{9}",
        "RO": "[0-9]{2,10}",
        "SE": "[0-9]{12}",
        "SI": "[0-9]{8}",
        "SK": "[0-9]{10}",
        "XI": _BRITISH,
    }.items()
}
_COUNTRIES = {"EL": "GR", "XI": "GB"}
"""Greece's numbers begin with EL; those of Northern Ireland, whose country is GB, with XI."""


def check_vat(value: Any, country: str, pointer: str) -> Any:  # noqa: ANN401 - in question
    """Return a VAT number, with its prefix and without spaces, of an organisation's country.

    Countries outside the European Union and the United Kingdom have none here. Raises
    RefusalError.
    """
    if type(value) is not str:
        raise RefusalError("invalid-vat-number", "not a text", pointer=pointer)
    prefixes = [prefix for prefix in _FORMS if _COUNTRIES.get(prefix, prefix) == country]
    if value[:2] not in prefixes:
        detail = f"of {country}, it begins with {' or '.join(prefixes)}"
        raise RefusalError(
            "invalid-vat-number",
            detail if prefixes else f"{country} has none that is known here",
            pointer=pointer,
        )
    if not _FORMS[value[:2]].fullmatch(value[2:]):
        raise RefusalError("invalid-vat-number", f"not of the form of {value[:2]}", pointer=pointer)
    return value

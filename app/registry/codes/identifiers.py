"""Kinds of member for identifiers with check digits: GSRN, GLN, EIC and LEI."""

from collections.abc import Callable
from typing import Any

from app.registry.codes.check_digits import is_eic, is_gln, is_gsrn, is_lei
from app.registry.errors import RefusalError
from app.registry.fields import MemberKind


def _checked(
    regex: str, is_valid: Callable[[str], bool], *, code: str, detail: str, rule: str = ""
) -> MemberKind:
    """Return the kind of text that is valid; its schema tells the shape, not the check digit."""

    def check(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
        if type(value) is not str or not is_valid(value):
            raise RefusalError(code, detail, rule=rule, pointer=pointer)
        return value

    return MemberKind(check, check, {"type": "string", "pattern": f"^(?:{regex})$"})


GSRN = _checked(
    "[0-9]{18}",
    is_gsrn,
    code="invalid-gsrn",
    detail="not 18 digits of which the last is the check digit",
    rule="R14",
)
GLN = _checked(
    "[0-9]{13}",
    is_gln,
    code="invalid-gln",
    detail="not 13 digits of which the last is the check digit",
)
EIC = _checked(
    "[0-9]{2}[XYZWTVA][0-9A-Z-]{12}[0-9A-Z]",
    is_eic,
    code="invalid-eic",
    detail="not 16 characters of which the last is the check character",
)
LEI = _checked(
    "[0-9A-Z]{18}[0-9]{2}",
    is_lei,
    code="invalid-lei",
    detail="not 20 characters of which the last two are the check digits",
)

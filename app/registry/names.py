"""Names: free text of persons and places, which never stands on the log but beside it."""

from typing import Any
from unicodedata import category, is_normalized

from app.registry.errors import RefusalError
from app.registry.fields import MemberKind

LENGTH_MAX = 200
_FORBIDDEN = frozenset(("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"))
"""Control, format (bidirectional overrides among them), surrogate, private and unassigned."""


def _check(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
    if type(value) is not str:
        raise RefusalError("invalid-field", "not a text", pointer=pointer)
    if not 1 <= len(value) <= LENGTH_MAX or value != value.strip():
        raise RefusalError(
            "invalid-text", f"1 to {LENGTH_MAX} characters, no space around", pointer=pointer
        )
    if not is_normalized("NFC", value) or any(category(sign) in _FORBIDDEN for sign in value):
        raise RefusalError(
            "invalid-text", "composed (NFC) characters that can be seen", pointer=pointer
        )
    return value


NAME = MemberKind(
    _check, _check, {"type": "string", "minLength": 1, "maxLength": LENGTH_MAX, "pattern": r"\S"}
)

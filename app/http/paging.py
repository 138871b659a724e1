"""Paging: query members that lists share, read strictly, so that nothing odd is looked for."""

from collections.abc import Sequence
from re import compile as pattern
from typing import Any

from marshmallow import ValidationError, fields

from app.http.problems import ProblemError

HEIGHT_MAX = 2**53 - 1
_DECIMAL = pattern(r"0|[1-9][0-9]{0,15}")
_NAME = pattern(r"[a-z]{1,16}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Whole(fields.Integer):
    """A whole number in plain decimal digits: no sign, no space, no underscore."""

    def __init__(self, *, least: int = 0, most: int = HEIGHT_MAX, **options: Any) -> None:  # noqa: ANN401 - marshmallow's
        """Take the bounds, which the documentation tells too."""
        metadata = {"minimum": least, "maximum": most, **options.pop("metadata", {})}
        super().__init__(metadata=metadata, **options)
        self._bounds = least, most

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> int:  # noqa: ANN401 - marshmallow's
        least, most = self._bounds
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
            raise ValidationError("Not a whole number in decimal digits.")
        if not least <= int(value) <= most:
            raise ValidationError(f"Not from {least} to {most}.")
        return int(value)


class Form(fields.String):
    """Text of one form: the whole of it matches a regular expression, which is documented too."""

    def __init__(self, form: str, **options: Any) -> None:  # noqa: ANN401 - marshmallow's
        """Take the form."""
        metadata = {"pattern": f"^(?:{form})$", **options.pop("metadata", {})}
        super().__init__(metadata=metadata, **options)
        self._matches = pattern(form).fullmatch

    def _deserialize(self, value: Any, *_: Any, **__: Any) -> str:  # noqa: ANN401 - marshmallow's
        if not isinstance(value, str) or not self._matches(value):
            raise ValidationError("Not of the form that is asked for.")
        return value


def cursor_parts(cursor: str | None, kinds: Sequence[type[str] | type[int]]) -> list[Any] | None:
    """Return a cursor of several parts, joined by dots. Raises ProblemError invalid-query."""
    if cursor is None:
        return None
    parts = cursor.split(".")
    if len(parts) != len(kinds) or not all(map(_is_part, parts, kinds)):
        error = {
            "in": "query",
            "pointer": "/cursor",
            "code": "invalid-query",
            "detail": "Not a cursor of this list.",
        }
        raise ProblemError("invalid-query", "A parameter is malformed.", errors=[error])
    return [kind(part) for part, kind in zip(parts, kinds, strict=True)]


def _is_part(part: str, kind: type[str] | type[int]) -> bool:
    return bool((_DECIMAL if kind is int else _NAME).fullmatch(part))

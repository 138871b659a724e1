"""Paging: query members that every list shares, read strictly."""

from collections.abc import Sequence
from re import compile as pattern
from typing import Any

from marshmallow import ValidationError, fields

from app.http.problems import ProblemError

HEIGHT_MAX = 2**53 - 1
_DECIMAL = pattern(r"0|[1-9][0-9]{0,15}")
_WORD = pattern(r"[a-z]{1,16}")
_ID = pattern(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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


def cursor_id(cursor: str | None) -> str | None:
    """Return a cursor that is an id. Raises ProblemError invalid-query."""
    if cursor is not None and not _ID.fullmatch(cursor):
        raise ProblemError("invalid-query", "The cursor is not one of ours.")
    return cursor


def cursor_number(cursor: str | None) -> int | None:
    """Return a cursor that is a number. Raises ProblemError invalid-query."""
    if cursor is None:
        return None
    if not _DECIMAL.fullmatch(cursor):
        raise ProblemError("invalid-query", "The cursor is not one of ours.")
    return int(cursor)


def cursor_parts(cursor: str | None, kinds: Sequence[type[str] | type[int]]) -> list[Any] | None:
    """Return a cursor of several parts, joined by dots. Raises ProblemError invalid-query."""
    if cursor is None:
        return None
    parts = cursor.split(".")
    if len(parts) != len(kinds):
        raise ProblemError("invalid-query", "The cursor is not one of ours.")
    return [
        cursor_number(part) if kind is int else _plain_part(part)
        for part, kind in zip(parts, kinds, strict=True)
    ]


def _plain_part(part: str) -> str:
    if not _ID.fullmatch(part) and not _WORD.fullmatch(part):
        raise ProblemError("invalid-query", "The cursor is not one of ours.")
    return part

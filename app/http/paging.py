"""Paging: query members that every list shares, read strictly."""

from re import compile as pattern
from typing import Any

from marshmallow import ValidationError, fields

HEIGHT_MAX = 2**53 - 1
_DECIMAL = pattern(r"0|[1-9][0-9]{0,15}")


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

"""Canonical bytes and back: the only serialiser whose output is hashed."""

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from re import compile as pattern
from typing import Any, TypeAlias

import orjson

DEPTH_MAX = 6
INTEGER_MAX = 2**53 - 1

Value: TypeAlias = str | int | bool | Sequence["Value"] | Mapping[str, "Value"]

IsText = Callable[[str], bool]

_KEY = pattern(r"[a-z][a-z0-9_]*")


class EncodingError(ValueError):
    """A value or bytes outside the narrow profile of RFC 8785."""


def encode(value: Value) -> bytes:
    """Return the RFC 8785 bytes of a value in the narrow profile.

    Keys `[a-z][a-z0-9_]*`, strings U+0020-U+007E, integers of at most 53 bits, booleans, arrays,
    objects; depth at most 6. Raises EncodingError on anything else: no floats, no null.
    """
    _check(value, 1, _is_plain_text)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def encode_document(value: Value) -> bytes:
    """Return the RFC 8785 bytes of a document or line that lives beside the log.

    As `encode`, but its strings may hold any Unicode text, since nothing but a hash of them is
    ever on the log. Raises EncodingError.
    """
    _check(value, 1, _is_any_text)
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def decode(data: bytes) -> Any:  # noqa: ANN401 - JSON is what it is; callers narrow it
    """Return the value of canonical bytes by decode, encode, compare.

    Raises EncodingError where the bytes are not exactly what `encode` gives for their value,
    which rules out duplicate keys, floats and odd spellings.
    """
    return _decode(data, encode)


def decode_document(data: bytes) -> Any:  # noqa: ANN401 - JSON is what it is; callers narrow it
    """Return the value of a document's canonical bytes. Raises EncodingError."""
    return _decode(data, encode_document)


def _decode(data: bytes, encoder: Any) -> Any:  # noqa: ANN401 - one of the two above
    try:
        value = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise EncodingError("not JSON") from error
    if encoder(value) != data:
        raise EncodingError("not canonical")
    return value


def _is_plain_text(text: str) -> bool:
    return text.isascii() and text.isprintable()


def _is_any_text(text: str) -> bool:
    return not any("\ud800" <= character <= "\udfff" for character in text)


@lru_cache(maxsize=4096)
def _check_key(key: object) -> None:
    if type(key) is not str or not _KEY.fullmatch(key):
        raise EncodingError("a key outside the profile")


def _check(value: Any, depth: int, is_text: IsText) -> None:  # noqa: ANN401 - its type is in question
    check = _CHECKS.get(type(value))
    if check is None:
        raise EncodingError(f"a {type(value).__name__} has no canonical form")
    check(value, depth, is_text)


def _check_text(value: str, depth: int, is_text: IsText) -> None:  # noqa: ARG001 - one signature
    if not is_text(value):
        raise EncodingError("a character outside the profile")


def _check_integer(value: int, depth: int, is_text: IsText) -> None:  # noqa: ARG001 - one signature
    if not -INTEGER_MAX <= value <= INTEGER_MAX:
        raise EncodingError("an integer of more than 53 bits")


def _check_flag(value: bool, depth: int, is_text: IsText) -> None:  # noqa: FBT001 - one signature
    """Accept true and false."""


def _check_object(value: dict[Any, Any], depth: int, is_text: IsText) -> None:
    if depth > DEPTH_MAX:
        raise EncodingError(f"deeper than {DEPTH_MAX}")
    for key, item in value.items():
        _check_key(key)
        _check(item, depth + 1, is_text)


def _check_array(value: Sequence[Any], depth: int, is_text: IsText) -> None:
    if depth > DEPTH_MAX:
        raise EncodingError(f"deeper than {DEPTH_MAX}")
    for item in value:
        _check(item, depth + 1, is_text)


_CHECKS: dict[type, Callable[[Any, int, IsText], None]] = {
    str: _check_text,
    int: _check_integer,
    bool: _check_flag,
    dict: _check_object,
    list: _check_array,
    tuple: _check_array,
}

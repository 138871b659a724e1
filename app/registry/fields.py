"""Kinds of member that an operation may have: how each is read, written and published as schema."""

from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, fields
from datetime import date
from functools import cache
from re import compile as pattern
from typing import Annotated, Any, TypeVar, get_args, get_origin, get_type_hints

from app.ledger.encoding import INTEGER_MAX
from app.ledger.times import TIME_MAX_MS, TimeError, format_time, parse_time
from app.registry.codes.countries import check_country
from app.registry.errors import RefusalError

T = TypeVar("T")
Convert = Callable[[Any, str], Any]

_FREE_TEXT = pattern(r"[\s@]")
_UUID = pattern(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, eq=False)
class MemberKind:
    """How one kind of value stands on the log and in memory.

    `parse` takes the plain value and its JSON pointer, `plain` the value in memory; both raise
    RefusalError, so that nothing malformed can be read or recorded.
    """

    parse: Convert
    plain: Convert
    schema: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Member:
    """One member: its name in memory and on the log, its kind, and whether it may be absent."""

    attribute: str
    name: str
    kind: MemberKind
    optional: bool


def text(regex: str, *, code: str = "invalid-field") -> MemberKind:
    """Return the kind of plain text that matches the whole of a regular expression."""
    matches = pattern(regex).fullmatch

    def check(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
        if type(value) is not str or not matches(value):
            raise RefusalError(code, "not of the form that is asked for", pointer=pointer)
        return value

    return MemberKind(check, check, {"type": "string", "pattern": f"^(?:{regex})$"})


def whole(
    *,
    least: int = 0,
    most: int = INTEGER_MAX,
    code: str = "invalid-quantity",
    less: str | None = None,
) -> MemberKind:
    """Return the kind of whole numbers from least to most; `less` is the code for one below."""
    low = less or ("quantity-not-positive" if least == 1 else code)

    def check(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
        if type(value) is not int or value > most:
            raise RefusalError(code, f"not a whole number up to {most}", pointer=pointer)
        if value < least:
            raise RefusalError(low, f"less than {least}", rule="R24", pointer=pointer)
        return value

    return MemberKind(check, check, {"type": "integer", "minimum": least, "maximum": most})


def listed(kind: MemberKind, *, least: int = 1, most: int) -> MemberKind:
    """Return the kind of arrays of one kind, kept as tuples."""

    def over(convert: Convert, accepted: type[Any]) -> Convert:
        def each(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
            if type(value) is not accepted:
                raise RefusalError("invalid-field", "not an array", pointer=pointer)
            if not least <= len(value) <= most:
                code = "too-many-ranges" if len(value) > most else "invalid-field"
                raise RefusalError(code, f"{least} to {most} are allowed", pointer=pointer)
            return accepted(convert(item, f"{pointer}/{at}") for at, item in enumerate(value))

        return each

    def plain(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
        return list(over(kind.plain, tuple)(value, pointer))

    def parse(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
        return tuple(over(kind.parse, list)(value, pointer))

    schema = {"type": "array", "items": kind.schema, "minItems": least, "maxItems": most}
    return MemberKind(parse, plain, schema)


def nested(cls: type) -> MemberKind:
    """Return the kind of objects whose members a frozen class declares."""
    return MemberKind(
        lambda value, pointer: parse_members(cls, value, pointer),
        plain_members,
        schema_of(cls),
    )


def _parse_flag(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
    if type(value) is not bool:
        raise RefusalError("invalid-field", "neither true nor false", pointer=pointer)
    return value


def _parse_instant(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
    try:
        return parse_time(value)
    except (TimeError, TypeError) as error:
        raise RefusalError(
            "invalid-timestamp", "written 2026-11-22T12:00:00.000Z", rule="R7", pointer=pointer
        ) from error


def _plain_instant(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
    if type(value) is not int or not 0 <= value <= TIME_MAX_MS:
        raise RefusalError(
            "invalid-timestamp", "UTC milliseconds since 1970", rule="R7", pointer=pointer
        )
    return format_time(value)


def _check_date(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
    try:
        found = date.fromisoformat(value).isoformat()
    except (TypeError, ValueError) as error:
        raise RefusalError("invalid-timestamp", "a date is 2026-11-22", pointer=pointer) from error
    if found != value:
        raise RefusalError("invalid-timestamp", "a date is 2026-11-22", pointer=pointer)
    return value


def _slug(regex: str) -> MemberKind:
    """Return the kind of words of ours; what somebody wrote freely never gets onto the log."""
    word = text(regex)

    def check(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
        if type(value) is str and _FREE_TEXT.search(value):
            raise RefusalError(
                "personal-data-not-allowed",
                "one word in lower case, with hyphens: no sentence, no address",
                rule="R70",
                pointer=pointer,
            )
        return word.parse(value, pointer)

    return MemberKind(check, check, word.schema)


def _parse_object(value: Any, pointer: str) -> Any:  # noqa: ANN401 - its type is in question
    if type(value) is not dict:
        raise RefusalError("invalid-field", "not an object", pointer=pointer)
    return value


ID = text(_UUID.pattern, code="invalid-id")
HASH = text("[0-9a-f]{64}")
INSTANT = MemberKind(
    _parse_instant,
    _plain_instant,
    {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"},
)
DATE = MemberKind(_check_date, _check_date, {"type": "string", "pattern": r"^\d{4}-\d\d-\d\d$"})
FLAG = MemberKind(_parse_flag, _parse_flag, {"type": "boolean"})
OBJECT = MemberKind(_parse_object, _parse_object, {"type": "object"})
ORIGIN = text(r"[!-*,-~]{1,200}")
COUNTRY = MemberKind(check_country, check_country, {"type": "string", "pattern": "^[A-Z]{2}$"})
SLUG = _slug(r"[a-z][a-z0-9-]{0,63}")
QUANTITY = whole(least=1)
ENERGY_WH = whole()

Id = Annotated[str, ID]
Hash = Annotated[str, HASH]
Instant = Annotated[int, INSTANT]
Date = Annotated[str, DATE]
Flag = Annotated[bool, FLAG]
Origin = Annotated[str, ORIGIN]
Country = Annotated[str, COUNTRY]
Slug = Annotated[str, SLUG]
Quantity = Annotated[int, QUANTITY]
EnergyWh = Annotated[int, ENERGY_WH]


def members_of(cls: type) -> tuple[Member, ...]:
    """Return the members that a frozen class declares with Annotated kinds."""
    return _members(cls)


@cache
def _members(cls: Any) -> tuple[Member, ...]:  # noqa: ANN401 - mypy finds type itself unhashable
    hints = get_type_hints(cls, include_extras=True)
    return tuple(_member(field, hints[field.name]) for field in fields(cls))


def _member(field: Field[Any], hint: Any) -> Member:  # noqa: ANN401 - a type hint
    annotated = next(item for item in (hint, *get_args(hint)) if get_origin(item) is Annotated)
    kind = get_args(annotated)[1]
    optional = field.default is not MISSING
    return Member(field.name, field.name.rstrip("_"), kind, optional)


def parse_members(cls: type[T], value: Any, pointer: str = "") -> T:  # noqa: ANN401 - in question
    """Return the class's value of a plain object; unknown members are refused (R79)."""
    if type(value) is not dict:
        raise RefusalError("invalid-field", "not an object", pointer=pointer)
    found = {}
    for member in members_of(cls):
        if member.name in value:
            here = f"{pointer}/{member.name}"
            found[member.attribute] = member.kind.parse(value[member.name], here)
        elif not member.optional:
            raise RefusalError(
                "missing-field", "a member is missing", pointer=f"{pointer}/{member.name}"
            )
    if len(found) != len(value):
        extra = escaped(min(value.keys() - {member.name for member in members_of(cls)}))
        raise RefusalError(
            "unknown-field", "a member is not known", rule="R79", pointer=f"{pointer}/{extra}"
        )
    return cls(**found)


def escaped(name: str) -> str:
    """Return a member's name as a JSON pointer writes it (RFC 6901 3)."""
    return name.replace("~", "~0").replace("/", "~1")


def plain_members(value: object, pointer: str = "") -> dict[str, Any]:
    """Return the plain object of a value; absent members are left out. Raises RefusalError."""
    plain = {}
    for member in members_of(type(value)):
        item = getattr(value, member.attribute)
        if item is not None:
            plain[member.name] = member.kind.plain(item, f"{pointer}/{member.name}")
        elif not member.optional:
            raise RefusalError(
                "missing-field", "a member is missing", pointer=f"{pointer}/{member.name}"
            )
    return plain


def schema_of(cls: type) -> dict[str, Any]:
    """Return the JSON Schema of the plain object of a class."""
    members = members_of(cls)
    return {
        "type": "object",
        "properties": {member.name: member.kind.schema for member in members},
        "required": [member.name for member in members if not member.optional],
        "additionalProperties": False,
    }

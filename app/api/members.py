"""Members: request bodies as frozen classes of the registry's own member kinds, for marshmallow."""

from collections.abc import Callable, Iterable, Mapping
from functools import cache, wraps
from http import HTTPStatus
from typing import Annotated, Any, ClassVar, TypeVar, cast, get_args, get_origin, get_type_hints

from flask import Request, request
from marshmallow import Schema, ValidationError, fields

from app.http.json import MalformedError, read_strictly
from app.http.problems import Complaint, InvalidBodyError, ProblemError
from app.registry.errors import RefusalError
from app.registry.fields import Member, MemberKind, escaped, members_of

_MISSING = Complaint("missing-field", "a member is missing")
_NULL = Complaint("invalid-field", "null is no value")
_UNKNOWN = Complaint("unknown-field", "a member is not known", "R79")
_NO_OBJECT = Complaint("invalid-field", "not an object")
_RANK = {"unknown-field": 0, "missing-field": 1}
"""What is not known is told first, then what is missing, then what is malformed."""


View = TypeVar("View", bound=Callable[..., Any])
UNKNOWN_PARAMETER = "Unknown field."
Reader = Callable[[bytes], Any]
"""Reads a body of another media type than JSON into the members that JSON would have."""


class BodySchema(Schema):
    """A body; `readers` by media type; where it is optional, none says the same as `{}`."""

    is_optional: ClassVar[bool] = False
    readers: ClassVar[Mapping[str, Reader]] = {}
    members: ClassVar[tuple[Member, ...]] = ()

    def read(self, value: Any) -> dict[str, Any] | None:  # noqa: ANN401 - whatever was sent
        """Return what `load` would of a body with nothing wrong in it; else None.

        Marshmallow then says all that is wrong; where nothing is, this takes a fraction of it.
        """
        if type(value) is not dict or not self.members:
            return None
        found = {}
        try:
            for member in self.members:
                if member.name in value:
                    found[member.attribute] = member.kind.parse(value[member.name], "")
                elif not member.optional:
                    return None
        except RefusalError:
            return None
        return found if len(found) == len(value) else None


class MemberField(fields.Field[Any]):
    """A member that is read by its kind, so that a door and the log refuse the same things."""

    def __init__(self, kind: MemberKind, *, name: str, description: str, required: bool) -> None:
        """Take the kind, whose JSON Schema documents the field, and its name in the body."""
        super().__init__(
            required=required,
            data_key=name,
            error_messages={"required": [_MISSING], "null": [_NULL]},
        )
        self._kind = kind
        self.schema = {**kind.schema, **({"description": description} if description else {})}

    def _deserialize(self, value: Any, attr: str | None, *_: Any, **__: Any) -> Any:  # noqa: ANN401 - marshmallow's
        try:
            return self._kind.parse(value, f"/{attr}")
        except RefusalError as refusal:
            raise ValidationError([Complaint.of(refusal)]) from refusal


def documented(field: fields.Field[Any], **_: Any) -> dict[str, Any]:  # noqa: ANN401 - apispec's
    """Return what the document says of a member, an attribute function of apispec."""
    return field.schema if isinstance(field, MemberField) else {}


def body_schema(cls: type[Any], bound: Iterable[str] = ()) -> type[BodySchema]:
    """Return the schema of a body; members that the path gives are left out of it."""
    known: Any = cls
    return _body_schema(known, tuple(bound))


@cache
def _body_schema(cls: Any, bound: tuple[str, ...]) -> type[BodySchema]:  # noqa: ANN401 - mypy finds type itself unhashable
    hints = get_type_hints(cls, include_extras=True)
    described: dict[str, fields.Field[Any]] = {
        member.attribute: MemberField(
            member.kind,
            name=member.name,
            description=_description(hints[member.attribute]),
            required=not member.optional,
        )
        for member in members_of(cls)
        if member.name not in bound
    }
    name = f"{cls.__name__}{''.join(part.title() for part in bound)}BodySchema"
    made: Any = BodySchema.from_dict(described, name=name)
    made.__doc__ = cls.__doc__
    made.error_messages = {"unknown": _UNKNOWN, "type": _NO_OBJECT}
    made.members = tuple(member for member in members_of(cls) if member.name not in bound)
    found: type[BodySchema] = made
    return found


def _description(hint: Any) -> str:  # noqa: ANN401 - a type hint
    """Return the text that stands beside a kind in Annotated."""
    found = (item for item in (hint, *get_args(hint)) if get_origin(item) is Annotated)
    texts = (text for item in found for text in get_args(item) if isinstance(text, str))
    return next(texts, "")


class StrictParser:
    """Reads queries and bodies in one way only and tells all that is wrong with them at once.

    It stands where flask-smorest looks for webargs' parser, whose schemas are made anew for each
    request; here one instance serves them all.
    """

    DEFAULT_VALIDATION_STATUS = HTTPStatus.UNPROCESSABLE_ENTITY

    def use_args(
        self, schema: type[Schema], *, location: str, as_kwargs: bool = False
    ) -> Callable[[View], View]:
        """Return what hands a view its query by name, or its body as one more argument."""
        reader = schema()

        def decorate(view: View) -> View:
            if as_kwargs and not reader.fields:
                return _without_query(view)

            @wraps(view)
            def read(*args: Any, **path: Any) -> Any:  # noqa: ANN401 - a view
                if as_kwargs:
                    return view(*args, **path, **_query(reader))
                return view(*args, _body(reader), **path)

            return cast("View", read)

        if location not in {"query", "json"}:
            raise ValueError(location)
        return decorate


def _without_query(view: View) -> View:
    """Refuse every parameter, without reading any."""

    @wraps(view)
    def read(*args: Any, **path: Any) -> Any:  # noqa: ANN401 - a view
        if request.query_string and request.args:
            raise _query_problem({name: [UNKNOWN_PARAMETER] for name in request.args})
        return view(*args, **path)

    return cast("View", read)


def _query(reader: Schema) -> dict[str, Any]:
    """Return the query's parameters, each given once. Raises ProblemError invalid-query."""
    given = request.args
    if len(given) != sum(1 for _ in given.items(multi=True)):
        twice = {name: ["Given twice."] for name in given if len(given.getlist(name)) > 1}
        raise _query_problem(twice)
    try:
        found: dict[str, Any] = reader.load(given.to_dict())
    except ValidationError as error:
        raise _query_problem(_messages(error)) from error
    return found


def _body(reader: Schema) -> dict[str, Any]:
    """Return what a body's members are read into. Raises ProblemError, InvalidBodyError."""
    if isinstance(reader, BodySchema) and reader.is_optional and not request.get_data(cache=True):
        return {}
    readers = reader.readers if isinstance(reader, BodySchema) else {}
    read = readers.get(request.mimetype)
    value = json_body(request) if read is None else read(request.get_data(cache=False))
    if isinstance(reader, BodySchema) and (members := reader.read(value)) is not None:
        return members
    try:
        found: dict[str, Any] = reader.load(value)
    except ValidationError as error:
        raise InvalidBodyError(_complaints(_messages(error))) from error
    return found


def json_body(sent: Request) -> Any:  # noqa: ANN401 - whatever was sent
    """Return a request's body as a value. Raises ProblemError."""
    if sent.mimetype != "application/json":
        raise ProblemError("unsupported-media-type", "application/json is read here")
    try:
        return read_strictly(sent.get_data(cache=False))
    except MalformedError as error:
        raise ProblemError("malformed-json", str(error)) from error


def _messages(error: ValidationError) -> dict[str, Any]:
    """Return what is wrong, by member."""
    found: dict[str, Any] = error.normalized_messages()  # type: ignore[no-untyped-call]
    return found


def _query_problem(messages: Mapping[str, Any]) -> ProblemError:
    errors = [
        {"in": "query", "pointer": f"/{name}", "code": "invalid-query", "detail": str(detail)}
        for name, details in messages.items()
        for detail in details
    ]
    return ProblemError("invalid-query", "A parameter is unknown or malformed.", errors=errors)


def _complaints(messages: Mapping[str, Any]) -> list[Complaint]:
    found = [
        _placed(complaint, name)
        for name, complaints in messages.items()
        for complaint in complaints
    ]
    return sorted(found, key=_rank)


def _rank(complaint: Complaint) -> tuple[int, str]:
    rank = _RANK.get(complaint.code, len(_RANK))
    return rank, "" if rank else complaint.pointer


def _placed(complaint: Complaint, name: str) -> Complaint:
    if complaint.pointer or name == "_schema":
        return complaint
    return Complaint(complaint.code, complaint.detail, complaint.rule, f"/{escaped(name)}")
